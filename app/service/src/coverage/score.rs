//! How portable a model is, as one number whose parts are shown.
//!
//! The weights are a convention of Assay's, not a finding: operators decide most, since one that is missing stops the
//! model; shapes and formats change how it is served; the operator set can usually be converted.

use assay_core::model::ModelReport;
use serde::Serialize;

use super::hazards::{dynamic_axes, formats};
use super::tables::{DynamicHow, FormatHow, SupportTable};
use super::{Fate, Hazard, HazardKind, OperatorCoverage};

/// From 0 (nothing carries over) to 1 (everything does): the value if all that is unknown is missing, and if none is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// If everything unknown is missing.
    pub low: f64,
    /// If nothing unknown is.
    pub high: f64,
    /// What it is made of: the sum of weight times value.
    pub parts: Vec<ScorePart>,
}

/// A part of the score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScorePart {
    /// What it is about.
    pub name: &'static str,
    /// Its weight; all weights add up to 1.
    pub weight: f64,
    /// Its value if everything unknown is missing.
    pub low: f64,
    /// Its value if nothing unknown is.
    pub high: f64,
    /// How it comes about.
    pub text: String,
}

const OPERATORS: f64 = 0.6;
const SHAPES: f64 = 0.15;
const FORMATS: f64 = 0.15;
const OPERATOR_SET: f64 = 0.1;
/// What an operator counts for that has a substitute or runs elsewhere.
const HALF: f64 = 0.5;

impl Score {
    /// Nothing is known.
    pub(super) fn unknown() -> Self {
        Self { low: 0.0, high: 1.0, parts: Vec::new() }
    }
}

pub(super) fn score(
    report: &ModelReport,
    table: &SupportTable,
    operators: &[OperatorCoverage],
    hazards: &[Hazard],
) -> Score {
    let parts = vec![
        of_operators(operators),
        of_shapes(report, table, hazards),
        of_formats(report, table),
        of_set(report, table),
    ];
    let sum = |value: fn(&ScorePart) -> f64| parts.iter().map(|part| part.weight * value(part)).sum();
    Score { low: sum(|part| part.low), high: sum(|part| part.high), parts }
}

/// Each operator counts once, however many nodes have it: the work of a port goes by kinds.
fn of_operators(operators: &[OperatorCoverage]) -> ScorePart {
    let count = operators.len().max(1) as f64;
    let number = |matches: fn(&Fate) -> bool| operators.iter().filter(|o| matches(&o.fate)).count();
    let supported = number(Fate::is_supported);
    let replaced = number(|fate| matches!(fate, Fate::Substitute { .. } | Fate::FallsBack { .. }));
    let unknown = number(|fate| matches!(fate, Fate::Unknown { .. }));
    let low = (supported as f64 + HALF * replaced as f64) / count;
    let text = format!(
        "{supported} of {} operators supported, {replaced} replaced or elsewhere (half), {unknown} unknown",
        operators.len()
    );
    ScorePart { name: "operators", weight: OPERATORS, low, high: low + unknown as f64 / count, text }
}

fn of_shapes(report: &ModelReport, table: &SupportTable, hazards: &[Hazard]) -> ScorePart {
    let fixed = dynamic_axes(report).is_empty() && !hazards.iter().any(|hazard| hazard.kind == HazardKind::Shapes);
    let (value, text) = match table.dynamic_shapes.how {
        _ if fixed => (1.0, "every shape is fixed"),
        DynamicHow::Supported => (1.0, "shapes that are not fixed are taken as they are"),
        DynamicHow::Profiles => (0.7, "shapes that are not fixed need ranges"),
        DynamicHow::Recompiled => (0.3, "each shape is compiled for itself"),
    };
    ScorePart { name: "shapes", weight: SHAPES, low: value, high: value, text: text.to_owned() }
}

fn of_formats(report: &ModelReport, table: &SupportTable) -> ScorePart {
    let formats = formats(report);
    let value = |how: Option<FormatHow>, unknown: f64| match how {
        Some(FormatHow::Native) => 1.0,
        Some(FormatHow::Quantised) => 0.7,
        Some(FormatHow::Cast) => 0.5,
        Some(FormatHow::Unsupported) => 0.0,
        None => unknown,
    };
    // The worst of them decides.
    let worst = |unknown: f64| {
        formats.iter().map(|format| value(table.format(*format).map(|row| row.how), unknown)).fold(1.0, f64::min)
    };
    let text = formats.iter().map(|format| format.label()).collect::<Vec<_>>().join(", ");
    ScorePart { name: "formats", weight: FORMATS, low: worst(0.0), high: worst(1.0), text }
}

fn of_set(report: &ModelReport, table: &SupportTable) -> ScorePart {
    let (from, to) = (table.opsets.from, table.opsets.to);
    let (low, high, text) = match report.opsets.get("ai.onnx") {
        _ if !table.reads_onnx => (0.0, 0.0, "the stack reads no ONNX files".to_owned()),
        None => (0.0, 1.0, "the model names none".to_owned()),
        Some(set) if from.is_some_and(|from| *set < from) || to.is_some_and(|to| *set > to) => {
            (HALF, HALF, format!("{set} is outside what the stack reads"))
        }
        Some(set) if to.is_some() => (1.0, 1.0, format!("{set} is read")),
        Some(set) => (0.0, 1.0, format!("whether {set} is read is not said")),
    };
    ScorePart { name: "operator set", weight: OPERATOR_SET, low, high, text }
}
