//! The forecasts of the demand that a capacity plan is made for.

use assay_base::Evidence;
use assay_cost_models::demand::Demand;
use assay_study::Capacity;
use assay_study::capacity::DemandScenario;

use crate::assess::Assessment;
use crate::editing::capacity::growth_in_models;
use crate::workbench::WorkbenchError;
use assay_reports::content::capacity::{DemandForecast, DemandQuarter, QuarterSpan};
use assay_reports::content::growth_in_words;

const SECS_PER_HOUR: f64 = 3600.0;
/// The id of the study's own demand.
const STUDY: &str = "study";

/// Every forecast of the study; its own demand where the section names none.
pub(super) fn forecasts(
    capacity: &Capacity,
    assessment: &Assessment,
    quarters: &[QuarterSpan],
) -> Result<Vec<DemandForecast>, WorkbenchError> {
    let own = &assessment.assumptions.demand;
    if capacity.demand.is_empty() {
        let (name, source) = ("The study's demand".to_owned(), "the study's section `demand`".to_owned());
        return Ok(vec![forecast((STUDY.to_owned(), name, source), own, None, assessment, quarters)?]);
    }
    capacity
        .demand
        .iter()
        .map(|scenario| {
            let demand = of_scenario(scenario, own, quarters);
            let name = scenario.name.clone().unwrap_or_else(|| scenario.id.clone());
            let source = scenario.source.clone().unwrap_or_else(|| "stated in the study".to_owned());
            forecast((scenario.id.clone(), name, source), &demand, scenario.weight, assessment, quarters)
        })
        .collect()
}

fn of_scenario(scenario: &DemandScenario, own: &Demand, quarters: &[QuarterSpan]) -> Demand {
    let mut demand = own.clone();
    match (&scenario.growth, scenario.items_per_month) {
        (None, Some(items)) => demand.scale(items / own.items_per_month),
        (Some(growth), items) => {
            demand.items_per_month = items.unwrap_or(own.items_per_month);
            demand.growth = growth_in_models(growth);
        }
        (None, None) => {}
    }
    if !scenario.season.is_empty() {
        demand.season = from_first_month(&scenario.season, quarters);
    }
    if let Some(peak) = scenario.peak_to_average {
        demand.peak_to_average = peak;
    }
    demand
}

/// Factors of the calendar year, by month or by quarter, turned so that they begin with the first month planned.
fn from_first_month(season: &[f64], quarters: &[QuarterSpan]) -> Vec<f64> {
    let months: Vec<f64> = match season.len() {
        4 => season.iter().flat_map(|factor| [*factor; 3]).collect(),
        _ => season.to_vec(),
    };
    let first = quarters.first().map_or(0, |q| (q.quarter.first_month() - 1) as usize);
    months.iter().copied().cycle().skip(first).take(months.len()).collect()
}

fn forecast(
    (id, name, source): (String, String, String),
    demand: &Demand,
    weight: Option<f64>,
    assessment: &Assessment,
    quarters: &[QuarterSpan],
) -> Result<DemandForecast, WorkbenchError> {
    let monthly_items = demand.items(assessment.assumptions.horizon_months as usize).map_err(|error| {
        crate::assess::translate::in_words_of_the_study(error.within(&format!("capacity.demand.{id}")))
    })?;
    let secs = assessment.assumptions.hours_per_month * SECS_PER_HOUR;
    let by_quarter = monthly_items
        .chunks(3)
        .zip(quarters)
        .map(|(months, _)| {
            let busiest = months.iter().copied().fold(0.0, f64::max);
            DemandQuarter {
                items: months.iter().sum(),
                busiest_month_items: busiest,
                peak_per_sec: busiest / secs * demand.peak_to_average,
            }
        })
        .collect();
    Ok(DemandForecast {
        id,
        name,
        model: growth_in_words(&assessment.assumptions, demand, assessment.item()),
        source,
        evidence: Evidence::Assumed,
        peak_to_average: demand.peak_to_average,
        weight,
        monthly_items,
        quarters: by_quarter,
    })
}

#[cfg(test)]
mod tests {
    use assay_study::Quarter;

    use super::*;

    #[test]
    fn the_season_begins_with_the_first_month_planned() {
        let quarter: Quarter = "2027-Q4".parse().unwrap();
        let quarters = [QuarterSpan { quarter, begins: quarter.first_day(), months: 3 }];
        let months: Vec<f64> = (1..=12).map(f64::from).collect();
        assert_eq!(from_first_month(&months, &quarters)[..4], [10.0, 11.0, 12.0, 1.0]);
        assert_eq!(from_first_month(&[1.0, 2.0, 3.0, 4.0], &quarters)[..4], [4.0, 4.0, 4.0, 1.0]);
    }
}
