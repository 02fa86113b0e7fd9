//! The present value of the options' costs for a batch of samples at once.
//!
//! The same model as the evaluation's ledger (a test holds them together), without its books: the loops run over
//! months outside and samples inside, so that they vectorise.

use crate::CostError;
use crate::demand::Growth;
use crate::evaluation::{
    Asset, Assumptions, Driver, Lens, OptionInput, Payment, PerWhat, Timing, service_price_per_item,
};
use crate::unit_cost::{MILLION, SECS_PER_HOUR};

/// Samples in a batch.
pub(super) const LANES: usize = 32;
/// One value for each sample of a batch.
pub(super) type Lane = [f64; LANES];

/// Parameters that all options share, by their place.
mod shared {
    pub const DEMAND_FACTOR: usize = 0;
    pub const DEMAND_GROWTH: usize = 1;
    pub const PEAK_TO_AVERAGE: usize = 2;
    pub const UTILISATION: usize = 3;
    pub const AVAILABILITY: usize = 4;
    pub const GOODPUT: usize = 5;
    pub const DISCOUNT_RATE: usize = 6;
    pub const ELECTRICITY_PRICE: usize = 7;
    pub const PUE: usize = 8;
    pub const COUNT: usize = 9;
}

/// Parameters of each option, by their place after those of the options before it.
mod own {
    pub const THROUGHPUT: usize = 0;
    pub const PRICE_FACTOR: usize = 1;
    pub const POWER: usize = 2;
    pub const ONE_OFF_FACTOR: usize = 3;
    pub const RESIDUAL_FRACTION: usize = 4;
    pub const COUNT: usize = 5;
}

/// The place of a driver among the parameters; `None` for an option that takes no part.
pub(super) fn parameter(driver: &Driver, options: &[OptionInput]) -> Option<usize> {
    let of = |id: &str, place: usize| {
        let option = options.iter().position(|option| option.id == id)?;
        Some(shared::COUNT + option * own::COUNT + place)
    };
    match driver {
        Driver::DemandFactor => Some(shared::DEMAND_FACTOR),
        Driver::DemandGrowth => Some(shared::DEMAND_GROWTH),
        Driver::PeakToAverage => Some(shared::PEAK_TO_AVERAGE),
        Driver::Utilisation => Some(shared::UTILISATION),
        Driver::Availability => Some(shared::AVAILABILITY),
        Driver::Goodput => Some(shared::GOODPUT),
        Driver::DiscountRate => Some(shared::DISCOUNT_RATE),
        Driver::ElectricityPrice => Some(shared::ELECTRICITY_PRICE),
        Driver::Pue => Some(shared::PUE),
        Driver::Throughput(id) => of(id, own::THROUGHPUT),
        Driver::PriceFactor(id) => of(id, own::PRICE_FACTOR),
        Driver::Power(id) => of(id, own::POWER),
        Driver::OneOffFactor(id) => of(id, own::ONE_OFF_FACTOR),
        Driver::ResidualFraction(id) => of(id, own::RESIDUAL_FRACTION),
    }
}

/// How the options' units follow the need.
#[derive(Clone, Copy, PartialEq)]
enum Units {
    /// A service has none.
    None,
    /// Units are returned when they are not needed.
    Returned,
    /// Units stay once they are there.
    Stay,
}

/// The payment of a month that follows from buying for 1: linear in what is left at the end of a life.
struct AssetPayment {
    month: usize,
    with_nothing_left: f64,
    /// How much it changes when everything is left.
    slope: f64,
}

/// One option, reduced to what costs are multiplied with. Amounts are at price factor 1 and after tax.
struct Plan {
    units: Units,
    /// Rent and upkeep of one unit in one month, paid at its end.
    unit_month: f64,
    /// What is paid for one unit at the begin of a month.
    unit_month_in_advance: f64,
    /// kWh of one watt in one month before PUE, times the part of it that is paid; 0 where rent includes energy.
    kwh_per_watt: f64,
    /// Price of an item of a service, retries included.
    item: f64,
    /// Price of what is bought for each unit.
    asset_price: f64,
    /// For each month in which a unit can be bought: the payments that follow for a price of 1.
    asset_payments: Vec<Vec<AssetPayment>>,
    /// One-off costs by month.
    one_off: Vec<f64>,
    /// Costs of each month that depend on nothing.
    fixed: Vec<f64>,
    /// Costs of each month for each unit, beyond those above.
    per_unit: Vec<f64>,
    /// Costs of each month for each item.
    per_item: Vec<f64>,
}

/// The options of a simulation.
pub(super) struct Kernel {
    plans: Vec<Plan>,
    parameters: Vec<f64>,
    /// Items in each month at demand factor 1, without the growth of a compound demand.
    items: Vec<f64>,
    compound: bool,
    attempts: f64,
    hours_per_month: f64,
    spares: f64,
}

/// Working memory of one thread.
pub(super) struct Scratch {
    parameters: Vec<Lane>,
    discount: Vec<Lane>,
    /// Whether `discount` holds for all batches.
    discount_is_fixed: bool,
    items: Vec<Lane>,
    units: Vec<Lane>,
}

impl Scratch {
    pub fn parameter(&mut self, place: usize) -> &mut Lane {
        &mut self.parameters[place]
    }
}

impl Kernel {
    pub fn new(options: &[OptionInput], assumptions: &Assumptions) -> Result<Self, CostError> {
        let months = assumptions.horizon_months as usize;
        let compound = matches!(assumptions.demand.growth, Growth::Compound { .. });
        let growth = match assumptions.demand.growth {
            Growth::Compound { per_month } => per_month,
            _ => 0.0,
        };
        let level = if compound {
            let mut level = assumptions.demand.clone();
            level.growth = Growth::Compound { per_month: 0.0 };
            level
        } else {
            assumptions.demand.clone()
        };
        let effectiveness = &assumptions.effectiveness;
        let mut parameters = vec![
            1.0,
            growth,
            assumptions.demand.peak_to_average,
            effectiveness.utilisation,
            effectiveness.availability,
            effectiveness.goodput_fraction,
            assumptions.discount_rate_annual,
            assumptions.electricity_price_per_kwh.map_or(0.0, |price| price.amount),
            assumptions.pue,
        ];
        for option in options {
            parameters.extend([
                // A service has no throughput of its own, and none is used for it.
                option.throughput_per_unit.as_ref().map_or(1.0, |throughput| throughput.value),
                1.0,
                option.power_watts_per_unit.map_or(0.0, |power| power.value),
                1.0,
                match option.payment {
                    Payment::Purchase { residual_fraction, .. } => residual_fraction,
                    _ => 0.0,
                },
            ]);
        }
        Ok(Self {
            plans: options.iter().map(|option| Plan::new(option, assumptions)).collect(),
            parameters,
            items: level.items(months)?,
            compound,
            attempts: 1.0 + effectiveness.retry_fraction,
            hours_per_month: assumptions.hours_per_month,
            spares: f64::from(assumptions.spare_units),
        })
    }

    pub fn scratch(&self, discount_is_fixed: bool) -> Scratch {
        let months = self.items.len();
        let mut scratch = Scratch {
            parameters: self.parameters.iter().map(|value| [*value; LANES]).collect(),
            discount: vec![[1.0; LANES]; months + 1],
            discount_is_fixed,
            items: vec![[0.0; LANES]; months],
            units: vec![[0.0; LANES]; months],
        };
        self.discount(&mut scratch);
        scratch
    }

    #[inline(always)]
    fn discount(&self, scratch: &mut Scratch) {
        let factors = scratch.parameters[shared::DISCOUNT_RATE].map(|rate| (-rate.ln_1p() / 12.0).exp());
        let mut current = [1.0; LANES];
        for discount in scratch.discount.iter_mut().skip(1) {
            for (current, factor) in current.iter_mut().zip(&factors) {
                *current *= factor;
            }
            *discount = current;
        }
    }

    /// The present value of each option's costs, for the scratch's parameters.
    #[inline(always)]
    pub fn present_costs(&self, scratch: &mut Scratch, costs: &mut [Lane]) {
        if !scratch.discount_is_fixed {
            self.discount(scratch);
        }
        self.demand(scratch);
        let per_throughput = self.per_throughput(scratch);
        for (i, (plan, cost)) in self.plans.iter().zip(costs).enumerate() {
            let Scratch { parameters, discount, items, units, .. } = &mut *scratch;
            let own = &parameters[shared::COUNT + i * own::COUNT..][..own::COUNT];
            *cost = [0.0; LANES];
            if plan.units != Units::None {
                self.units(plan.units, &own[own::THROUGHPUT], &per_throughput, items, units);
                plan.add_units(parameters, own, discount, units, cost);
            }
            plan.add_rest(own, discount, items, cost);
        }
    }

    #[inline(always)]
    fn demand(&self, scratch: &mut Scratch) {
        let growth = scratch.parameters[shared::DEMAND_GROWTH];
        let mut level = scratch.parameters[shared::DEMAND_FACTOR];
        for (items, base) in scratch.items.iter_mut().zip(&self.items) {
            for (items, level) in items.iter_mut().zip(&level) {
                *items = base * level;
            }
            if self.compound {
                for (level, growth) in level.iter_mut().zip(&growth) {
                    *level *= 1.0 + growth;
                }
            }
        }
    }

    /// Items a month that a unit serves, for each item a second of its throughput.
    #[inline(always)]
    fn per_throughput(&self, scratch: &Scratch) -> Lane {
        let mut result = [0.0; LANES];
        let of = |place: usize| &scratch.parameters[place];
        let fixed = self.hours_per_month * SECS_PER_HOUR / self.attempts;
        for (lane, result) in result.iter_mut().enumerate() {
            let effective = of(shared::UTILISATION)[lane] * of(shared::AVAILABILITY)[lane] * of(shared::GOODPUT)[lane];
            *result = effective * fixed / of(shared::PEAK_TO_AVERAGE)[lane];
        }
        result
    }

    #[inline(always)]
    fn units(&self, kind: Units, throughput: &Lane, per_throughput: &Lane, items: &[Lane], units: &mut [Lane]) {
        let mut inverse = [0.0; LANES];
        for (inverse, (throughput, per)) in inverse.iter_mut().zip(throughput.iter().zip(per_throughput)) {
            // As `whole`: the dust of rounding does not make another unit.
            *inverse = (1.0 - 1e-9) / (throughput * per);
        }
        let mut most = [0.0; LANES];
        for (items, units) in items.iter().zip(units) {
            for lane in 0..LANES {
                units[lane] = ceil(items[lane] * inverse[lane]);
            }
            if self.spares > 0.0 {
                for units in units.iter_mut() {
                    *units = if *units > 0.0 { *units + self.spares } else { 0.0 };
                }
            }
            if kind == Units::Stay {
                for (most, units) in most.iter_mut().zip(units.iter_mut()) {
                    *most = if *units > *most { *units } else { *most };
                    *units = *most;
                }
            }
        }
    }
}

/// The next whole number of a quantity of 0 or more. Adding and subtracting 2^52 rounds to the nearest, in two
/// vectorised operations where `f64::ceil` would be a call; from 2^52 on every double is whole already.
#[inline(always)]
fn ceil(quantity: f64) -> f64 {
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    let nearest = (quantity + WHOLE) - WHOLE;
    if nearest < quantity { nearest + 1.0 } else { nearest }
}

impl Plan {
    fn new(option: &OptionInput, assumptions: &Assumptions) -> Self {
        let months = assumptions.horizon_months as usize;
        let hours = assumptions.hours_per_month;
        let tax_rate = assumptions.tax.map(|tax| tax.rate);
        let after_tax = 1.0 - tax_rate.unwrap_or(0.0);
        let kwh_per_watt = hours / 1000.0 * after_tax;
        let mut plan = Self {
            units: Units::Stay,
            unit_month: 0.0,
            unit_month_in_advance: 0.0,
            kwh_per_watt: 0.0,
            item: 0.0,
            asset_price: 0.0,
            asset_payments: Vec::new(),
            one_off: vec![0.0; months + 1],
            fixed: vec![0.0; months + 1],
            per_unit: vec![0.0; months + 1],
            per_item: vec![0.0; months + 1],
        };
        let mut asset = None;
        match &option.payment {
            Payment::OnDemand { price_per_unit_hour } => {
                plan.units = Units::Returned;
                plan.unit_month = price_per_unit_hour.amount * hours;
            }
            Payment::Spot { price_per_unit_hour, overhead_fraction } => {
                plan.units = Units::Returned;
                plan.unit_month = price_per_unit_hour.amount * (1.0 + overhead_fraction) * hours;
            }
            Payment::CapacityBlock { price_per_unit_block, hours_per_block } => {
                plan.units = Units::Returned;
                plan.unit_month_in_advance =
                    price_per_unit_block.amount * crate::evaluation::whole(hours / hours_per_block);
            }
            Payment::Reserved { price_per_unit_hour, upfront_per_unit, term_months } => {
                plan.unit_month = price_per_unit_hour.amount * hours;
                asset = Some((upfront_per_unit.amount, Asset::commitment(*term_months)));
            }
            Payment::Lease { price_per_unit_month, upfront_per_unit, term_months, energy_included } => {
                plan.unit_month = price_per_unit_month.amount;
                plan.kwh_per_watt = if *energy_included { 0.0 } else { kwh_per_watt };
                asset = Some((upfront_per_unit.amount, Asset::commitment(*term_months)));
            }
            Payment::Purchase { capex_per_unit, residual_fraction, life_months, opex_fraction_per_year } => {
                plan.unit_month = capex_per_unit.amount * opex_fraction_per_year / 12.0;
                plan.kwh_per_watt = kwh_per_watt;
                asset =
                    Some((capex_per_unit.amount, Asset::hardware(*life_months, *residual_fraction, assumptions.tax)));
            }
            Payment::PerMillionItems { .. } | Payment::PerMillionTokens { .. } | Payment::Unknown { .. } => {
                plan.units = Units::None;
                let attempts = 1.0 + assumptions.effectiveness.retry_fraction;
                plan.item = service_price_per_item(&option.payment).unwrap_or_default() * attempts * after_tax;
            }
        }
        plan.unit_month *= after_tax;
        plan.unit_month_in_advance *= after_tax;
        if let Some((price, asset)) = asset
            && price > 0.0
        {
            plan.asset_price = price;
            plan.asset_payments = (0..months)
                .map(|month| {
                    let [nothing, everything] = [0.0, 1.0].map(|residual_fraction| {
                        let mut sums = vec![0.0; months + 1];
                        let asset = asset.with_residual(residual_fraction);
                        asset.payments(month, months, tax_rate, |_, at, amount| sums[at] += amount);
                        sums
                    });
                    let payment = |(month, (nothing, everything)): (usize, (f64, f64))| AssetPayment {
                        month,
                        with_nothing_left: nothing,
                        slope: everything - nothing,
                    };
                    let all = nothing.into_iter().zip(everything).enumerate().map(payment);
                    all.filter(|payment| payment.with_nothing_left != 0.0 || payment.slope != 0.0).collect()
                })
                .collect();
        }
        plan.other_costs(option, assumptions, after_tax);
        plan
    }

    fn other_costs(&mut self, option: &OptionInput, assumptions: &Assumptions, after_tax: f64) {
        let months = assumptions.horizon_months as usize;
        for cost in &option.one_off_costs {
            let at = match cost.timing {
                Timing::Start => 0,
                Timing::Month(month) => month as usize,
                Timing::End => months,
            };
            if let Some(sum) = self.one_off.get_mut(at) {
                *sum += cost.amount.value * after_tax;
            }
        }
        let shared = match assumptions.lens {
            Lens::Full => assumptions.shared_costs.as_slice(),
            Lens::Marginal => &[],
        };
        for cost in option.recurring_costs.iter().chain(shared) {
            let last = cost.to_month.map_or(months, |month| month as usize).min(months);
            let (sums, factor) = match cost.per {
                PerWhat::Option => (&mut self.fixed, 1.0),
                PerWhat::Unit => (&mut self.per_unit, 1.0),
                PerWhat::Accelerator => (&mut self.per_unit, f64::from(option.accelerators_per_unit)),
                PerWhat::MillionItems => (&mut self.per_item, 1.0 / MILLION),
            };
            for sum in sums.iter_mut().take(last + 1).skip(cost.from_month as usize) {
                *sum += cost.per_month.amount * factor * after_tax;
            }
        }
    }

    /// What depends on the fleet.
    #[inline(always)]
    fn add_units(&self, parameters: &[Lane], own: &[Lane], discount: &[Lane], units: &[Lane], cost: &mut Lane) {
        let mut at_end = [0.0; LANES];
        for (month, units) in units.iter().enumerate() {
            for lane in 0..LANES {
                at_end[lane] += units[lane] * discount[month + 1][lane];
            }
        }
        for lane in 0..LANES {
            let energy = self.kwh_per_watt
                * own[own::POWER][lane]
                * parameters[shared::PUE][lane]
                * parameters[shared::ELECTRICITY_PRICE][lane];
            cost[lane] += at_end[lane] * (self.unit_month * own[own::PRICE_FACTOR][lane] + energy);
        }
        if self.unit_month_in_advance > 0.0 {
            for (units, discount) in units.iter().zip(discount) {
                for lane in 0..LANES {
                    let price = self.unit_month_in_advance * own[own::PRICE_FACTOR][lane];
                    cost[lane] += units[lane] * discount[lane] * price;
                }
            }
        }
        for (units, (per_unit, discount)) in units.iter().zip(self.per_unit.iter().zip(discount).skip(1)) {
            if *per_unit != 0.0 {
                for lane in 0..LANES {
                    cost[lane] += per_unit * units[lane] * discount[lane];
                }
            }
        }
        self.add_assets(own, discount, units, cost);
    }

    #[inline(always)]
    fn add_assets(&self, own: &[Lane], discount: &[Lane], units: &[Lane], cost: &mut Lane) {
        let mut owned = [0.0; LANES];
        for (payments, units) in self.asset_payments.iter().zip(units) {
            // A fleet that stays never falls.
            if *units == owned {
                continue;
            }
            let mut worth = [0.0; LANES];
            for AssetPayment { month, with_nothing_left, slope } in payments {
                let residual = &own[own::RESIDUAL_FRACTION];
                for lane in 0..LANES {
                    worth[lane] += (with_nothing_left + slope * residual[lane]) * discount[*month][lane];
                }
            }
            for lane in 0..LANES {
                let price = self.asset_price * own[own::PRICE_FACTOR][lane];
                cost[lane] += (units[lane] - owned[lane]) * price * worth[lane];
            }
            owned = *units;
        }
    }

    /// What does not.
    #[inline(always)]
    fn add_rest(&self, own: &[Lane], discount: &[Lane], items: &[Lane], cost: &mut Lane) {
        for (month, discount) in discount.iter().enumerate() {
            let (one_off, fixed) = (self.one_off[month], self.fixed[month]);
            if one_off != 0.0 || fixed != 0.0 {
                for lane in 0..LANES {
                    cost[lane] += (one_off * own[own::ONE_OFF_FACTOR][lane] + fixed) * discount[lane];
                }
            }
        }
        for (items, (per_item, discount)) in items.iter().zip(self.per_item.iter().zip(discount).skip(1)) {
            if *per_item != 0.0 || self.item != 0.0 {
                for lane in 0..LANES {
                    let price = self.item * own[own::PRICE_FACTOR][lane] + per_item;
                    cost[lane] += price * items[lane] * discount[lane];
                }
            }
        }
    }
}
