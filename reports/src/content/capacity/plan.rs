//! What a capacity plan says. Amounts are in the plan's currency; what is not known is absent and explained in words.

use assay_base::{Currency, Evidence};
use assay_cost_models::capacity::{MarginalRule, MonthMix};
use assay_study::Quarter;
use jiff::civil::Date;
use serde::Serialize;

/// The capacity plan of a study.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CapacityPlan {
    /// The study's title.
    pub study: String,
    /// Whether its demand is made up.
    pub sample: bool,
    /// The study's scenario it was planned under; `None` for the plan itself.
    pub scenario: Option<String>,
    /// The currency of every amount.
    pub currency: Currency,
    /// The plural of what demand counts, such as `sequences`.
    pub item: String,
    /// The day on which it is planned: orders can be made from then on, and prices are of that day.
    pub as_of: Date,
    /// The quarters planned.
    pub quarters: Vec<QuarterSpan>,
    /// The forecasts planned for, in the study's order.
    pub demand: Vec<DemandForecast>,
    /// Each option, in the study's order.
    pub options: Vec<OptionPlan>,
    /// Whether at least one option could be planned and no planned option falls short anywhere.
    pub met: bool,
}

impl CapacityPlan {
    /// The plan of an option.
    pub fn option(&self, id: &str) -> Option<&OptionPlan> {
        self.options.iter().find(|option| option.id == id)
    }
}

/// A quarter of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct QuarterSpan {
    /// Its name, such as `2027-Q1`.
    pub quarter: Quarter,
    /// Its first day.
    pub begins: Date,
    /// Its months within the horizon, 1 to 3.
    pub months: u32,
}

/// One forecast of the demand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DemandForecast {
    /// Its id in the study; `study` for the study's own demand.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How it grows, in words.
    pub model: String,
    /// Where it comes from.
    pub source: String,
    /// Demand is always assumed.
    pub evidence: Evidence,
    /// Busiest hour over average hour.
    pub peak_to_average: f64,
    /// How likely it is in relation to the others.
    pub weight: Option<f64>,
    /// Items of each month.
    pub monthly_items: Vec<f64>,
    /// Quarter by quarter.
    pub quarters: Vec<DemandQuarter>,
}

/// The demand of a quarter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DemandQuarter {
    /// Items of the whole quarter.
    pub items: f64,
    /// Items of its busiest month.
    pub busiest_month_items: f64,
    /// Items a second at the peak of that month.
    pub peak_per_sec: f64,
}

/// A figure that the plan was made from, with its provenance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fact {
    /// A stable name, such as `throughput_per_unit`.
    pub key: String,
    /// The name in tables.
    pub label: String,
    /// The figure in SI or the plan's currency; `None` where it is not known.
    pub value: Option<f64>,
    /// The figure as it is shown, with its unit.
    pub text: String,
    /// The class of evidence.
    pub evidence: Evidence,
    /// Where it comes from, or why it is not known.
    pub source: String,
}

/// Whose the units are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// Bought: ordered, delivered, replaced.
    Bought,
    /// Leased: ordered, delivered, renewed.
    Leased,
    /// Rented by the hour or committed for a term: a provider has them.
    Rented,
    /// A service that is paid by the item: no units.
    Service,
    /// Not known, for the price is not.
    Unknown,
}

/// The plan of one option.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OptionPlan {
    /// The option's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whose the units are.
    pub ownership: Ownership,
    /// Why it cannot be planned.
    pub unknown: Option<String>,
    /// The figures it was planned from.
    pub inputs: Vec<Fact>,
    /// The class of evidence behind its fleet: the weakest of throughput and objective.
    pub fleet_evidence: Evidence,
    /// The class of evidence behind its cost.
    pub cost_evidence: Evidence,
    /// Each forecast.
    pub scenarios: Vec<ScenarioPlan>,
    /// The commitments that fit all forecasts by their weights; `None` without weights, or where nothing is rented.
    pub hedged: Option<Mix>,
    /// What a reader must know.
    pub warnings: Vec<String>,
}

/// The plan of one option for one forecast.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioPlan {
    /// The forecast's id.
    pub demand: String,
    /// Quarter by quarter.
    pub quarters: Vec<PlannedQuarter>,
    /// What to order, the first first; for bought and leased options.
    pub orders: Vec<Order>,
    /// The cheapest mix of commitments; for rented options whose prices are known.
    pub mix: Option<Mix>,
    /// Cost over the horizon; `None` where a price is not known.
    pub cost: Option<f64>,
    /// Cash over the horizon.
    pub cash: Option<f64>,
    /// Where it misses what was asked.
    pub shortfalls: Vec<Shortfall>,
}

/// One quarter of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedQuarter {
    /// The quarter.
    pub quarter: Quarter,
    /// Items a second at its peak.
    pub peak_per_sec: f64,
    /// Units that carry the peak at the target utilisation.
    pub units_for_load: u64,
    /// Units that keep the latency objective; `None` without one.
    pub units_for_latency: Option<u64>,
    /// Units beyond those for failures.
    pub spares: u64,
    /// All units needed in its busiest month.
    pub needed: u64,
    /// The same at the upper end of the throughput.
    pub needed_low: u64,
    /// The same at the lower end of the throughput.
    pub needed_high: u64,
    /// Units in service before arrivals and retirements.
    pub at_start: u64,
    /// Units ordered before the plan that arrive.
    pub arriving: u64,
    /// Units that leave service; for rented options those given back.
    pub retiring: u64,
    /// Units to order, or to rent more, for this quarter.
    pub to_order: u64,
    /// Units in service.
    pub in_service: u64,
    /// Units missing.
    pub missing: u64,
    /// Load at the peak over the full-load throughput of the units in service; `None` with none.
    pub peak_utilisation: Option<f64>,
    /// The same on average in the busiest month.
    pub mean_utilisation: Option<f64>,
    /// Power of the units in service at the plug, before PUE; `None` where it is not known or none of the site's.
    pub power_watts: Option<f64>,
    /// Height units of rack; `None` where not known or none of the site's.
    pub rack_units: Option<f64>,
    /// What the quarter costs, by kind; upfront payments spread, hardware depreciated. Empty where not known.
    pub lines: Vec<CostLine>,
    /// Their sum; `None` where not known.
    pub cost: Option<f64>,
    /// What is paid in the quarter; `None` where not known.
    pub cash: Option<f64>,
}

/// What a part of the cost is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CostLineKind {
    /// A commitment, by its name.
    Committed(String),
    /// Rented by the hour.
    OnDemand,
    /// Rented by the hour, may be withdrawn.
    Spot,
    /// Prepaid windows.
    CapacityBlock,
    /// Value lost by hardware that was bought.
    Depreciation,
    /// Rates of leased hardware.
    Lease,
    /// Upkeep of owned hardware.
    Upkeep,
    /// Electricity.
    Energy,
    /// Items or tokens of a service.
    Service,
}

impl CostLineKind {
    /// The words for tables.
    pub fn label(&self) -> &str {
        match self {
            Self::Committed(name) => name,
            Self::OnDemand => "on demand",
            Self::Spot => "spot",
            Self::CapacityBlock => "capacity blocks",
            Self::Depreciation => "depreciation",
            Self::Lease => "lease",
            Self::Upkeep => "upkeep",
            Self::Energy => "energy",
            Self::Service => "service",
        }
    }
}

/// A part of a quarter's cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CostLine {
    /// What it is for.
    pub kind: CostLineKind,
    /// How much.
    pub amount: f64,
}

/// Units to order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Order {
    /// In service from the begin of this quarter.
    pub quarter: Quarter,
    /// How many.
    pub units: u64,
    /// How many of them replace units at the end of their life.
    pub replacing: u64,
    /// The last day to order; `None` where the lead time is not known.
    pub order_by: Option<Date>,
    /// Their price; `None` where not known.
    pub price: Option<f64>,
}

/// A contract that the mix uses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContractTerms {
    /// Its name, such as `reserved 3y`.
    pub name: String,
    /// Its length in months.
    pub term_months: u32,
    /// A unit for an hour, upfront payments spread over the term.
    pub rate_per_hour: f64,
    /// Where the rate comes from.
    pub source: String,
    /// Its class of evidence.
    pub evidence: Evidence,
}

/// A cheapest mix of ways to rent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mix {
    /// The contracts, in the order of the counts below.
    pub contracts: Vec<ContractTerms>,
    /// A unit for an hour without commitment; `None` where that is not to be had.
    pub rent_per_hour: Option<f64>,
    /// A useful hour on spot, overhead included.
    pub spot_per_hour: Option<f64>,
    /// The largest share of the units on spot.
    pub spot_max_share: f64,
    /// Month by month.
    pub months: Vec<MonthMix>,
    /// Quarter by quarter.
    pub quarters: Vec<MixQuarter>,
    /// What decides on each contract.
    pub rules: Vec<MarginalRule>,
    /// Contracts to sign, the first first.
    pub signings: Vec<Signing>,
    /// Cost over the horizon.
    pub total: f64,
    /// What renting all without commitment would cost.
    pub all_rented: Option<f64>,
    /// What remains to be paid after the horizon for contracts that outlast it.
    pub after_horizon: f64,
}

/// The mix of a quarter: means over its months.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MixQuarter {
    /// The quarter.
    pub quarter: Quarter,
    /// Units under each contract.
    pub committed: Vec<f64>,
    /// Units rented without commitment, as hours over the quarter's hours.
    pub rented: f64,
    /// Units on spot, likewise.
    pub spot: f64,
}

/// Contracts to sign at the begin of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signing {
    /// The first day of the term.
    pub on: Date,
    /// The contract's name.
    pub contract: String,
    /// How many units.
    pub units: u64,
}

/// A quarter in which a plan misses what was asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shortfall {
    /// The quarter.
    pub quarter: Quarter,
    /// What is missed.
    pub kind: ShortfallKind,
    /// In words, with the figures.
    pub text: String,
}

/// What a plan can miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShortfallKind {
    /// Units that cannot be there in time.
    Units,
    /// More power than the site has.
    Power,
    /// More rack space than the site has.
    Rack,
    /// A latency that the option cannot keep with any number of units.
    Latency,
}
