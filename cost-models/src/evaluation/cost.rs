//! What costs are for, when they fall due and what they grow with.

use assay_base::{Currency, Evidence, Money};
use serde::{Deserialize, Serialize};

use super::{Change, Estimate};

/// What a cost is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// Rent of accelerators by the hour or month.
    Compute,
    /// Upfront payments of commitments.
    Commitment,
    /// What contracts that outlast the horizon still ask for after it; at the horizon.
    CommitmentAfterHorizon,
    /// Hardware bought.
    Hardware,
    /// What hardware is still worth (negative). By expense: the loss when it is sold, or when an upfront payment outlasts
    /// the horizon.
    ResidualValue,
    /// Value lost by hardware and upfront payments; instead of them in a view by expense.
    Depreciation,
    /// Interest on what is not yet written off, at the discount rate; in a view by expense.
    Capital,
    /// Items or tokens of a service.
    Service,
    /// Electricity, PUE included.
    Energy,
    /// Maintenance and operation of owned hardware.
    Maintenance,
    /// Cooling and rack space.
    Cooling,
    /// Building and site.
    Facility,
    /// Network and egress.
    Network,
    /// Storage.
    Storage,
    /// Software licences.
    Software,
    /// Support contracts.
    Support,
    /// Staff.
    Staff,
    /// One-off work of moving.
    Migration,
    /// The old system running beside the new one.
    ParallelRunning,
    /// Training of people.
    Training,
    /// Leaving at the end.
    Exit,
    /// Tax paid, or saved (negative).
    Tax,
    /// Anything else.
    Other,
}

impl Component {
    /// All components, in their order.
    pub const ALL: [Self; 23] = [
        Self::Compute,
        Self::Commitment,
        Self::CommitmentAfterHorizon,
        Self::Hardware,
        Self::ResidualValue,
        Self::Depreciation,
        Self::Capital,
        Self::Service,
        Self::Energy,
        Self::Maintenance,
        Self::Cooling,
        Self::Facility,
        Self::Network,
        Self::Storage,
        Self::Software,
        Self::Support,
        Self::Staff,
        Self::Migration,
        Self::ParallelRunning,
        Self::Training,
        Self::Exit,
        Self::Tax,
        Self::Other,
    ];

    /// The words for tables and charts.
    pub fn label(self) -> &'static str {
        match self {
            Self::Compute => "compute rent",
            Self::Commitment => "upfront commitment",
            Self::CommitmentAfterHorizon => "commitment after the horizon",
            Self::Hardware => "hardware",
            Self::ResidualValue => "residual value",
            Self::Depreciation => "depreciation",
            Self::Capital => "capital charge",
            Self::Service => "service",
            Self::Energy => "energy",
            Self::Maintenance => "maintenance",
            Self::Cooling => "cooling and rack",
            Self::Facility => "facility",
            Self::Network => "network and egress",
            Self::Storage => "storage",
            Self::Software => "software",
            Self::Support => "support",
            Self::Staff => "staff",
            Self::Migration => "migration",
            Self::ParallelRunning => "parallel running",
            Self::Training => "training",
            Self::Exit => "exit",
            Self::Tax => "tax",
            Self::Other => "other",
        }
    }
}

/// When a one-off cost falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// At t = 0.
    Start,
    /// At the end of this month, counted from 1.
    Month(u32),
    /// At the end of the horizon.
    End,
}

/// A cost that falls due once, such as a migration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneOffCost {
    /// What it is for.
    pub component: Component,
    /// How much, at best and at worst; in the assumptions' currency.
    pub amount: Estimate,
    /// Its currency.
    pub currency: Currency,
    /// When.
    pub timing: Timing,
    /// Paid whichever option is chosen (a share of what is there anyway): left out under the marginal lens.
    pub allocated: bool,
}

impl OneOffCost {
    /// A cost of this option alone.
    pub fn new(component: Component, amount: Estimate, currency: Currency, timing: Timing) -> Self {
        Self { component, amount, currency, timing, allocated: false }
    }
}

/// What a recurring cost grows with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PerWhat {
    /// The option as a whole.
    Option,
    /// Each unit of the fleet.
    Unit,
    /// Each accelerator of the fleet.
    Accelerator,
    /// Each million items served.
    MillionItems,
}

/// A cost of every month, such as staff, storage or egress.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecurringCost {
    /// What it is for.
    pub component: Component,
    /// Amount a month.
    pub per_month: Money,
    /// Of what.
    pub per: PerWhat,
    /// The first month, counted from 1.
    pub from_month: u32,
    /// The last month; the horizon where absent.
    pub to_month: Option<u32>,
    /// Where the amount comes from.
    pub evidence: Evidence,
    /// How the amount changes over time, from t = 0 on; `None` where it stays.
    pub change: Option<Change>,
    /// Paid whichever option is chosen (a share of what is there anyway): left out under the marginal lens.
    pub allocated: bool,
}

impl RecurringCost {
    /// A cost of this option alone, of every month and always the same.
    pub fn new(component: Component, per_month: Money, per: PerWhat, evidence: Evidence) -> Self {
        Self { component, per_month, per, from_month: 1, to_month: None, evidence, change: None, allocated: false }
    }
}
