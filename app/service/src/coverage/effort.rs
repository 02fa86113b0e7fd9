//! What bringing a model to a stack takes: illustrative ranges in person-days, adjusted to what the tables say.

use assay_base::Evidence;
use assay_cost_models::effort::{ThreePoint, total_effort};
use assay_study::migration::Strategy;
use serde::Serialize;

use super::tables::SupportTable;
use super::{Fate, Hazard, HazardKind, OperatorCoverage};
use crate::migration::effort::{ENOUGH, priors};

/// The work of a move.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PortingEffort {
    /// Assumed: the ranges are illustrations until somebody replaces them.
    pub evidence: Evidence,
    /// The sums of the least, likeliest and largest person-days.
    pub person_days: [f64; 3],
    /// The mean.
    pub expected_days: f64,
    /// What suffices with a probability of 80 %.
    pub p80_days: f64,
    /// The pieces.
    pub tasks: Vec<EffortTask>,
}

/// A piece of work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EffortTask {
    /// Unique among the pieces.
    pub id: &'static str,
    /// What is done.
    pub name: String,
    /// Least, likeliest and largest person-days.
    pub person_days: [f64; 3],
    /// Why it is so much, where the model decides.
    pub reason: Option<String>,
}

/// Replacing one operator by others, with its test: an assumption of Assay's.
const REPLACE: [f64; 3] = [0.5, 1.0, 3.0];
/// Finding out about one operator that no table names: an assumption of Assay's.
const FIND_OUT: [f64; 3] = [0.25, 0.5, 2.0];
/// What each of these adds to the porting of the model: shapes that must be fixed, a way that does not read ONNX.
const HARDER: f64 = 0.5;

/// Pieces of work that a model decides whether they are needed, or how large they are.
const KERNELS: &str = "kernels";
const QUANTISATION: &str = "quantisation";
const PORT: &str = "port";

pub(super) fn effort(table: &SupportTable, operators: &[OperatorCoverage], hazards: &[Hazard]) -> PortingEffort {
    let names = |matches: fn(&Fate) -> bool| -> Vec<&str> {
        operators.iter().filter(|o| matches(&o.fate)).map(|o| o.operator.as_str()).collect()
    };
    let missing = names(|fate| matches!(fate, Fate::Unsupported { .. }));
    let replaced = names(|fate| matches!(fate, Fate::Substitute { .. }));
    let unknown = names(|fate| matches!(fate, Fate::Unknown { .. }));
    let changes = |kind| hazards.iter().any(|hazard| hazard.kind == kind && hazard.needs_change);

    let mut tasks = Vec::new();
    for (id, name, days) in priors(Strategy::Refactor) {
        let task = |person_days, reason| EffortTask { id, name: name.to_owned(), person_days, reason };
        match id {
            KERNELS if missing.is_empty() => {}
            KERNELS => tasks.push(task(times(days, missing.len() as f64), Some(missing.join(", ")))),
            QUANTISATION if !changes(HazardKind::Format) => {}
            QUANTISATION => {
                tasks.push(task(days, Some("the model's numeric format is not computed as it is".to_owned())))
            }
            PORT => {
                let mut reasons = Vec::new();
                if changes(HazardKind::Shapes) {
                    reasons.push("shapes that are not fixed");
                }
                if !table.reads_onnx {
                    reasons.push("a stack that reads no ONNX files");
                }
                let factor = 1.0 + HARDER * reasons.len() as f64;
                let reason = (!reasons.is_empty()).then(|| format!("x {factor}: {}", reasons.join(" and ")));
                tasks.push(task(times(days, factor), reason));
            }
            _ => tasks.push(task(days, None)),
        }
    }
    let more = [
        ("replace", "Replace operators by others", REPLACE, replaced),
        ("find-out", "Find out about operators that no table names (writing kernels is not in it)", FIND_OUT, unknown),
    ];
    for (id, name, days, names) in more.into_iter().filter(|(.., names)| !names.is_empty()) {
        let person_days = times(days, names.len() as f64);
        tasks.push(EffortTask { id, name: name.to_owned(), person_days, reason: Some(names.join(", ")) });
    }
    let sum = tasks.iter().fold([0.0; 3], |[a, b, c], task| {
        let [low, likely, high] = task.person_days;
        [a + low, b + likely, c + high]
    });
    let pieces: Vec<ThreePoint> = tasks
        .iter()
        .map(|task| {
            let [low, likely, high] = task.person_days;
            ThreePoint { low, likely, high }
        })
        .collect();
    let (expected_days, p80_days) = total_effort(&pieces, ENOUGH);
    PortingEffort { evidence: Evidence::Assumed, person_days: sum, expected_days, p80_days, tasks }
}

fn times(days: [f64; 3], factor: f64) -> [f64; 3] {
    days.map(|days| days * factor)
}
