//! Capacity planning: how many units each quarter needs, what must be ordered when, and which commitments to make.

mod mix;
mod plan;

pub use mix::{CommitmentMix, Contract, MonthMix, RentRates, commitment_mix};
pub use plan::{CapacityInput, CapacityPlan, Delivery, LatencyObjective, QuarterPlan, Redundancy, plan};
