//! Arguments of what measures or estimates.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Format, StudyArguments};

#[derive(Debug, Args)]
pub struct Run {
    /// Go on with the study's run that was interrupted, cancelled or killed: what it has not measured yet, as it was asked
    /// for
    #[arg(long = "continue", conflicts_with_all = [
        "suite", "workload", "kernel", "model", "device", "stack", "target", "seed",
    ])]
    pub goes_on: bool,
    /// The suite: quick, standard, links, kernels, or a YAML file; by default the study's
    #[arg(long)]
    pub suite: Option<String>,
    /// Only this workload of the suite (repeatable)
    #[arg(long, value_name = "W")]
    pub workload: Vec<String>,
    /// Measure this kernel instead of the stacks' own code: a folder with kernel.yaml (repeatable); the suite is
    /// `kernels` unless one is named
    #[arg(long, value_name = "DIR")]
    pub kernel: Vec<PathBuf>,
    /// Run this ONNX model instead of a suite
    #[arg(long, value_name = "FILE.onnx", conflicts_with_all = ["suite", "workload", "kernel"])]
    pub model: Option<PathBuf>,
    /// The size of a dynamic axis of the model, such as batch=8 (repeatable)
    #[arg(long, value_name = "NAME=N", requires = "model")]
    pub axis: Vec<String>,
    /// The model's inputs as .npz, or .npy for the only one; seeded ones are made without
    #[arg(long, value_name = "FILE", requires = "model")]
    pub inputs: Option<PathBuf>,
    /// Run this narrower form of the model, too; its answer is compared with the model's own (repeatable). A Python with
    /// onnxruntime and onnx makes it
    #[arg(long, value_name = "V", requires = "model", value_enum)]
    pub variant: Vec<ModelVariant>,
    /// Inputs to calibrate int8-static with, as --inputs are (repeatable); seeded ones are made without
    #[arg(long, value_name = "FILE", requires = "variant")]
    pub calibration: Vec<PathBuf>,
    /// Threads that compute the model; by default as many as there are logical processors
    #[arg(long, value_name = "N", requires = "model")]
    pub threads: Option<usize>,
    /// How much an engine may rewrite the model's graph
    #[arg(long, value_name = "LEVEL", requires = "model", value_enum)]
    pub graph_optimization: Option<GraphOptimization>,
    /// Only tell what is in the model
    #[arg(long, requires = "model")]
    pub describe: bool,
    /// Only this device (repeatable)
    #[arg(long, value_name = "D")]
    pub device: Vec<String>,
    /// Only this stack (repeatable); by default all that are available
    #[arg(long, value_name = "S")]
    pub stack: Vec<String>,
    /// Run there instead of here: a target's name in the study, `local`, or a launch command such as "ssh host"
    /// (repeatable)
    #[arg(long, value_name = "T")]
    pub target: Vec<String>,
    /// Seed of the data
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub study: StudyArguments,
}

/// A narrower form of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModelVariant {
    /// Weights in int8, the scales of activations from each input
    Int8Dynamic,
    /// Weights and activations in int8, scales from a calibration set
    Int8Static,
    /// Weights and activations in fp16
    Fp16,
    /// Weights and activations in bf16
    Bf16,
}

/// How much an engine may rewrite a model's graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphOptimization {
    /// Nothing
    Off,
    /// Remove what is redundant
    Basic,
    /// Fuse nodes, too
    Extended,
    /// Everything, layouts too (the default)
    All,
}

#[derive(Debug, Args)]
pub struct Estimate {
    /// The suite: quick, standard, kernels, or a YAML file; by default the study's
    #[arg(long)]
    pub suite: Option<String>,
    /// Only this workload of the suite (repeatable)
    #[arg(long, value_name = "W")]
    pub workload: Vec<String>,
    /// Only this accelerator, by its profile's id or the end of it, such as v5e (repeatable)
    #[arg(long, value_name = "A")]
    pub accelerator: Vec<String>,
    /// Compile on this target instead of here: its name in the study, or a launch command such as "ssh host"
    #[arg(long, value_name = "T")]
    pub target: Option<String>,
    /// Compile again what this version of the compiler was asked before
    #[arg(long)]
    pub again: bool,
    /// Only print what the study keeps
    #[arg(long, conflicts_with_all = ["suite", "workload", "accelerator", "target", "again"])]
    pub kept: bool,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub study: StudyArguments,
}
