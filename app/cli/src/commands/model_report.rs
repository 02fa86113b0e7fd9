//! What is in a model, printed.

use std::collections::BTreeMap;

use assay_base::format;
use assay_service::core::model::{ModelReport, ModelValue};
use serde_json::json;

use crate::args::Format;
use crate::output::{self, number, text};

/// A model in a few lines, for the start of a run.
pub fn brief(report: &ModelReport) -> String {
    let opsets: Vec<String> = report.opsets.iter().map(|(domain, version)| format!("{domain} {version}")).collect();
    let mut lines = vec![format!(
        "{}: {}, operator sets {}, {} parameters ({}), {}",
        report.file,
        format::counted(report.nodes.len() as u64, "node"),
        opsets.join(", "),
        format::compact(report.parameters as f64),
        format::memory(report.parameter_bytes as f64),
        report.format,
    )];
    let value = |v: &ModelValue| {
        let data = v.data.as_ref().map(|data| format!(" ({data})")).unwrap_or_default();
        format!("  {} {} [{}]{data}", v.name, v.element, extents(v))
    };
    lines.extend(report.inputs.iter().map(value));
    // What is not known is not zero.
    let flops = Some(report.flops).filter(|flops| *flops > 0.0 || report.uncounted.is_empty());
    lines.push(format!("  {} FLOP an execution{}", format::or_unknown(flops, format::compact), uncounted(report)));
    lines.join("\n")
}

fn extents(value: &ModelValue) -> String {
    match &value.shape {
        Some(shape) => shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" x "),
        None => value.extents.join(" x "),
    }
}

fn uncounted(report: &ModelReport) -> String {
    if report.uncounted.is_empty() { String::new() } else { format!(", not counted: {}", report.uncounted.join(", ")) }
}

/// Prints a model: a line for each operator, or everything as JSON, or a line for each node as CSV.
pub fn print(report: &ModelReport, format: Format) -> anyhow::Result<()> {
    if format == Format::Table {
        output::print(&brief(report))?;
        for value in &report.outputs {
            output::print(&format!("  -> {} {} [{}]", value.name, value.element, extents(value)))?;
        }
        if !report.open_axes.is_empty() {
            output::print(&format!("  dynamic axes without a size: {}", report.open_axes.join(", ")))?;
        }
        if !report.unknown_operators.is_empty() {
            output::print(&format!("  operators unknown to the standard: {}", report.unknown_operators.join(", ")))?;
        }
    }
    let mut operators: BTreeMap<&str, Operator> = BTreeMap::new();
    for node in &report.nodes {
        let entry =
            operators.entry(&node.operator).or_insert(Operator { nodes: 0, flops: Some(0.0), bytes: Some(0.0) });
        entry.nodes += 1;
        entry.flops = entry.flops.zip(node.flops).map(|(a, b)| a + b);
        entry.bytes = entry.bytes.zip(node.bytes).map(|(a, b)| a + b);
    }
    let nodes: Vec<_> = report
        .nodes
        .iter()
        .map(|n| json!({"name": n.name, "operator": n.operator, "flops": n.flops, "bytes": n.bytes}))
        .collect();
    let columns = [text("Operator"), number("Nodes"), number("FLOP"), number("Share"), number("Bytes")];
    output::data(format, &serde_json::to_value(report)?, &nodes, &columns, || {
        let mut rows: Vec<(&str, &Operator)> = operators.iter().map(|(name, operator)| (*name, operator)).collect();
        rows.sort_by(|(_, a), (_, b)| b.flops.unwrap_or(0.0).total_cmp(&a.flops.unwrap_or(0.0)));
        rows.into_iter().map(|(name, operator)| operator.cells(name, report.flops)).collect()
    })
}

/// All nodes of one operator.
struct Operator {
    nodes: usize,
    flops: Option<f64>,
    bytes: Option<f64>,
}

impl Operator {
    fn cells(&self, name: &str, all: f64) -> Vec<String> {
        vec![
            name.to_owned(),
            self.nodes.to_string(),
            format::or_unknown(self.flops, format::compact),
            format::or_unknown(self.flops.filter(|_| all > 0.0), |flops| format::percent(flops / all, 1)),
            format::or_unknown(self.bytes, format::memory),
        ]
    }
}
