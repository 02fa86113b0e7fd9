//! Narrower forms of a user's model against the model itself: what they lose in accuracy and gain in speed.

use assay_core::variant::Variant;
use assay_core::{Measurement, Shape, StackId};
use assay_store::verdict::{self, Estimate, Verdict};
use serde::Serialize;

/// A narrower form of a model on one device and stack.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariantRow {
    /// The workload of the narrower form.
    pub workload: String,
    /// What it is.
    pub variant: Variant,
    /// The tools that made it.
    pub made_with: String,
    /// The target whose worker measured.
    pub target: String,
    /// The device's name.
    pub device: String,
    /// The stack.
    pub stack: StackId,
    /// How it ended.
    pub status: String,
    /// Why, where it did not pass.
    pub reason: Option<String>,
    /// Relative L2 distance of its outputs from those of the model it was made of.
    pub error_norm: Option<f64>,
    /// Its median latency.
    pub median_secs: Option<f64>,
    /// The median latency of the model it was made of, with the same stack; absent where that did not pass.
    pub original_median_secs: Option<f64>,
    /// How many times as fast; absent where either did not pass.
    pub speed_up: Option<f64>,
    /// Whether the difference is one, by the samples.
    pub verdict: Option<&'static str>,
}

/// The newest measurement of each narrower form with each stack, against the newest of its original that passed.
pub fn variants(measurements: &[Measurement]) -> Vec<VariantRow> {
    let newest = assay_store::query::latest_of_each(measurements);
    let row = |m: &&Measurement| {
        let Shape::Model(shape) = &m.workload.shape else { return None };
        let origin = shape.variant_of.as_ref()?;
        let is_original = |other: &&&Measurement| match &other.workload.shape {
            Shape::Model(of) => {
                of.sha256 == origin.sha256 && of.axes == shape.axes && of.inputs_sha256 == shape.inputs_sha256
            }
            _ => false,
        };
        let same_place = |other: &&&Measurement| {
            (&other.target, &other.device.name, &other.stack) == (&m.target, &m.device.name, &m.stack)
        };
        let original = newest.iter().filter(is_original).filter(same_place).find(|other| other.status.passed());
        let before = original.and_then(|original| Estimate::of(original));
        let after = Estimate::of(m).filter(|_| m.status.passed());
        let both = before.zip(after);
        Some(VariantRow {
            workload: m.workload.id.clone(),
            variant: origin.variant,
            made_with: origin.made_with.clone(),
            target: m.target.clone(),
            device: m.device.name.clone(),
            stack: m.stack.clone(),
            status: m.status.label().to_owned(),
            reason: m.status.reason().map(str::to_owned),
            error_norm: m.correctness.as_ref().and_then(|correctness| correctness.error_norm),
            median_secs: after.map(|estimate| estimate.median_secs),
            original_median_secs: before.map(|estimate| estimate.median_secs),
            speed_up: both.map(|(before, after)| before.median_secs / after.median_secs),
            verdict: both.map(|(before, after)| verdict::judge(&before, &after)).map(Verdict::label),
        })
    };
    newest.iter().filter_map(row).collect()
}
