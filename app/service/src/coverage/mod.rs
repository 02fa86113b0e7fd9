//! Would a model run there? Its operators, shapes and formats against what the stacks of an accelerator say they
//! support: evidence from tables with source and version, before anything is ported. What no table says is unknown.

mod effort;
mod hazards;
mod score;
mod tables;

use std::collections::BTreeMap;

use assay_core::model::{ModelOperator, ModelReport};
use assay_hardware_profiles::{Catalog, Profile};
use assay_study::Study;
use serde::Serialize;

pub use effort::{EffortTask, PortingEffort};
pub use hazards::{Hazard, HazardKind};
pub use score::{Score, ScorePart};
pub use tables::{OpsetRange, TableSource};

use tables::{Entry, SupportTable};

/// A model against accelerators.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// The model's file.
    pub model: String,
    /// Hash of its bytes.
    pub sha256: String,
    /// Its nodes, those of inner graphs too.
    pub nodes: usize,
    /// One for each accelerator and each of its stacks; one without a stack where no table is known for an accelerator.
    pub targets: Vec<TargetCoverage>,
}

/// A model against one stack of an accelerator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetCoverage {
    /// The accelerator's profile.
    pub accelerator: String,
    /// Its name.
    pub name: String,
    /// The stack; absent where no table of one is known.
    pub stack: Option<StackInfo>,
    /// What to do where no table is known: the ways to bring a model there, from the accelerator's profile.
    pub toolchains: Vec<String>,
    /// Whether the model runs there, as far as the table tells.
    pub verdict: Verdict,
    /// Each operator of the model, the most frequent first.
    pub operators: Vec<OperatorCoverage>,
    /// Share of the nodes whose operator is supported, with restrictions or without.
    pub node_share: Option<f64>,
    /// Share of the counted operations that supported operators do; absent where they are not all counted.
    pub flop_share: Option<f64>,
    /// What to watch.
    pub hazards: Vec<Hazard>,
    /// How portable the model is, from 0 to 1, with its parts.
    pub score: Score,
    /// What the move takes; absent where no table is known.
    pub effort: Option<PortingEffort>,
}

/// A stack and the table that speaks for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StackInfo {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The version that the table describes.
    pub version: String,
    /// Where the table is from.
    pub source: TableSource,
    /// How a model gets there, where the stack reads no ONNX files.
    pub route: Option<String>,
}

/// Whether a model runs, as far as a table tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every operator is supported and nothing is to be changed.
    Runs,
    /// Every operator is supported or has a substitute or runs elsewhere, or something else is to be changed.
    RunsAfterChanges,
    /// Something is not known.
    Unknown,
    /// An operator is not supported and has no substitute.
    DoesNotRun,
}

impl Verdict {
    /// The words used in tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::RunsAfterChanges => "after changes",
            Self::Unknown => "unknown",
            Self::DoesNotRun => "does not run",
        }
    }
}

/// An operator of the model on a stack.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OperatorCoverage {
    /// The operator, with its domain where it is not the standard's.
    pub operator: String,
    /// How many nodes have it.
    pub nodes: usize,
    /// Their share of the model's counted operations.
    pub flop_share: Option<f64>,
    /// What becomes of it.
    #[serde(flatten)]
    pub fate: Fate,
}

/// What becomes of an operator on a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fate", rename_all = "kebab-case")]
pub enum Fate {
    /// It is supported.
    Supported,
    /// It is, but for this.
    Limited {
        /// The restriction.
        text: String,
    },
    /// It runs on another device, with copies there and back.
    FallsBack {
        /// The device.
        to: String,
    },
    /// It is not, and others that are can take its place.
    Substitute {
        /// These.
        with: Vec<String>,
        /// How, and what to watch.
        text: String,
    },
    /// It is not: a kernel must be written.
    Unsupported {
        /// Why.
        text: String,
    },
    /// Nobody said.
    Unknown {
        /// What is not known.
        text: String,
    },
}

impl Fate {
    /// The word used in tables.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Limited { .. } => "with restrictions",
            Self::FallsBack { .. } => "falls back",
            Self::Substitute { .. } => "substitute",
            Self::Unsupported { .. } => "not supported",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// What is to be known about it.
    pub fn text(&self) -> String {
        match self {
            Self::Supported => String::new(),
            Self::Limited { text } | Self::Unsupported { text } | Self::Unknown { text } => text.clone(),
            Self::FallsBack { to } => format!("runs on the {to}, with copies there and back"),
            Self::Substitute { with, text } => format!("{}: {text}", with.join(", ")),
        }
    }

    /// Whether the stack itself computes it.
    pub fn is_supported(&self) -> bool {
        matches!(self, Self::Supported | Self::Limited { .. })
    }
}

/// A model against accelerators, named by the ids of their profiles.
///
/// # Errors
/// When an accelerator is not in the catalogue; the nearest one is named.
pub fn coverage(report: &ModelReport, accelerators: &[String], catalog: &Catalog) -> Result<Coverage, String> {
    let mut targets = Vec::new();
    for id in accelerators {
        let profile = catalog.require(id).map_err(|error| error.to_string())?;
        let fitting: Vec<&SupportTable> = tables::tables().iter().filter(|table| table.fits(profile)).collect();
        if fitting.is_empty() {
            targets.push(without_a_table(profile));
        }
        targets.extend(fitting.into_iter().map(|table| against(report, profile, table)));
    }
    let inner: usize = report.inner_operators.values().sum();
    Ok(Coverage {
        model: report.file.clone(),
        sha256: report.sha256.clone(),
        nodes: report.nodes.len() + inner,
        targets,
    })
}

/// The changes of a study that take up the effort of one of its options, as paths with values: the sum, and the pieces of
/// work where the study's plan moves to this option and states none. Of several stacks the one with the best score is taken.
///
/// # Errors
/// When there is no such option, its accelerator was not asked for, or nothing is known of it.
pub fn study_changes(
    coverage: &Coverage,
    study: &Study,
    option: &str,
) -> Result<Vec<(String, serde_json::Value)>, String> {
    let stated = study.option(option).ok_or_else(|| {
        let hint = assay_base::yaml::suggestion(option, study.options.iter().map(|option| option.id.as_str()));
        format!("the study has no option `{option}`{hint}")
    })?;
    let profile = stated.profile.as_deref().ok_or_else(|| format!("the option `{option}` names no accelerator"))?;
    let mut fitting: Vec<&TargetCoverage> = coverage.targets.iter().filter(|t| t.accelerator == profile).collect();
    if fitting.is_empty() {
        return Err(format!("the option `{option}` is for {profile}: name it with --for {profile}"));
    }
    fitting.sort_by(|a, b| b.score.low.total_cmp(&a.score.low));
    let effort = fitting.iter().find_map(|target| target.effort.as_ref());
    let effort = effort.ok_or_else(|| format!("no support table is known for {profile}, so no effort is derived"))?;
    let sum = format!("options.{option}.migration.effort_person_days");
    let mut changes = vec![(sum, serde_json::json!({ "pert": effort.person_days }))];
    let planned = study.migration.as_ref().filter(|plan| plan.to.as_deref() == Some(option) && plan.tasks.is_empty());
    if planned.is_some() {
        let task = |task: &effort::EffortTask| serde_json::json!({ "id": task.id, "name": task.name, "person_days": { "pert": task.person_days } });
        changes.push(("migration.tasks".to_owned(), effort.tasks.iter().map(task).collect()));
    }
    Ok(changes)
}

fn without_a_table(profile: &Profile) -> TargetCoverage {
    let toolchains = profile.portability.iter().flat_map(|known| &known.toolchains);
    TargetCoverage {
        accelerator: profile.id.clone(),
        name: named(profile),
        stack: None,
        toolchains: toolchains.map(|toolchain| toolchain.name.clone()).collect(),
        verdict: Verdict::Unknown,
        operators: Vec::new(),
        node_share: None,
        flop_share: None,
        hazards: Vec::new(),
        score: Score::unknown(),
        effort: None,
    }
}

fn named(profile: &Profile) -> String {
    format!("{} {}", profile.vendor, profile.name)
}

fn against(report: &ModelReport, profile: &Profile, table: &SupportTable) -> TargetCoverage {
    let operators = operators(report, table);
    let hazards = hazards::hazards(report, profile, table, &operators);
    let score = score::score(report, table, &operators, &hazards);
    let effort = effort::effort(table, &operators, &hazards);
    let nodes: usize = operators.iter().map(|operator| operator.nodes).sum();
    let supported = || operators.iter().filter(|operator| operator.fate.is_supported());
    TargetCoverage {
        accelerator: profile.id.clone(),
        name: named(profile),
        stack: Some(StackInfo {
            id: table.id.clone(),
            name: table.name.clone(),
            version: table.version.clone(),
            source: table.source.clone(),
            route: table.route.clone(),
        }),
        toolchains: Vec::new(),
        verdict: verdict(table, &operators, &hazards),
        node_share: (nodes > 0).then(|| supported().map(|o| o.nodes).sum::<usize>() as f64 / nodes as f64),
        flop_share: supported().map(|operator| operator.flop_share).sum(),
        operators,
        hazards,
        score,
        effort: Some(effort),
    }
}

fn verdict(table: &SupportTable, operators: &[OperatorCoverage], hazards: &[Hazard]) -> Verdict {
    let worst = operators.iter().map(|operator| match operator.fate {
        Fate::Supported | Fate::Limited { .. } => Verdict::Runs,
        Fate::FallsBack { .. } | Fate::Substitute { .. } => Verdict::RunsAfterChanges,
        Fate::Unknown { .. } => Verdict::Unknown,
        Fate::Unsupported { .. } => Verdict::DoesNotRun,
    });
    let changes = !table.reads_onnx || hazards.iter().any(|hazard| hazard.needs_change);
    let least = if changes { Verdict::RunsAfterChanges } else { Verdict::Runs };
    worst.fold(least, Verdict::max)
}

/// The model's operators with their nodes and operations, the most frequent first.
fn operators(report: &ModelReport, table: &SupportTable) -> Vec<OperatorCoverage> {
    let mut found: BTreeMap<&str, (usize, Option<f64>)> = BTreeMap::new();
    for node in &report.nodes {
        let (nodes, flops) = found.entry(&node.operator).or_insert((0, Some(0.0)));
        *nodes += 1;
        *flops = flops.zip(node.flops).map(|(sum, flops)| sum + flops);
    }
    for (operator, count) in &report.inner_operators {
        // How often an inner graph is executed is not known.
        let (nodes, flops) = found.entry(operator).or_insert((0, None));
        *nodes += count;
        *flops = None;
    }
    let mut operators: Vec<OperatorCoverage> = found
        .into_iter()
        .map(|(operator, (nodes, flops))| OperatorCoverage {
            operator: operator.to_owned(),
            nodes,
            flop_share: flops.filter(|_| report.flops > 0.0).map(|flops| flops / report.flops),
            fate: fate(report, table, operator),
        })
        .collect();
    operators.sort_by_key(|operator| std::cmp::Reverse(operator.nodes));
    operators
}

fn fate(report: &ModelReport, table: &SupportTable, operator: &str) -> Fate {
    let parsed = ModelOperator::of(operator);
    let nobody_knows = report.unknown_operators.iter().any(|unknown| unknown == operator);
    match table.entry(parsed) {
        Entry::Supported => return Fate::Supported,
        Entry::Limited(text) => return Fate::Limited { text: text.to_owned() },
        Entry::Unsupported | Entry::Unknown => {}
    }
    if let Some(substitute) = tables::substitute(parsed)
        && substitute.with.iter().all(|name| table.has(name))
    {
        return Fate::Substitute { with: substitute.with.clone(), text: substitute.text.clone() };
    }
    match (parsed.domain, table.entry(parsed)) {
        (None, _) if nobody_knows => Fate::Unsupported { text: "the ONNX standard has no such operator".to_owned() },
        (Some(domain), _) if nobody_knows && domain != MICROSOFT && !domain.starts_with("ai.onnx") => {
            Fate::Unsupported { text: format!("a custom operator of the domain {domain}: its kernel must be written") }
        }
        (Some(_), _) if !nobody_knows => {
            Fate::Unknown { text: "a function of the model's own, whose body is not looked into".to_owned() }
        }
        (None, _) if table.falls_back_to.is_some() => {
            Fate::FallsBack { to: table.falls_back_to.clone().unwrap_or_default() }
        }
        (_, Entry::Unsupported) => Fate::Unsupported { text: format!("{} has no kernel for it", table.name) },
        _ => Fate::Unknown { text: format!("the table of {} {} does not name it", table.name, table.version) },
    }
}

/// The domain of ONNX Runtime's own operators, which other stacks read in part.
const MICROSOFT: &str = "com.microsoft";

#[cfg(test)]
mod tests;
