//! Reads users' models.

use assay_core::Workload;
use assay_core::model::{ModelChoice, ModelJob, ModelOptions, ModelReader, ModelReport};

/// Reads ONNX files for a worker.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnnxReader;

impl ModelReader for OnnxReader {
    fn inspect(&self, _choice: &ModelChoice) -> Result<ModelReport, String> {
        Err("not yet".to_owned())
    }

    fn load(&self, _workload: &Workload, _options: ModelOptions, _seed: u64) -> Result<ModelJob, String> {
        Err("not yet".to_owned())
    }
}
