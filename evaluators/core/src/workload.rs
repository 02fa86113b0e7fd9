//! Standardized units of ML work with their analytic cost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::NumericFormat;

mod items;
mod shape;

pub use items::Item;
pub use shape::{CollectiveOperation, Shape};

/// A standardized unit of ML work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// A name that is unique in its suite, such as `gemm-1024-fp32`.
    pub id: String,
    /// The numeric format of inputs and weights.
    pub format: NumericFormat,
    /// What is computed, and how large.
    pub shape: Shape,
}

/// Elements of all tensors above which a size is a typing error: four terabytes in fp32.
const MAX_ELEMENTS: f64 = 1e12;

impl Workload {
    /// Floating-point (or integer) operations of one execution, counted from the graph: a multiply-add is two.
    ///
    /// Of a user's model those that could be counted: see [`Workload::flops_are_known`].
    pub fn flops(&self) -> f64 {
        if let Shape::Model(model) = &self.shape {
            return model.flops;
        }
        crate::graph::build(self).flops()
    }

    /// Compulsory memory traffic of one execution in bytes: each input and weight read once, the output written once.
    /// Intermediates are not counted, so that the arithmetic intensity is the workload's and not one stack's.
    pub fn bytes(&self) -> f64 {
        if let Shape::Model(model) = &self.shape {
            return model.bytes;
        }
        crate::graph::build(self).compulsory_bytes()
    }

    /// Whether all operations are counted: a user's model may have operators whose work is unknown.
    pub fn flops_are_known(&self) -> bool {
        match &self.shape {
            Shape::Model(model) => model.uncounted.is_empty(),
            _ => true,
        }
    }

    /// Operations a byte of compulsory traffic.
    pub fn arithmetic_intensity(&self) -> f64 {
        self.flops() / self.bytes()
    }

    /// The largest error norm that counts as correct: the format's, but for quantisation at least a thousandth, because
    /// a value between two integers may be rounded to either, and for fp64 at least the rounding to fp32, in which
    /// results travel.
    pub fn tolerance(&self) -> f64 {
        let tolerance = self.format.tolerance();
        match (self.format, &self.shape) {
            (_, Shape::Quantise { .. }) => tolerance.max(1e-3),
            // Results travel as fp32.
            (NumericFormat::Fp64, _) => 1e-7,
            _ => tolerance,
        }
    }

    /// A hash of everything that defines the work (not of its name): equal hashes compute the same thing.
    pub fn hash(&self) -> String {
        let definition = match &self.shape {
            // The file may lie anywhere; its bytes count.
            Shape::Model(m) => serde_json::json!({"model": m.sha256, "axes": m.axes, "inputs": m.inputs_sha256}),
            shape => serde_json::json!({ "format": self.format, "shape": shape }),
        };
        let digest = Sha256::digest(definition.to_string().as_bytes());
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Refuses sizes that are zero, do not divide or overflow.
    ///
    /// # Errors
    /// A sentence that names the size and what it must be.
    pub fn validate(&self) -> Result<(), String> {
        let sizes = self.shape.sizes();
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(format!("workload `{}`: {name} must be at least 1", self.id));
        }
        match &self.shape {
            Shape::AttentionDecode { heads, kv_heads, .. } if heads % kv_heads != 0 => {
                return Err(format!("workload `{}`: kv_heads ({kv_heads}) must divide heads ({heads})", self.id));
            }
            Shape::EncoderBlock { hidden, heads, .. } if hidden % heads != 0 => {
                return Err(format!("workload `{}`: heads ({heads}) must divide hidden ({hidden})", self.id));
            }
            // Checked when the file was read, and again when it is run.
            Shape::Model(_) => return Ok(()),
            Shape::Collective { devices, elements, .. } if *devices < 2 || elements % devices != 0 => {
                return Err(format!(
                    "workload `{}`: devices ({devices}) must be at least 2 and divide elements ({elements})",
                    self.id
                ));
            }
            Shape::Resnet50 { size, .. } if *size < 32 => {
                return Err(format!("workload `{}`: size ({size}) must be at least 32", self.id));
            }
            _ => {}
        }
        // Bounded first, so that the products below cannot overflow.
        if let Some((name, size)) =
            sizes.iter().find(|(name, size)| *size > if *name == "tables" { 4096 } else { 1 << 31 })
        {
            return Err(format!("workload `{}`: {name} ({size}) is too large to be meant", self.id));
        }
        let product = |shape: &[usize]| shape.iter().fold(1.0, |product: f64, size| product * *size as f64);
        let elements: f64 = crate::graph::build(self).tensors.iter().map(|t| product(&t.shape)).sum();
        if elements > MAX_ELEMENTS {
            return Err(format!("workload `{}`: {elements:.1e} elements are too many to be meant", self.id));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_cannot_be_meant_are_refused() {
        let huge = usize::MAX;
        for shape in [
            Shape::Gemm { m: 0, n: 1, k: 1 },
            Shape::Gemm { m: huge, n: huge, k: huge },
            Shape::AttentionDecode { batch: 1, heads: 8, kv_heads: 3, context: 1, head_dim: 1 },
            Shape::EmbeddingMlp { batch: 1, tables: huge, rows: 1, dim: 1, bag: 1, hidden: 1 },
            Shape::AttentionPrefill { batch: 1 << 31, heads: 1 << 31, sequence: 1 << 31, head_dim: 1 << 31 },
        ] {
            let workload = Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape };
            assert!(workload.validate().is_err(), "{workload:?}");
        }
    }

    #[test]
    fn the_hash_is_of_the_work_and_not_of_its_name() {
        let of = |id: &str, m| {
            Workload { id: id.to_owned(), format: NumericFormat::Fp32, shape: Shape::Gemm { m, n: 2, k: 3 } }.hash()
        };
        assert_eq!(of("a", 1), of("b", 1));
        assert_ne!(of("a", 1), of("a", 2));
    }
}
