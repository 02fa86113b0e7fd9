//! The capacity plan of a study: for each option and each forecast of the demand the fleet quarter by quarter, what to
//! order and sign when, what it costs, and where it misses what was asked.

mod commitments;
mod demand;
mod fleet;
mod option;
mod sizing;

use std::collections::BTreeSet;

use crate::calendar;
use crate::workbench::{Workbench, WorkbenchError};
pub use assay_reports::content::capacity::{
    CapacityPlan, ContractTerms, CostLine, CostLineKind, DemandForecast, DemandQuarter, Fact, Mix, MixQuarter,
    OptionPlan, Order, Ownership, PlannedQuarter, QuarterSpan, ScenarioPlan, Shortfall, ShortfallKind, Signing,
};

/// What of a study is planned; everything where a list is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Ids of options.
    pub options: Vec<String>,
    /// Ids of demand scenarios.
    pub demand: Vec<String>,
}

/// Plans the capacity of a study under the scenario that is looked at.
///
/// # Errors
/// When the cost models refuse the demand, or an option or demand scenario that was asked for does not exist. What is
/// not known of an option is no error: the plan says so.
pub fn plan(workbench: &Workbench, selection: &Selection) -> Result<CapacityPlan, WorkbenchError> {
    let assessment = workbench.assessment();
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
        catalog: workbench.catalog(),
        measurements: workbench.measurements(),
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
        scenario: workbench.scenario().map(str::to_owned),
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
    let hint = assay_base::yaml::nearest(unknown, known.iter().copied())
        .map(|id| format!("; did you mean `{id}`?"))
        .unwrap_or_else(|| format!("; there are {}", known.into_iter().collect::<Vec<_>>().join(", ")));
    Err(WorkbenchError::Other(format!("the study has no {what} `{unknown}`{hint}")))
}

/// The quarters of the horizon; the last may be shorter.
fn quarters(assessment: &crate::assess::Assessment) -> Vec<QuarterSpan> {
    let first = calendar::first_quarter(&assessment.study, assessment.pricing_date);
    let months = assessment.assumptions.horizon_months;
    (0..months.div_ceil(3))
        .map(|index| {
            let quarter = first.plus(index as i32);
            QuarterSpan { quarter, begins: quarter.first_day(), months: (months - index * 3).min(3) }
        })
        .collect()
}
