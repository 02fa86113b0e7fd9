//! The `cuda` stack: NVIDIA GPUs, measured with CUDA events.
//!
//! Nothing is linked and nothing is needed to build. At run time the driver comes from the system; NVRTC and cuBLASLt from
//! the system, a CUDA toolkit or the wheels of a Python environment. What is absent is a reason, never a panic.

mod bench;
mod clock;
mod cublaslt;
mod cupti;
mod detection;
mod errors;
mod evaluator;
mod gemm;
mod gpu;
mod kernel;
mod libraries;
mod links;
mod nccl;
mod nvml;
mod nvrtc;
mod plan;
mod prepared;
mod profile;
mod sources;

pub use evaluator::CudaEvaluator;
pub use nvml::sensors;
