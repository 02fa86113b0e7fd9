//! Evaluators for engines that read ONNX models, and the writer of those models.
//!
//! Both engines are given the same bytes: the embedded pure-Rust engine `rten`, which is always there, and ONNX Runtime,
//! where a library is found at run time.

mod ort_evaluator;
mod ort_library;
mod ort_model;
mod ort_profile;
mod ort_runtime;
#[cfg(test)]
mod ort_tests;
mod proto;
mod reader;
mod rten_evaluator;
mod shared;
mod writer;

pub use ort_evaluator::OrtEvaluator;
pub use reader::OnnxReader;
pub use rten_evaluator::RtenEvaluator;
pub use writer::{OnnxModel, check, onnx_model};
