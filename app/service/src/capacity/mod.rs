//! The capacity plan of a study: for each option and each forecast of the demand the fleet quarter by quarter, what to
//! order and sign when, what it costs, and where it misses what was asked.

mod commitments;
mod demand;
mod fleet;
mod option;
mod rows;
mod sizing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assay_hardware_profiles::Catalog;

use crate::assess::{Assessment, ResolvedOption};
use crate::calendar;
use crate::workbench::{Workbench, WorkbenchError};
pub use assay_reports::content::capacity::{
    CapacityPlan, ContractTerms, CostLine, CostLineKind, DemandForecast, DemandQuarter, Fact, Mix, MixQuarter,
    OptionPlan, Order, Ownership, PlannedQuarter, QuarterSpan, ScenarioPlan, Shortfall, ShortfallKind, Signing,
};
pub use rows::QuarterRow;

/// What of a study is planned; everything where a list is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Ids of options.
    pub options: Vec<String>,
    /// Ids of demand scenarios.
    pub demand: Vec<String>,
}

/// What the capacity of a study is planned from under the scenario that is looked at; a plan takes its time, so this can
/// go to another thread.
#[derive(Clone, Debug)]
pub struct Basis {
    assessment: Arc<Assessment>,
    catalog: Arc<Catalog>,
    scenario: Option<String>,
    /// Mean latency of the measurements that options rest on.
    mean_latency_secs: BTreeMap<String, f64>,
}

impl Basis {
    /// Takes what is needed of a study that is open.
    pub fn of(workbench: &Workbench) -> Self {
        let assessment = workbench.shared_assessment();
        let measured = workbench.shared_measured();
        let mean = |option: &ResolvedOption| {
            let m = measured.measurement(option.throughput.as_ref().ok()?.measurement_id.as_ref()?)?;
            Some((m.id.clone(), m.timing.as_ref()?.statistics.mean_secs))
        };
        Self {
            mean_latency_secs: assessment.options.iter().filter_map(mean).collect(),
            assessment,
            catalog: workbench.shared_catalog(),
            scenario: workbench.scenario().map(str::to_owned),
        }
    }
}

/// Plans the capacity of a study.
///
/// # Errors
/// When the cost models refuse the demand, or an option or demand scenario that was asked for does not exist. What is
/// not known of an option is no error: the plan says so.
pub fn plan(basis: &Basis, selection: &Selection) -> Result<CapacityPlan, WorkbenchError> {
    let assessment = &basis.assessment;
    let study = &assessment.study;
    let capacity = study.capacity.clone().unwrap_or_default();
    let quarters = quarters(assessment);
    let mut forecasts = demand::forecasts(&capacity, assessment, &quarters)?;
    known("option", &selection.options, study.options.iter().map(|o| o.id.as_str()))?;
    known("demand scenario", &selection.demand, forecasts.iter().map(|f| f.id.as_str()))?;
    let wanted = |list: &[String], id: &str| list.is_empty() || list.iter().any(|w| w == id);
    forecasts.retain(|forecast| wanted(&selection.demand, &forecast.id));

    let context = option::Context {
        assessment,
        catalog: &basis.catalog,
        mean_latency_secs: &basis.mean_latency_secs,
        capacity: &capacity,
        quarters: &quarters,
        forecasts: &forecasts,
    };
    let options: Vec<OptionPlan> = study
        .options
        .iter()
        .zip(&assessment.options)
        .filter(|(option, _)| wanted(&selection.options, &option.id))
        .map(|(option, resolved)| option::plan(&context, option, resolved))
        .collect();
    let planned = || options.iter().filter(|o| o.unknown.is_none());
    let met = planned().next().is_some() && planned().all(|o| o.scenarios.iter().all(|s| s.shortfalls.is_empty()));
    Ok(CapacityPlan {
        study: study.title.clone(),
        sample: study.sample,
        scenario: basis.scenario.clone(),
        currency: study.currency,
        item: assessment.item().to_owned(),
        as_of: assessment.pricing_date,
        quarters,
        demand: forecasts,
        options,
        met,
    })
}

fn known<'a>(what: &str, asked: &[String], known: impl Iterator<Item = &'a str>) -> Result<(), WorkbenchError> {
    let known: BTreeSet<&str> = known.collect();
    let Some(unknown) = asked.iter().find(|id| !known.contains(id.as_str())) else { return Ok(()) };
    let hint = assay_base::yaml::suggestion(unknown, known.iter().copied());
    Err(WorkbenchError::Other(format!("the study has no {what} `{unknown}`{hint}")))
}

/// The quarters of the horizon; the last may be shorter.
fn quarters(assessment: &Assessment) -> Vec<QuarterSpan> {
    let first = calendar::first_quarter(&assessment.study, assessment.pricing_date);
    let months = assessment.assumptions.horizon_months;
    (0..months.div_ceil(3))
        .map(|index| {
            let quarter = first.plus(index as i32);
            QuarterSpan { quarter, begins: quarter.first_day(), months: (months - index * 3).min(3) }
        })
        .collect()
}
