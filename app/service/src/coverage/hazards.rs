//! What can go wrong although every operator is there: shapes, formats, versions.

use assay_core::NumericFormat;
use assay_core::model::ModelReport;
use assay_hardware_profiles::Profile;
use serde::Serialize;

use super::OperatorCoverage;
use super::tables::{DynamicHow, FormatHow, SupportTable};

/// Something to watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hazard {
    /// What it is about.
    pub kind: HazardKind,
    /// In a sentence without its full stop.
    pub text: String,
    /// Whether the model or the way it is served must be changed for it.
    pub needs_change: bool,
}

/// What a hazard is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HazardKind {
    /// Axes or results whose size is not fixed.
    Shapes,
    /// Numeric formats.
    Format,
    /// The version of the operator set.
    OperatorSet,
    /// The way a model gets there.
    Route,
    /// What the profile says does not work.
    KnownGap,
}

impl HazardKind {
    /// The words used in tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Shapes => "shapes",
            Self::Format => "format",
            Self::OperatorSet => "operator set",
            Self::Route => "route",
            Self::KnownGap => "known gap",
        }
    }
}

/// Operators whose result's size follows from the data.
const DATA_DEPENDENT: [&str; 6] =
    ["Compress", "NonMaxSuppression", "NonZero", "StringSplit", "TfIdfVectorizer", "Unique"];
/// Operators that choose or repeat graphs while they run.
const CONTROL_FLOW: [&str; 4] = ["If", "Loop", "Scan", "SequenceMap"];

pub(super) fn hazards(
    report: &ModelReport,
    profile: &Profile,
    table: &SupportTable,
    operators: &[OperatorCoverage],
) -> Vec<Hazard> {
    let mut found = Vec::new();
    let mut add = |kind, needs_change, text: String| found.push(Hazard { kind, text, needs_change });
    if !table.reads_onnx {
        let route = table.route.clone().unwrap_or_default();
        add(HazardKind::Route, true, format!("{} reads no ONNX files: {route}", table.name));
    }
    let fixed = table.dynamic_shapes.how == DynamicHow::Supported;
    let watch = table.dynamic_shapes.text.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
    let axes = dynamic_axes(report);
    if !axes.is_empty() && !fixed {
        let axes = axes.join("`, `");
        add(HazardKind::Shapes, true, format!("the size of `{axes}` is not fixed{watch}"));
    }
    let named = |names: &[&str]| -> Vec<&str> {
        operators.iter().map(|o| o.operator.as_str()).filter(|name| names.contains(name)).collect()
    };
    let dependent = named(&DATA_DEPENDENT);
    if !dependent.is_empty() {
        let rest = if fixed { String::new() } else { watch.clone() };
        add(
            HazardKind::Shapes,
            !fixed,
            format!("the size of the result of {} follows from the data{rest}", dependent.join(", ")),
        );
    }
    let control = named(&CONTROL_FLOW);
    if !control.is_empty() && !fixed {
        add(HazardKind::Shapes, false, format!("{} choose or repeat graphs while they run{watch}", control.join(", ")));
    }
    for format in formats(report) {
        match table.format(format) {
            None => add(HazardKind::Format, false, format!("{format}: the table of {} does not say", table.name)),
            Some(row) => {
                let text = row.text.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
                match row.how {
                    FormatHow::Native if row.text.is_none() => {}
                    FormatHow::Native => add(HazardKind::Format, false, format!("{format}{text}")),
                    FormatHow::Quantised => add(HazardKind::Format, false, format!("{format} by quantisation{text}")),
                    FormatHow::Cast => {
                        add(HazardKind::Format, true, format!("{format} is not computed as it is{text}"))
                    }
                    FormatHow::Unsupported => add(HazardKind::Format, true, format!("{format} is refused{text}")),
                }
            }
        }
    }
    if let Some(opset) = report.opsets.get("ai.onnx") {
        let (from, to) = (table.opsets.from, table.opsets.to);
        if to.is_some_and(|to| *opset > to) || from.is_some_and(|from| *opset < from) {
            let range = match (from, to) {
                (Some(from), Some(to)) => format!("{from} to {to}"),
                (_, Some(to)) => format!("up to {to}"),
                (from, None) => format!("from {}", from.unwrap_or_default()),
            };
            add(
                HazardKind::OperatorSet,
                true,
                format!(
                    "the model has operator set {opset}, and {} {} reads {range}: convert it",
                    table.name, table.version
                ),
            );
        }
    }
    for gap in profile.portability.iter().flat_map(|known| &known.known_gaps) {
        add(HazardKind::KnownGap, false, gap.text.trim().to_owned());
    }
    found
}

/// Axes of the inputs whose size the file does not fix.
pub(super) fn dynamic_axes(report: &ModelReport) -> Vec<String> {
    let named = |extent: &&String| extent.parse::<usize>().is_err();
    let mut axes: Vec<String> =
        report.inputs.iter().flat_map(|input| input.extents.iter().filter(named)).cloned().collect();
    axes.sort();
    axes.dedup();
    axes
}

/// The formats that the model computes in, as its weights and inputs show.
pub(super) fn formats(report: &ModelReport) -> Vec<NumericFormat> {
    let of = |element: &str| match element {
        "float64" => Some(NumericFormat::Fp64),
        "float32" => Some(NumericFormat::Fp32),
        "float16" => Some(NumericFormat::Fp16),
        "bfloat16" => Some(NumericFormat::Bf16),
        _ => None,
    };
    let mut formats = vec![report.format];
    for format in report.inputs.iter().filter_map(|input| of(&input.element)) {
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    formats
}
