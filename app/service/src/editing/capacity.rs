//! Changes of the section `capacity`.

use assay_cost_models::demand::Growth;
use assay_study::capacity::{DemandScenario, GrowthModel};
use assay_study::{Quarter, Study};
use serde_json::{Value, json};

use super::free_id;
use super::pasted::PastedDemand;
use crate::capacity::CapacityPlan;
use crate::commands::Command;
use crate::workbench::Workbench;

/// Adds the section with one forecast, which is the study's own demand until it is changed.
pub fn begin() -> Command {
    Command::set("capacity", json!({ "demand": [{ "id": "base", "name": "Base" }] }))
}

/// The path of a value of a forecast.
pub fn of_forecast(id: &str, key: &str) -> String {
    format!("capacity.demand.{id}.{key}")
}

fn forecasts(study: &Study) -> &[DemandScenario] {
    study.capacity.as_ref().map_or(&[], |capacity| &capacity.demand)
}

/// Adds a forecast that is the study's own demand until it is changed.
pub fn add_forecast(study: &Study) -> Command {
    let known = forecasts(study);
    let name = match known.len() {
        0 => "Base".to_owned(),
        n => format!("Forecast {}", n + 1),
    };
    let id = free_id(&name, known.iter().map(|forecast| forecast.id.as_str()));
    let mut forecast = json!({ "id": id, "name": name });
    if known.iter().any(|forecast| forecast.weight.is_some()) {
        // All have a weight or none; how likely the new one is, nobody has said.
        forecast["weight"] = json!(0);
    }
    Command::set(format!("capacity.demand.{id}"), forecast)
}

/// Takes a forecast away.
pub fn remove_forecast(id: &str) -> Command {
    Command::set(format!("capacity.demand.{id}"), Value::Null)
}

/// Growth of another kind through the first and the last month of what the forecast has now, so that it does not jump.
pub fn growth_of_kind(workbench: &Workbench, id: &str, kind: GrowthKind) -> Option<Command> {
    let known = forecasts(workbench.study()).iter().find(|forecast| forecast.id == id)?;
    let months = months_without_season(workbench, known);
    let (first, last) = (months.first().copied()?, months.last().copied()?);
    let steps = months.len().saturating_sub(1).max(1) as f64;
    let model = match kind {
        GrowthKind::AsTheStudy => None,
        GrowthKind::Linear => Some(GrowthModel::Linear { added_per_month: rounded((last - first) / steps) }),
        GrowthKind::Compound => {
            let rate = if first > 0.0 && last > 0.0 { (last / first).powf(1.0 / steps) - 1.0 } else { 0.0 };
            Some(GrowthModel::Compound { per_month: rounded(rate.clamp(-0.5, 1.0)) })
        }
        GrowthKind::SCurve => Some(GrowthModel::Logistic {
            ceiling_per_month: rounded(first.max(last).max(1.0) * 1.2),
            steepness_per_month: 0.15,
            midpoint_month: (steps / 2.0).round(),
        }),
        GrowthKind::Table => Some(GrowthModel::Quarters { items_per_month: table_of(&months) }),
    };
    Some(Command::set(of_forecast(id, "growth"), serde_json::to_value(model).unwrap_or_default()))
}

/// The kinds of growth that a forecast can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrowthKind {
    /// Whatever the study's own demand does.
    AsTheStudy,
    /// The same number added each month.
    Linear,
    /// Multiplied each month.
    Compound,
    /// To a ceiling.
    SCurve,
    /// Quarter by quarter.
    Table,
}

impl GrowthKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::AsTheStudy, Self::Compound, Self::Linear, Self::SCurve, Self::Table];

    /// The words shown.
    pub fn label(self) -> &'static str {
        match self {
            Self::AsTheStudy => "As the study's demand",
            Self::Linear => "Linear",
            Self::Compound => "Compound",
            Self::SCurve => "S-curve",
            Self::Table => "Table by quarter",
        }
    }

    /// The kind of a model.
    pub fn of(model: Option<&GrowthModel>) -> Self {
        match model {
            None => Self::AsTheStudy,
            Some(GrowthModel::Linear { .. }) => Self::Linear,
            Some(GrowthModel::Compound { .. }) => Self::Compound,
            Some(GrowthModel::Logistic { .. }) => Self::SCurve,
            Some(GrowthModel::Quarters { .. }) => Self::Table,
        }
    }
}

/// Sets the average demand of a month in one quarter, season included. A forecast that follows a model becomes a table
/// of its own figures first.
pub fn set_quarter(
    workbench: &Workbench,
    plan: &CapacityPlan,
    id: &str,
    quarter: usize,
    items_per_month: f64,
) -> Option<Command> {
    let known = forecasts(workbench.study()).iter().find(|forecast| forecast.id == id)?;
    let mut table = table_of(&months_without_season(workbench, known));
    let planned = plan.demand.iter().find(|forecast| forecast.id == id)?;
    let shown = table_of(&planned.monthly_items);
    let factor = match (shown.get(quarter), table.get(quarter)) {
        (Some(shown), Some(plain)) if *plain > 0.0 && *shown > 0.0 => shown / plain,
        _ => 1.0,
    };
    *table.get_mut(quarter)? = rounded(items_per_month / factor);
    Some(Command::set(of_forecast(id, "growth"), json!({ "model": "quarters", "items_per_month": table })))
}

/// Average items a month of each quarter.
pub fn table_of(months: &[f64]) -> Vec<f64> {
    months.chunks(3).map(|months| rounded(months.iter().sum::<f64>() / months.len() as f64)).collect()
}

/// A forecast's months before its season is applied.
fn months_without_season(workbench: &Workbench, forecast: &DemandScenario) -> Vec<f64> {
    let assumptions = &workbench.assessment().assumptions;
    let mut plain = assumptions.demand.clone();
    plain.season.clear();
    match (&forecast.growth, forecast.items_per_month) {
        (None, Some(items)) => plain.scale(items / assumptions.demand.items_per_month),
        (Some(growth), items) => {
            plain.items_per_month = items.unwrap_or(plain.items_per_month);
            plain.growth = growth_in_models(growth);
        }
        (None, None) => {}
    }
    plain.items(assumptions.horizon_months as usize).unwrap_or_default()
}

/// The growth as the cost models take it.
pub(crate) fn growth_in_models(growth: &GrowthModel) -> Growth {
    match growth {
        GrowthModel::Linear { added_per_month } => Growth::Linear { added_per_month: *added_per_month },
        GrowthModel::Compound { per_month } => Growth::Compound { per_month: *per_month },
        GrowthModel::Logistic { ceiling_per_month, steepness_per_month, midpoint_month } => Growth::Logistic {
            capacity_per_month: *ceiling_per_month,
            steepness: *steepness_per_month,
            midpoint_month: *midpoint_month,
        },
        GrowthModel::Quarters { items_per_month } => Growth::Quarters { items_per_month: items_per_month.clone() },
    }
}

/// Six digits are more than a forecast knows.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// Takes a pasted table up: columns go to the forecasts of their name, else to those in their place, else to new ones.
///
/// # Errors
/// When the table names a first quarter that differs from the plan's and other forecasts would shift with it.
pub fn take_up(study: &Study, pasted: &PastedDemand) -> Result<Command, String> {
    let known = forecasts(study);
    let weighted = known.iter().any(|forecast| forecast.weight.is_some());
    let mut taken: Vec<String> = known.iter().map(|forecast| forecast.id.clone()).collect();
    let mut values: Vec<(String, Value)> = Vec::new();
    for (index, column) in pasted.forecasts.iter().enumerate() {
        let growth = json!({ "model": "quarters", "items_per_month": column.items_per_month });
        let named = column.name.as_ref().and_then(|name| {
            let same = |text: &str| text.eq_ignore_ascii_case(name);
            known.iter().find(|forecast| same(&forecast.id) || forecast.name.as_deref().is_some_and(same))
        });
        let in_place = || known.get(index).filter(|_| column.name.is_none());
        match named.or_else(in_place) {
            Some(forecast) => values.push((of_forecast(&forecast.id, "growth"), growth)),
            None => {
                let name = column.name.clone().unwrap_or_else(|| format!("Forecast {}", index + 1));
                let id = free_id(&name, taken.iter().map(String::as_str));
                let mut forecast = json!({ "id": id, "name": name, "growth": growth, "source": "Pasted from a table" });
                if weighted {
                    forecast["weight"] = json!(0);
                }
                values.push((format!("capacity.demand.{id}"), forecast));
                taken.push(id);
            }
        }
    }
    if let Some(begins) = pasted.begins {
        values.push(("capacity.begins".to_owned(), json!(begins)));
    }
    let begun = study.capacity.as_ref().and_then(|capacity| capacity.begins);
    let tables = known.iter().filter(|forecast| matches!(forecast.growth, Some(GrowthModel::Quarters { .. })));
    let left = tables.filter(|forecast| !values.iter().any(|(path, _)| *path == of_forecast(&forecast.id, "growth")));
    let shifted: Vec<&str> = left.map(|forecast| forecast.id.as_str()).collect();
    match (pasted.begins, begun) {
        (Some(new), Some(old)) if new != old && !shifted.is_empty() => Err(format!(
            "the table begins in {new}, the plan in {old}: the table of {} would shift; paste it, too",
            shifted.join(", ")
        )),
        _ => Ok(Command::SetAll { values, gesture: None }),
    }
}

/// The quarter in which the plan begins, stated.
pub fn begin_in(quarter: Quarter) -> Command {
    Command::set("capacity.begins", json!(quarter))
}

/// Sets a value of an option's fleet; the fleet is added where the section has none of the option.
pub fn of_fleet(study: &Study, option: &str, key: &str, value: Value, gesture: Option<u64>) -> Command {
    let fleets = study.capacity.as_ref().map_or(&[][..], |capacity| &capacity.fleets);
    let path = format!("capacity.fleets.{option}");
    if fleets.iter().any(|fleet| fleet.id == option) {
        Command::Set { path: format!("{path}.{key}"), value, gesture }
    } else {
        let mut fleet = json!({ "id": option });
        fleet[key] = value;
        Command::Set { path, value: fleet, gesture }
    }
}
