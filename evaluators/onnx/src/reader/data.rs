//! The data of a model's inputs: seeded, or from a file.

use std::path::Path;

use assay_core::NumericFormat;
use assay_core::data::{indices, normal};
use assay_core::model::ModelInput;
use assay_core::tensor::{Tensor, Values};

use super::elements;
use super::npy;
use super::shapes::Shapes;
use crate::proto::GraphProto;

/// How data for an input are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// Normal with a standard deviation of 1.
    Normal,
    /// Indices below the number of entries of the table they are looked up in.
    Below(usize),
    /// All ones, as masks have that hide nothing.
    Ones,
}

impl Recipe {
    /// In words, for the report.
    pub fn words(self) -> String {
        match self {
            Self::Normal => "seeded, normal with a standard deviation of 1".to_owned(),
            Self::Below(bound) => format!("seeded indices below {bound}, the entries of the table they look up"),
            Self::Ones => "ones (integers that look up nothing: a mask or a position)".to_owned(),
        }
    }
}

/// Values that keep an input's integers as they are, on their way to a look-up.
const CARRIERS: [&str; 6] = ["Cast", "Identity", "Reshape", "Unsqueeze", "Squeeze", "Flatten"];

/// How data are made for an input with an element type.
pub fn recipe(graph: &GraphProto, shapes: &Shapes<'_>, input: &str, element: i32) -> Recipe {
    if elements::is_float(element) {
        return Recipe::Normal;
    }
    let mut names = vec![input];
    let mut bound: Option<usize> = None;
    for node in &graph.node {
        let reads = |index: usize| node.input.get(index).is_some_and(|name| names.contains(&name.as_str()));
        let (carries, looks_up) = (CARRIERS.contains(&node.op_type.as_str()) && reads(0), reads(1));
        if carries {
            names.extend(node.output.iter().map(String::as_str));
        }
        if node.op_type == "Gather" && looks_up {
            let call = shapes.call(node);
            let entries =
                call.shape(0).and_then(|s| s.get(super::shapes::axis(call.int("axis", 0), s.len())?)).copied();
            bound = match (bound, entries) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
    }
    bound.map_or(Recipe::Ones, Recipe::Below)
}

/// Seeded data of an input.
pub fn seeded(name: &str, element: i32, shape: &[usize], recipe: Recipe, seed: u64) -> ModelInput {
    let count = shape.iter().product();
    let format = match element {
        10 => NumericFormat::Fp16,
        16 => NumericFormat::Bf16,
        _ => NumericFormat::Fp32,
    };
    let tensor = match recipe {
        Recipe::Normal => Tensor::f32(shape, normal(seed, name, count, 1.0, format)),
        Recipe::Below(bound) => Tensor::index(shape, indices(seed, name, count, bound)),
        Recipe::Ones => Tensor::index(shape, vec![1; count]),
    };
    ModelInput { name: name.to_owned(), element: elements::name(element).to_owned(), tensor }
}

/// What an input must be: its name, element type and shape.
pub struct Wanted<'a> {
    pub name: &'a str,
    pub element: i32,
    pub shape: &'a [usize],
}

/// Data from a file, one array for each input.
///
/// # Errors
/// What does not fit, without the file's name.
pub fn from_file(path: &Path, bytes: &[u8], wanted: &[Wanted<'_>]) -> Result<Vec<ModelInput>, String> {
    let mut arrays = npy::read(path, bytes)?;
    if let ([only], [array]) = (wanted, arrays.as_mut_slice())
        && array.name.is_empty()
    {
        array.name = only.name.to_owned();
    }
    let names: Vec<&str> = arrays.iter().map(|array| array.name.as_str()).collect();
    if let Some(odd) = names.iter().find(|name| wanted.iter().all(|w| w.name != **name)) {
        let inputs: Vec<&str> = wanted.iter().map(|w| w.name).collect();
        return Err(format!("it has an array `{odd}`, and the model's inputs are `{}`", inputs.join("`, `")));
    }
    wanted
        .iter()
        .map(|input| {
            let array = arrays.iter().find(|array| array.name == input.name);
            let array = array.ok_or_else(|| format!("it has no array for the input `{}`", input.name))?;
            let real = matches!(array.tensor.values, Values::F32(_));
            if array.tensor.shape != input.shape || real != elements::is_float(input.element) {
                return Err(format!(
                    "its array `{}` is {} {:?}, and the model's input is {} {:?}",
                    input.name,
                    array.element,
                    array.tensor.shape,
                    elements::name(input.element),
                    input.shape
                ));
            }
            let element = elements::name(input.element).to_owned();
            Ok(ModelInput { name: input.name.to_owned(), element, tensor: array.tensor.clone() })
        })
        .collect()
}
