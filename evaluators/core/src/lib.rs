//! What every evaluator shares: workloads and their reference, the runner and its statistics, the worker protocol.
//!
//! An evaluator is our code for one stack. It prepares a workload on a device and executes it once; everything else
//! (warm-up, stopping, statistics, telemetry, correctness) is the runner's.

pub mod data;
pub mod device;
pub mod environment;
pub mod estimate;
pub mod evaluator;
pub mod foreign;
pub mod graph;
pub mod kernel;
pub mod measurement;
pub mod model;
pub mod process;
pub mod profile;
pub mod protocol;
pub mod python;
pub mod reference;
pub mod runner;
pub mod statistics;
pub mod stopping;
pub mod suite;
pub mod supervisor;
pub mod telemetry;
pub mod tensor;
pub mod variant;
pub mod worker;
pub mod workload;

pub use assay_base::NumericFormat;
pub use device::{Device, DeviceKind, StackId, StackStatus};
pub use environment::Environment;
pub use evaluator::{Evaluator, EvaluatorError, Prepared, Sample, Support, TimingMethod};
pub use measurement::Measurement;
pub use suite::Suite;
pub use tensor::Tensor;
pub use workload::{Shape, Workload};
