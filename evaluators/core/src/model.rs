//! A user's own model: what was read of it, how it is run, and where its operators were really executed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::NumericFormat;
use crate::reference::relative_l2_error;
use crate::tensor::Tensor;
use crate::variant::{VariantOrigin, VariantReport, VariantRequest};
use crate::workload::{Shape, Workload};

/// Which file is meant, and what is chosen about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelChoice {
    /// The model's file on the worker's host.
    pub file: PathBuf,
    /// Sizes of dynamic axes by their names.
    pub axes: BTreeMap<String, usize>,
    /// Inputs as `.npz` (by name) or `.npy` (the only input); seeded ones are made where there is none.
    pub inputs: Option<PathBuf>,
}

/// A model as part of a workload: everything that is needed to run it again and to count its work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelShape {
    /// The file on the worker's host.
    pub file: String,
    /// Hash of the file's bytes.
    pub sha256: String,
    /// Sizes of its dynamic axes.
    #[serde(default)]
    pub axes: BTreeMap<String, usize>,
    /// A file with its inputs; seeded ones are made where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<String>,
    /// Hash of the file with its inputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs_sha256: Option<String>,
    /// Inferences of one execution: the size of the batch axis, 1 where there is none.
    pub batch: usize,
    /// Operations of one execution that could be counted; a multiply-add is two.
    pub flops: f64,
    /// Bytes of inputs, weights and outputs, each moved once.
    pub bytes: f64,
    /// Operators whose work is not counted in `flops`.
    #[serde(default)]
    pub uncounted: Vec<String>,
    /// The model that this one is a narrower form of, whose outputs its own are compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_of: Option<VariantOrigin>,
}

/// What was read of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelReport {
    /// The file.
    pub file: String,
    /// Its size, with the weights that it keeps in other files.
    pub file_bytes: u64,
    /// Hash of its bytes, with those weights.
    pub sha256: String,
    /// Hash of the file with the inputs, where one was named.
    pub inputs_sha256: Option<String>,
    /// Who wrote it, as it says.
    pub producer: Option<String>,
    /// Version of the file format.
    pub ir_version: i64,
    /// Operator sets by domain; the standard one is `ai.onnx`.
    pub opsets: BTreeMap<String, i64>,
    /// The format that most of its weights have.
    pub format: NumericFormat,
    /// Its inputs.
    pub inputs: Vec<ModelValue>,
    /// Its outputs.
    pub outputs: Vec<ModelValue>,
    /// Elements of its weights.
    pub parameters: u64,
    /// Bytes of its weights.
    pub parameter_bytes: u64,
    /// Its nodes in order.
    pub nodes: Vec<ModelNode>,
    /// Operators of inner graphs (branches, loops) with their number; `nodes` has those of the model's own graph alone.
    #[serde(default)]
    pub inner_operators: BTreeMap<String, usize>,
    /// Operators that are not in the standard's operator sets as known here.
    pub unknown_operators: Vec<String>,
    /// Operators whose work could not be counted: unknown ones, and ones with operands of unknown shape.
    pub uncounted: Vec<String>,
    /// Operations of one execution that could be counted.
    pub flops: f64,
    /// Bytes of inputs, weights and outputs; `None` where a shape is unknown.
    pub bytes: Option<f64>,
    /// Dynamic axes that were given no size.
    pub open_axes: Vec<String>,
    /// Dynamic axes with their sizes.
    pub axes: BTreeMap<String, usize>,
    /// Inferences of one execution.
    pub batch: usize,
}

/// An input or output of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelValue {
    /// Its name.
    pub name: String,
    /// Its element type, such as `float32`.
    pub element: String,
    /// Its extents: a number, the name of an axis, or `?`.
    pub extents: Vec<String>,
    /// Its shape with the sizes of the axes filled in, where they are known.
    pub shape: Option<Vec<usize>>,
    /// How its data are made when none are given, in words; absent for outputs.
    pub data: Option<String>,
}

/// One node of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelNode {
    /// Its name, or its first output where it has none.
    pub name: String,
    /// Its operator, with the domain where it is not the standard one.
    pub operator: String,
    /// Operations; `None` where the operator or a shape is unknown.
    pub flops: Option<f64>,
    /// Bytes of operands and results.
    pub bytes: Option<f64>,
}

/// An operator as a report names it, `Gemm` or `com.microsoft.FusedGemm`, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelOperator<'a> {
    /// The domain, where it is not the standard's.
    pub domain: Option<&'a str>,
    /// The operator's own name.
    pub name: &'a str,
}

impl<'a> ModelOperator<'a> {
    /// Takes an operator's name apart.
    pub fn of(operator: &'a str) -> Self {
        match operator.rsplit_once('.') {
            Some((domain, name)) => Self { domain: Some(domain), name },
            None => Self { domain: None, name: operator },
        }
    }
}

impl ModelReport {
    /// The model as a workload named after its file.
    ///
    /// # Errors
    /// A sentence that names what must be given: sizes of axes, or a file of inputs.
    pub fn workload(&self, inputs: Option<String>) -> Result<Workload, String> {
        if !self.open_axes.is_empty() {
            let (list, first) = (self.open_axes.join("`, `"), self.open_axes.first().map_or("", String::as_str));
            return Err(format!(
                "{}: no size is known for the dynamic axes `{list}`: give each one, as in --axis {first}=8",
                self.file
            ));
        }
        let bytes = self.bytes.ok_or_else(|| format!("{}: the shape of an input or output is unknown", self.file))?;
        let stem = std::path::Path::new(&self.file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let stem = stem.unwrap_or_else(|| "model".to_owned());
        let axes: String = self.axes.iter().map(|(name, size)| format!("-{name}{size}")).collect();
        let model = ModelShape {
            file: self.file.clone(),
            sha256: self.sha256.clone(),
            axes: self.axes.clone(),
            inputs,
            inputs_sha256: self.inputs_sha256.clone(),
            batch: self.batch,
            flops: self.flops,
            bytes,
            uncounted: self.uncounted.clone(),
            variant_of: None,
        };
        Ok(Workload { id: format!("{stem}{axes}"), format: self.format, shape: Shape::Model(Box::new(model)) })
    }
}

/// How an engine's graph optimiser is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GraphOptimization {
    /// Nothing is changed.
    Off,
    /// Redundant nodes go.
    Basic,
    /// Nodes are fused as well.
    Extended,
    /// Everything, layouts too.
    #[default]
    All,
}

impl GraphOptimization {
    /// The word used in notes.
    pub fn label(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Basic => "basic",
            Self::Extended => "extended",
            Self::All => "all",
        }
    }
}

/// How a model is run, beside the engine's own choices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelOptions {
    /// Threads that compute; as many as there are logical processors when absent.
    #[serde(default)]
    pub threads: Option<usize>,
    /// The graph optimiser.
    #[serde(default)]
    pub optimization: GraphOptimization,
}

/// A model with its data, ready for an engine.
#[derive(Clone, Debug)]
pub struct ModelJob {
    /// The workload; its shape is [`Shape::Model`].
    pub workload: Workload,
    /// The file's bytes.
    pub bytes: Arc<Vec<u8>>,
    /// What was read of it.
    pub report: Arc<ModelReport>,
    /// Inputs by name, in the model's order.
    pub inputs: Vec<ModelInput>,
    /// How to run it.
    pub options: ModelOptions,
}

/// The data of one input.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInput {
    /// Its name.
    pub name: String,
    /// Its element type, such as `float32` or `int64`.
    pub element: String,
    /// Its values.
    pub tensor: Tensor,
}

/// What the outputs of a model must be.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelReference {
    /// Who computed it, in words.
    pub origin: String,
    /// The outputs in the model's order.
    pub outputs: Vec<Tensor>,
}

impl ModelReference {
    /// The largest relative L2 error among the outputs; `None` when one is missing, has another shape, or holds a NaN
    /// or infinity where the reference has none.
    pub fn error_norm(&self, outputs: &[Tensor]) -> Option<f64> {
        if outputs.len() != self.outputs.len() {
            return None;
        }
        let errors = self.outputs.iter().zip(outputs).map(|(reference, output)| {
            if reference.shape != output.shape {
                return None;
            }
            relative_l2_error(&real(output), &real(reference).iter().map(|v| f64::from(*v)).collect::<Vec<_>>())
        });
        errors.collect::<Option<Vec<f64>>>().map(|errors| errors.into_iter().fold(0.0, f64::max))
    }
}

/// The largest relative error between two engines that still counts as the same answer: ten times a single
/// operation's, since a model has many. Computing fp32 in bf16 or tf32 exceeds it.
pub fn tolerance(format: NumericFormat) -> f64 {
    format.tolerance() * 10.0
}

/// Reads models for a worker. Whatever the file holds, the answer is a report or one sentence.
pub trait ModelReader {
    /// What is in a model.
    ///
    /// # Errors
    /// What is wrong with the file, and what to do.
    fn inspect(&self, choice: &ModelChoice) -> Result<ModelReport, String>;

    /// The model of a workload with its data. The file must still be the one that was inspected.
    ///
    /// # Errors
    /// What is wrong with the file, and what to do.
    fn load(&self, workload: &Workload, options: ModelOptions, seed: u64) -> Result<ModelJob, String>;

    /// Makes a narrower form of a model and writes it.
    ///
    /// # Errors
    /// What is wrong with the model, or what tools are not here.
    fn convert(&self, request: &VariantRequest) -> Result<VariantReport, String> {
        Err(format!("{}: this worker has no tools that convert models", request.model.file.display()))
    }
}

fn real(tensor: &Tensor) -> Vec<f32> {
    match &tensor.values {
        crate::tensor::Values::F32(values) => values.clone(),
        crate::tensor::Values::Index(values) => values.iter().map(|v| *v as f32).collect(),
    }
}

/// Which execution providers really executed a model's nodes, from the engine's own profile.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// The provider that was asked for.
    pub wanted: String,
    /// The providers that executed nodes, the one with the most work first.
    pub providers: Vec<ProviderShare>,
    /// Operators that another provider than the wanted one executed.
    pub elsewhere: Vec<String>,
    /// How often the execution went from one provider to another, and copies between devices.
    pub crossings: usize,
}

/// A provider's part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProviderShare {
    /// Its name.
    pub provider: String,
    /// Nodes it executed; a subgraph it compiled counts as one.
    pub nodes: usize,
    /// Share of the model's counted operations, 0 to 1; `None` where it cannot be told.
    pub flop_share: Option<f64>,
    /// Share of the time in nodes, 0 to 1.
    pub time_share: Option<f64>,
}

/// Below this share of the work a result is not the wanted provider's.
const LEAST_SHARE: f64 = 0.5;

impl Placement {
    /// The part of the provider that was asked for.
    pub fn wanted_share(&self) -> Option<&ProviderShare> {
        self.providers.iter().find(|share| share.provider == self.wanted)
    }

    /// Why the result is not the wanted provider's: it executed nothing, or less than half of the work.
    pub fn rejection(&self) -> Option<String> {
        let first = self.providers.first()?;
        let Some(wanted) = self.wanted_share() else {
            return Some(format!("{} executed nothing: all of the model ran on {}", self.wanted, first.provider));
        };
        let share = wanted.flop_share.or(wanted.time_share)?;
        (share < LEAST_SHARE).then(|| {
            let percent = assay_base::format::percent(share, 0);
            let elsewhere = self.elsewhere.join(", ");
            format!("{} executed only {percent} of the work; elsewhere: {elsewhere}", self.wanted)
        })
    }

    /// One line for tables.
    pub fn sentence(&self) -> String {
        let share = |s: &ProviderShare| {
            let of = |name: &str, v: Option<f64>| {
                v.map(|v| format!(", {} of the {name}", assay_base::format::percent(v, 1)))
            };
            format!(
                "{}: {} nodes{}{}",
                s.provider,
                s.nodes,
                of("operations", s.flop_share).unwrap_or_default(),
                of("time", s.time_share).unwrap_or_default()
            )
        };
        let mut parts: Vec<String> = self.providers.iter().map(share).collect();
        if !self.elsewhere.is_empty() {
            parts.push(format!("not on {}: {}", self.wanted, self.elsewhere.join(", ")));
        }
        parts.push(format!("{} crossings", self.crossings));
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(provider: &str, flop_share: f64) -> ProviderShare {
        ProviderShare { provider: provider.to_owned(), nodes: 1, flop_share: Some(flop_share), time_share: None }
    }

    #[test]
    fn a_result_of_another_provider_is_rejected() {
        let placement = |providers| Placement { wanted: "A".to_owned(), providers, ..Placement::default() };
        assert_eq!(placement(vec![share("A", 1.0)]).rejection(), None);
        assert_eq!(placement(vec![share("A", 0.9), share("B", 0.1)]).rejection(), None);
        assert!(placement(vec![share("B", 1.0)]).rejection().unwrap().contains("ran on B"));
        assert!(placement(vec![share("B", 0.8), share("A", 0.2)]).rejection().unwrap().contains("20\u{a0}%"));
        // Without a profile nothing can be said.
        assert_eq!(placement(Vec::new()).rejection(), None);
    }

    #[test]
    fn the_largest_error_of_the_outputs_counts() {
        let tensor = |v: f32| Tensor::f32([1], vec![v]);
        let reference = ModelReference { origin: "x".to_owned(), outputs: vec![tensor(1.0), tensor(2.0)] };
        assert_eq!(reference.error_norm(&[tensor(1.0), tensor(2.5)]), Some(0.25));
        assert_eq!(reference.error_norm(&[tensor(1.0)]), None);
        assert_eq!(reference.error_norm(&[tensor(1.0), Tensor::f32([1, 1], vec![2.0])]), None);
        assert_eq!(reference.error_norm(&[tensor(1.0), tensor(f32::NAN)]), None);
    }

    /// What a provider does that computes fp32 in a narrower format and says nothing.
    #[test]
    fn an_answer_in_a_narrower_format_is_caught() {
        let exact: Vec<f32> = (0..997).map(|i| (i as f32 * 0.7).sin() + 0.001).collect();
        // Values with so many bits of the mantissa, rounded to nearest.
        let rounded = |bits: u32| -> Vec<f32> {
            let (unit, mask) = (1_u32 << (22 - bits), (1_u32 << (23 - bits)) - 1);
            exact.iter().map(|v| f32::from_bits((v.to_bits() + unit) & !mask)).collect()
        };
        let tensor = |values: Vec<f32>| Tensor::f32([997], values);
        let reference = ModelReference { origin: "x".to_owned(), outputs: vec![tensor(exact.clone())] };
        let error = |bits: u32| reference.error_norm(&[tensor(rounded(bits))]).unwrap();
        let (bf16, tf32, nearly) = (error(7), error(10), error(20));
        let allowed = tolerance(NumericFormat::Fp32);
        assert!(bf16 > allowed && tf32 > allowed && nearly < allowed, "{bf16} {tf32} {nearly}");
    }
}
