//! Capacity planning: how many units each month needs, what must be ordered when, and which commitments to make.

mod fleet;
mod mix;
mod need;
mod slices;

pub use fleet::{Delivery, FleetInput, FleetQuarter, OwnedCost, OwnedRates, fleet_by_quarter, owned_cost};
pub use mix::{CommitmentMix, Contract, Load, MarginalRule, MonthMix, RentRates, commitment_mix};
pub use need::{LatencyObjective, Need, Redundancy, Sizing, need};
