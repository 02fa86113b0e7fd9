//! What comes out of an evaluation.

use assay_base::{Evidence, Money};
use serde::{Deserialize, Serialize};

use super::{Component, Estimate, Flag, FullUseCosts};
use crate::time_value::Irr;

/// The cost of so many items, with the interval that the throughput's interval makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitCost {
    /// The best single figure.
    pub value: Money,
    /// The lower end, at the upper end of the throughput.
    pub low: Money,
    /// The upper end, at the lower end of the throughput.
    pub high: Money,
    /// How many items it is the cost of.
    pub per_items: f64,
}

/// The fleet an option needs, in whole units, spares included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// Units in the first month.
    pub at_start: u64,
    /// Most units in any month.
    pub at_peak: u64,
    /// The same at the upper end of the throughput.
    pub at_peak_low: u64,
    /// The same at the lower end of the throughput.
    pub at_peak_high: u64,
    /// Units month by month.
    pub per_month: Vec<u64>,
}

/// One component's part of a total.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentCost {
    /// What it is for.
    pub component: Component,
    /// Its sum over the horizon, undiscounted.
    pub amount: Money,
}

/// One component month by month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentFlow {
    /// What it is for.
    pub component: Component,
    /// Amounts at the end of each month; the first is t = 0.
    pub monthly: Vec<f64>,
}

impl ComponentFlow {
    /// Amounts by quarter; those at t = 0 belong to the first.
    pub fn quarterly(&self) -> Vec<f64> {
        quarterly(&self.monthly)
    }
}

/// The total cost of ownership over the horizon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tco {
    /// Sum of all payments, undiscounted.
    pub total: Money,
    /// The same at the upper end of the throughput and the lower end of the one-off costs.
    pub total_low: Money,
    /// The same at the lower end of the throughput and the upper end of the one-off costs.
    pub total_high: Money,
    /// Payments discounted to t = 0. Options are ranked by it.
    pub present_value: Money,
    /// The total by component, in the order of [`Component`]; components without cost are absent.
    pub components: Vec<ComponentCost>,
    /// Payments at the end of each month; the first is t = 0, so there is one more than months.
    pub monthly: Vec<f64>,
    /// Those payments by component; components without any are absent.
    pub by_payment: Vec<ComponentFlow>,
    /// The same as expenses: hardware and upfront payments as depreciation, capital charge and loss at the sale. Sums
    /// differ from those of the payments by the capital charge; discounted, both are worth the same.
    pub by_expense: Vec<ComponentFlow>,
}

impl Tco {
    /// Payments by quarter; those at t = 0 belong to the first.
    pub fn quarterly(&self) -> Vec<f64> {
        quarterly(&self.monthly)
    }

    /// Payments up to each month, t = 0 first.
    pub fn cumulative(&self) -> Vec<f64> {
        cumulative(&self.monthly)
    }

    /// What a component adds to the total; `None` where it has no cost.
    pub fn component(&self, component: Component) -> Option<f64> {
        self.components.iter().find(|part| part.component == component).map(|part| part.amount.amount)
    }
}

fn quarterly(monthly: &[f64]) -> Vec<f64> {
    let (start, months) = monthly.split_first().map_or((0.0, &[][..]), |(start, months)| (*start, months));
    let mut quarters: Vec<f64> = months.chunks(3).map(|quarter| quarter.iter().sum()).collect();
    if let Some(first) = quarters.first_mut() {
        *first += start;
    }
    quarters
}

/// Running sums.
pub(crate) fn cumulative(flows: &[f64]) -> Vec<f64> {
    flows
        .iter()
        .scan(0.0, |sum, flow| {
            *sum += flow;
            Some(*sum)
        })
        .collect()
}

/// What choosing an option instead of the baseline brings. The first flow stands at t = 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Benefit {
    /// What the baseline pays and this option does not, month by month from t = 0; negative where this one pays more.
    pub flows: Vec<f64>,
    /// Those flows discounted to t = 0.
    pub npv: Money,
    /// The annual rate at which the NPV is 0.
    pub irr: Irr,
    /// Modified internal rate of return a year, financed and reinvested at the discount rate.
    pub mirr: Option<f64>,
    /// Months until the flows' sum stays at 0 or above; `None` where it never does.
    pub payback_months: Option<f64>,
    /// The same for the discounted flows.
    pub discounted_payback_months: Option<f64>,
    /// What has to be laid out: the most by which the option has ever cost more than the baseline (the deepest point of
    /// the flows' sum). `None` where it never has.
    pub investment: Option<Money>,
    /// Return on that investment: the flows' sum over it.
    pub roi: Option<f64>,
    /// `1 + NPV / investment`.
    pub profitability_index: Option<f64>,
}

impl Benefit {
    /// The flows' sum up to each month, t = 0 first.
    pub fn cumulative(&self) -> Vec<f64> {
        cumulative(&self.flows)
    }
}

/// What the cost models make of one option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The option's stable name.
    pub id: String,
    /// The option's name to show.
    pub name: String,
    /// Whether it is the baseline.
    pub is_baseline: bool,
    /// The weakest class among all that went into its total cost; among throughput, price and power where there is none.
    pub evidence: Evidence,
    /// Items a second of one unit at full load.
    pub throughput: Option<Estimate>,
    /// The fleet; `None` for a service, and where the throughput is not known.
    pub fleet: Option<Fleet>,
    /// What an hour of one unit costs, upfront payments, capital and energy included.
    pub unit_hour: Option<Money>,
    /// What a reader calls the cost of a million items: the total cost over the horizon, all of it, divided by the items
    /// served.
    pub cost_per_million: Option<UnitCost>,
    /// What a million items would cost at full use: with a unit kept at the target utilisation all the time, before
    /// peaks, whole units and all costs but compute, capital and energy. Always less than is paid.
    pub full_use_cost: Option<UnitCost>,
    /// The same by item, token and training step, with what the figures are made with.
    pub full_use_costs: Option<FullUseCosts>,
    /// The total cost.
    pub tco: Option<Tco>,
    /// The benefit against the baseline; `None` for the baseline itself and where either is not known.
    pub benefit: Option<Benefit>,
    /// Energy at the meter over the horizon; `None` where the power is not known.
    pub energy_kwh: Option<f64>,
    /// Location-based emissions over the horizon; `None` where power or grid intensity is not known.
    pub carbon_kg: Option<f64>,
    /// 1 for the lowest present value of costs.
    pub rank: Option<u32>,
    /// Why it has no rank.
    pub not_ranked: Option<String>,
    /// Inputs that are possible but not plausible.
    pub flags: Vec<Flag>,
    /// What was assumed or should be known by who reads the figures.
    pub notes: Vec<String>,
}

impl Evaluation {
    /// NPV against the baseline.
    pub fn npv(&self) -> Option<Money> {
        self.benefit.as_ref().map(|benefit| benefit.npv)
    }

    /// Months until the option has paid for itself against the baseline.
    pub fn payback_months(&self) -> Option<f64> {
        self.benefit.as_ref().and_then(|benefit| benefit.payback_months)
    }
}
