//! The processor of this machine: the stack `native`, the environment, the sensors and the load of others.

pub mod machine;
pub mod native;

pub use machine::{CPU_DEVICE_ID, CpuSensors, ForeignLoadMeter, cpu_device, environment};
pub use native::NativeEvaluator;
