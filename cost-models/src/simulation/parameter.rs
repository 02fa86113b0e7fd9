//! Where the inputs of a simulation stand among the numbers it computes with.

use crate::evaluation::{Driver, OptionInput};

/// Samples in a batch: two of the widest vectors, so that sums over the months stay in registers.
pub(super) const LANES: usize = 16;
/// Samples that are drawn at once: enough for the vector units to work on several at a time.
pub(super) const DRAWN: usize = 4 * LANES;
/// One value for each sample of a batch.
pub(super) type Lane = [f64; LANES];

/// Parameters that all options share, by their place.
pub(super) mod shared {
    pub const DEMAND_FACTOR: usize = 0;
    pub const DEMAND_GROWTH: usize = 1;
    pub const PEAK_TO_AVERAGE: usize = 2;
    pub const UTILISATION: usize = 3;
    pub const AVAILABILITY: usize = 4;
    pub const GOODPUT: usize = 5;
    pub const RETRIES: usize = 6;
    pub const DISCOUNT_RATE: usize = 7;
    pub const ELECTRICITY_PRICE: usize = 8;
    pub const ELECTRICITY_PRICE_CHANGE: usize = 9;
    pub const PUE: usize = 10;
    pub const VOLUME: usize = 11;
    pub const COUNT: usize = 12;
}

/// Parameters of each option, by their place after those of the options before it.
pub(super) mod own {
    pub const THROUGHPUT: usize = 0;
    pub const PRICE_FACTOR: usize = 1;
    pub const PRICE_CHANGE: usize = 2;
    pub const POWER: usize = 3;
    pub const ONE_OFF_FACTOR: usize = 4;
    pub const RECURRING_FACTOR: usize = 5;
    pub const RESIDUAL_FRACTION: usize = 6;
    pub const SPOT_OVERHEAD: usize = 7;
    pub const COUNT: usize = 8;
}

/// The place of a driver among the parameters; `None` for one that is not sampled, or an option that takes no part.
pub(super) fn parameter(driver: &Driver, options: &[OptionInput]) -> Option<usize> {
    let of = |id: &str, place: usize| {
        let option = options.iter().position(|option| option.id == id)?;
        Some(shared::COUNT + option * own::COUNT + place)
    };
    match driver {
        Driver::Horizon => None,
        Driver::DemandFactor => Some(shared::DEMAND_FACTOR),
        Driver::Volume => Some(shared::VOLUME),
        Driver::DemandGrowth => Some(shared::DEMAND_GROWTH),
        Driver::PeakToAverage => Some(shared::PEAK_TO_AVERAGE),
        Driver::Utilisation => Some(shared::UTILISATION),
        Driver::Availability => Some(shared::AVAILABILITY),
        Driver::Goodput => Some(shared::GOODPUT),
        Driver::Retries => Some(shared::RETRIES),
        Driver::DiscountRate => Some(shared::DISCOUNT_RATE),
        Driver::ElectricityPrice => Some(shared::ELECTRICITY_PRICE),
        Driver::ElectricityPriceChange => Some(shared::ELECTRICITY_PRICE_CHANGE),
        Driver::Pue => Some(shared::PUE),
        Driver::Throughput(id) => of(id, own::THROUGHPUT),
        Driver::PriceFactor(id) => of(id, own::PRICE_FACTOR),
        Driver::PriceChange(id) => of(id, own::PRICE_CHANGE),
        Driver::Power(id) => of(id, own::POWER),
        Driver::OneOffFactor(id) => of(id, own::ONE_OFF_FACTOR),
        Driver::RecurringFactor(id) => of(id, own::RECURRING_FACTOR),
        Driver::ResidualFraction(id) => of(id, own::RESIDUAL_FRACTION),
        Driver::SpotOverhead(id) => of(id, own::SPOT_OVERHEAD),
    }
}
