//! The present value of the options' costs for a batch of samples at once.
//!
//! The same model as the evaluation's ledger (a test holds them together), without its books: the loops run over
//! months outside and samples inside, so that they vectorise.

use crate::CostError;
use crate::demand::Growth;
use crate::evaluation::{
    Asset, Assumptions, Change, Driver, Lens, OptionInput, Payment, PerWhat, PowerBasis, RatePeriod, RecurringCost,
    Timing, price_level, service_price_per_item, term_begin,
};
use crate::unit_cost::{MILLION, SECS_PER_HOUR};

/// Samples in a batch: two of the widest vectors, so that sums over the months stay in registers.
pub(super) const LANES: usize = 16;
/// Samples that are drawn at once: enough for the vector units to work on several at a time.
pub(super) const DRAWN: usize = 4 * LANES;
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
    pub const RETRIES: usize = 6;
    pub const DISCOUNT_RATE: usize = 7;
    pub const ELECTRICITY_PRICE: usize = 8;
    pub const ELECTRICITY_PRICE_CHANGE: usize = 9;
    pub const PUE: usize = 10;
    pub const COUNT: usize = 11;
}

/// Parameters of each option, by their place after those of the options before it.
mod own {
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
        Driver::DemandFactor | Driver::Volume => Some(shared::DEMAND_FACTOR),
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

/// The payments that follow from buying for 1 at the begin of a month. Linear in what is left at the end of a life.
struct Cohort {
    /// Paid at once.
    at_purchase: f64,
    /// Paid at the horizon at the price of the purchase, and how much that changes when everything is left.
    at_horizon: f64,
    at_horizon_slope: f64,
    /// All other payments: for what replaces it, and taxes.
    between: Vec<AssetPayment>,
}

struct AssetPayment {
    month: usize,
    /// The month whose price it is a part of.
    priced_at: usize,
    /// The payment with the residual value that is assumed.
    amount: f64,
    /// How much it changes when everything is left instead of nothing.
    slope: f64,
}

/// One option, reduced to what costs are multiplied with. Amounts are at price factor 1 and after tax.
struct Plan {
    units: Units,
    /// Rent of one unit in one month, paid at its end.
    rent: f64,
    /// Months for which a unit keeps the rent of the month its term began in; 0 for rent that follows the price.
    term_months: u32,
    /// Whether the parameter of the spot overhead adds to the rent.
    is_spot: bool,
    /// Upkeep of one unit in one month.
    upkeep: f64,
    /// What is paid for one unit at the begin of a month.
    in_advance: f64,
    /// kWh of one watt in one month before PUE, times the part of it that is paid; 0 where rent includes energy.
    kwh_per_watt: f64,
    /// Power of the host.
    host_watts: f64,
    /// Whether PUE is added to the power.
    adds_pue: bool,
    /// Price of an item of a service, without retries.
    item: f64,
    /// Price of what is bought for each unit.
    asset_price: f64,
    /// For each month in which a unit can be bought: the payments that follow.
    cohorts: Vec<Cohort>,
    /// The residual value that is assumed.
    residual_fraction: f64,
    /// One-off and recurring costs that depend on nothing else: the months that have any.
    fixed: Vec<FixedCosts>,
    /// Costs of each month beyond those above: those of the option alone, and those it shares.
    own: MonthlyCosts,
    shared: MonthlyCosts,
    has_per_unit: bool,
    has_per_item: bool,
    /// How the option's own prices develop.
    level: Level,
}

/// What is paid at the end of a month whatever the demand.
struct FixedCosts {
    month: usize,
    one_off: f64,
    own: f64,
    shared: f64,
}

/// Costs of each month by what they grow with.
struct MonthlyCosts {
    fixed: Vec<f64>,
    per_unit: Vec<f64>,
    per_item: Vec<f64>,
}

/// Whether two rows of costs are of any account.
fn has_any(own: &[f64], shared: &[f64]) -> bool {
    own.iter().chain(shared).any(|cost| *cost != 0.0)
}

/// How a price develops over the months.
enum Level {
    /// It stays.
    Flat,
    /// By these factors.
    Path(Vec<f64>),
    /// By a change that is sampled: `((1 + change) inflation)^(exponent month)`.
    Sampled { inflation: f64, exponent: f64 },
}

impl Level {
    fn new(field: &str, change: Option<Change>, assumptions: &Assumptions, sampled: bool) -> Result<Self, CostError> {
        let Some(change) = change else { return Ok(Self::Flat) };
        if sampled {
            let none = Change { fraction: 0.0, ..change };
            let inflation = none.in_basis(assumptions.discount_basis, assumptions.inflation_annual)?;
            let exponent = match change.per {
                RatePeriod::Month => 1.0,
                RatePeriod::Year => 1.0 / 12.0,
            };
            return Ok(Self::Sampled { inflation: 1.0 + inflation.fraction, exponent });
        }
        match change.fraction {
            0.0 if change.basis == assumptions.discount_basis => Ok(Self::Flat),
            _ => Ok(Self::Path(price_level(field, Some(change), assumptions)?)),
        }
    }

    fn is_flat(&self) -> bool {
        matches!(self, Self::Flat)
    }

    /// The factors of each month.
    #[inline(always)]
    fn fill(&self, change: &Lane, levels: &mut [Lane]) {
        match self {
            Self::Flat => levels.fill([1.0; LANES]),
            Self::Path(path) => levels.iter_mut().zip(path).for_each(|(level, factor)| *level = [*factor; LANES]),
            Self::Sampled { inflation, exponent } => {
                let factors = change.map(|change| ((change.ln_1p() + inflation.ln()) * exponent).exp());
                let mut current = [1.0; LANES];
                for level in levels {
                    *level = current;
                    for (current, factor) in current.iter_mut().zip(&factors) {
                        *current *= factor;
                    }
                }
            }
        }
    }
}

/// The options of a simulation.
pub(super) struct Kernel {
    plans: Vec<Plan>,
    parameters: Vec<f64>,
    /// Items in each month at demand factor 1, without the growth of a compound demand.
    items: Vec<f64>,
    compound: bool,
    hours_per_month: f64,
    spares: f64,
    electricity: Level,
    discount_is_fixed: bool,
}

/// Working memory of one thread.
pub(super) struct Scratch {
    parameters: Vec<Lane>,
    discount: Vec<Lane>,
    items: Vec<Lane>,
    units: Vec<Lane>,
    /// Price levels of the option at hand, where they are not flat.
    level: Vec<Lane>,
    /// Price levels of electricity, where they are not flat.
    electricity: Vec<Lane>,
}

impl Scratch {
    pub fn parameter(&mut self, place: usize) -> &mut Lane {
        &mut self.parameters[place]
    }
}

impl Kernel {
    /// The options made ready, with the parameters that will be `sampled`.
    pub fn new(options: &[OptionInput], assumptions: &Assumptions, sampled: &[usize]) -> Result<Self, CostError> {
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
            effectiveness.retry_fraction,
            assumptions.discount_rate_annual,
            assumptions.electricity_price_per_kwh.map_or(0.0, |price| price.amount),
            assumptions.electricity_price_change.map_or(0.0, |change| change.fraction),
            assumptions.pue,
        ];
        for option in options {
            let (residual_fraction, overhead) = match &option.payment {
                Payment::Purchase { residual_fraction, .. } => (*residual_fraction, 0.0),
                Payment::Spot { overhead, .. } => (0.0, overhead.fraction()?),
                _ => (0.0, 0.0),
            };
            parameters.extend([
                // A service has no throughput of its own, and none is used for it.
                option.throughput_per_unit.as_ref().map_or(1.0, |throughput| throughput.value),
                1.0,
                option.price_change.map_or(0.0, |change| change.fraction),
                option.power_watts_per_unit.map_or(0.0, |power| power.value),
                1.0,
                1.0,
                residual_fraction,
                overhead,
            ]);
        }
        let is_sampled = |place: usize| sampled.contains(&place);
        let plan = |(i, option): (usize, &OptionInput)| {
            let first = shared::COUNT + i * own::COUNT;
            Plan::new(
                option,
                assumptions,
                is_sampled(first + own::PRICE_CHANGE),
                is_sampled(first + own::RESIDUAL_FRACTION),
            )
            .map_err(|error| error.within(&format!("options[{}]", option.id)))
        };
        Ok(Self {
            plans: options.iter().enumerate().map(plan).collect::<Result<_, _>>()?,
            parameters,
            items: level.items(months)?,
            compound,
            hours_per_month: assumptions.hours_per_month,
            spares: f64::from(assumptions.spare_units),
            electricity: Level::new(
                "electricity_price_change",
                assumptions.electricity_price_change,
                assumptions,
                is_sampled(shared::ELECTRICITY_PRICE_CHANGE),
            )?,
            discount_is_fixed: !is_sampled(shared::DISCOUNT_RATE),
        })
    }

    pub fn scratch(&self) -> Scratch {
        let months = self.items.len();
        let mut scratch = Scratch {
            parameters: self.parameters.iter().map(|value| [*value; LANES]).collect(),
            discount: vec![[1.0; LANES]; months + 1],
            items: vec![[0.0; LANES]; months],
            units: vec![[0.0; LANES]; months],
            level: vec![[1.0; LANES]; months],
            electricity: vec![[1.0; LANES]; months],
        };
        self.discount(&mut scratch);
        scratch
    }

    #[inline(always)]
    fn discount(&self, scratch: &mut Scratch) {
        let factors = monthly_discount(&scratch.parameters[shared::DISCOUNT_RATE]);
        let mut current = [1.0; LANES];
        for discount in scratch.discount.iter_mut().skip(1) {
            for lane in 0..LANES {
                current[lane] *= factors[lane];
            }
            *discount = current;
        }
    }

    /// The present value of each option's costs, for the scratch's parameters.
    #[inline(always)]
    pub fn present_costs(&self, scratch: &mut Scratch, costs: &mut [Lane]) {
        if !self.discount_is_fixed {
            self.discount(scratch);
        }
        self.demand(scratch);
        let per_throughput = self.per_throughput(scratch);
        let Scratch { parameters, discount, items, units, level, electricity } = scratch;
        if !self.electricity.is_flat() {
            self.electricity.fill(&parameters[shared::ELECTRICITY_PRICE_CHANGE], electricity);
        }
        for (i, (plan, cost)) in self.plans.iter().zip(costs).enumerate() {
            let (common, own) = parameters.split_at(shared::COUNT + i * own::COUNT);
            if !plan.level.is_flat() {
                plan.level.fill(&own[own::PRICE_CHANGE], level);
            }
            let sample = Sample { common, own, discount, items, level, electricity };
            *cost = [0.0; LANES];
            if plan.units != Units::None {
                let at_end = self.units(plan.units, &own[own::THROUGHPUT], &per_throughput, &sample, units);
                plan.add_units(&sample, units, &at_end, self.electricity.is_flat(), cost);
            }
            plan.add_rest(&sample, cost);
        }
    }

    #[inline(always)]
    fn demand(&self, scratch: &mut Scratch) {
        let growth = scratch.parameters[shared::DEMAND_GROWTH].map(|growth| 1.0 + growth);
        let mut level = scratch.parameters[shared::DEMAND_FACTOR];
        for (items, base) in scratch.items.iter_mut().zip(&self.items) {
            let mut now = [0.0; LANES];
            for lane in 0..LANES {
                now[lane] = base * level[lane];
            }
            *items = now;
            if self.compound {
                for lane in 0..LANES {
                    level[lane] *= growth[lane];
                }
            }
        }
    }

    /// Items a month that a unit serves, for each item a second of its throughput.
    #[inline(always)]
    fn per_throughput(&self, scratch: &Scratch) -> Lane {
        let mut result = [0.0; LANES];
        let of = |place: usize| &scratch.parameters[place];
        let [utilisation, availability, goodput] = [shared::UTILISATION, shared::AVAILABILITY, shared::GOODPUT].map(of);
        let [peak, retries] = [shared::PEAK_TO_AVERAGE, shared::RETRIES].map(of);
        let fixed = self.hours_per_month * SECS_PER_HOUR;
        for lane in 0..LANES {
            let effective = utilisation[lane] * availability[lane] * goodput[lane];
            result[lane] = effective * fixed / ((1.0 + retries[lane]) * peak[lane]);
        }
        result
    }

    /// Units in each month, and their discounted sum.
    #[inline(always)]
    fn units(
        &self,
        kind: Units,
        throughput: &Lane,
        per_throughput: &Lane,
        sample: &Sample<'_>,
        units: &mut [Lane],
    ) -> Lane {
        let mut inverse = [0.0; LANES];
        for (inverse, (throughput, per)) in inverse.iter_mut().zip(throughput.iter().zip(per_throughput)) {
            // As `whole`: the dust of rounding does not make another unit.
            *inverse = (1.0 - 1e-9) / (throughput * per);
        }
        let mut most = [0.0; LANES];
        let mut sum = [0.0; LANES];
        for ((items, discount), units) in sample.items.iter().zip(&sample.discount[1..]).zip(units) {
            let mut now = [0.0; LANES];
            for lane in 0..LANES {
                now[lane] = (items[lane] * inverse[lane]).ceil();
            }
            if self.spares > 0.0 {
                for units in &mut now {
                    *units = if *units > 0.0 { *units + self.spares } else { 0.0 };
                }
            }
            if kind == Units::Stay {
                for lane in 0..LANES {
                    most[lane] = if now[lane] > most[lane] { now[lane] } else { most[lane] };
                }
                now = most;
            }
            for lane in 0..LANES {
                sum[lane] += now[lane] * discount[lane];
            }
            *units = now;
        }
        sum
    }
}

/// `(1 + rate)^(-1/12)`, the discount factor of a month, in operations that vectorise: three of Newton's steps for
/// `1 / y^12 = 1 + rate` square a first error below a thousandth to less than a double tells. Rates that are far off
/// get the exact function.
#[inline(always)]
fn monthly_discount(rates: &Lane) -> Lane {
    const NEAR: std::ops::Range<f64> = -0.4..1.0;
    let mut factors = [0.0; LANES];
    for (factor, rate) in factors.iter_mut().zip(rates) {
        // The first terms of the logarithm, of which a twelfth goes into those of the exponential.
        let t = rate / (2.0 + rate);
        let u = (t + t * t * t / 3.0) / 6.0;
        let mut y = 1.0 - u + 0.5 * u * u;
        for _ in 0..3 {
            let (y4, x) = ((y * y) * (y * y), 1.0 + rate);
            y = y * (13.0 - x * (y4 * y4 * y4)) * (1.0 / 12.0);
        }
        *factor = y;
    }
    for (factor, rate) in factors.iter_mut().zip(rates) {
        if !NEAR.contains(rate) {
            *factor = (-rate.ln_1p() / 12.0).exp();
        }
    }
    factors
}

/// What the costs of one option are made from in a batch.
struct Sample<'a> {
    common: &'a [Lane],
    own: &'a [Lane],
    discount: &'a [Lane],
    items: &'a [Lane],
    level: &'a [Lane],
    electricity: &'a [Lane],
}

impl Plan {
    fn new(
        option: &OptionInput,
        assumptions: &Assumptions,
        samples_change: bool,
        samples_residual: bool,
    ) -> Result<Self, CostError> {
        let months = assumptions.horizon_months as usize;
        let hours = assumptions.hours_per_month;
        let tax_rate = assumptions.tax.map(|tax| tax.rate);
        let after_tax = 1.0 - tax_rate.unwrap_or(0.0);
        let own = MonthlyCosts::new(option, assumptions, true, after_tax)?;
        let shared = MonthlyCosts::new(option, assumptions, false, after_tax)?;
        let mut plan = Self {
            units: Units::Stay,
            rent: 0.0,
            term_months: 0,
            is_spot: false,
            upkeep: 0.0,
            in_advance: 0.0,
            kwh_per_watt: 0.0,
            host_watts: option.host_power_watts_per_unit.map_or(0.0, |power| power.value),
            adds_pue: option.power_basis != PowerBasis::Facility,
            item: 0.0,
            asset_price: 0.0,
            cohorts: Vec::new(),
            residual_fraction: 0.0,
            fixed: fixed_costs(&one_off(option, assumptions, after_tax), &own.fixed, &shared.fixed),
            has_per_unit: has_any(&own.per_unit, &shared.per_unit),
            has_per_item: has_any(&own.per_item, &shared.per_item),
            own,
            shared,
            level: Level::new("price_change", option.price_change, assumptions, samples_change)?,
        };
        let mut asset = None;
        let mut pays_energy = false;
        match &option.payment {
            Payment::OnDemand { price_per_unit_hour } => {
                plan.units = Units::Returned;
                plan.rent = price_per_unit_hour.amount * hours;
            }
            Payment::Spot { price_per_unit_hour, .. } => {
                plan.units = Units::Returned;
                plan.rent = price_per_unit_hour.amount * hours;
                plan.is_spot = true;
            }
            Payment::CapacityBlock { price_per_unit_block, hours_per_block } => {
                plan.units = Units::Returned;
                plan.in_advance = price_per_unit_block.amount * crate::evaluation::whole(hours / hours_per_block);
            }
            Payment::Reserved { price_per_unit_hour, upfront_per_unit, term_months } => {
                plan.rent = price_per_unit_hour.amount * hours;
                plan.term_months = *term_months;
                asset = Some((upfront_per_unit.amount, Asset::commitment(*term_months)));
            }
            Payment::Lease { price_per_unit_month, upfront_per_unit, term_months, energy_included } => {
                plan.rent = price_per_unit_month.amount;
                plan.term_months = *term_months;
                pays_energy = !*energy_included;
                asset = Some((upfront_per_unit.amount, Asset::commitment(*term_months)));
            }
            Payment::Purchase {
                capex_per_unit,
                residual_fraction,
                life_months,
                depreciation,
                opex_fraction_per_year,
            } => {
                plan.upkeep = capex_per_unit.amount * opex_fraction_per_year / 12.0;
                plan.residual_fraction = *residual_fraction;
                pays_energy = true;
                let hardware = Asset::hardware(*life_months, *residual_fraction, *depreciation, assumptions.tax);
                if samples_residual && !hardware.is_linear_in_residual(assumptions.tax) {
                    let problem = "it cannot be uncertain while declining balance is written off for tax";
                    return Err(CostError::invalid("payment.residual_fraction", problem));
                }
                asset = Some((capex_per_unit.amount, hardware));
            }
            Payment::PerMillionItems { .. } | Payment::PerMillionTokens { .. } | Payment::Unknown { .. } => {
                plan.units = Units::None;
                plan.item = service_price_per_item(&option.payment).unwrap_or_default() * after_tax;
            }
        }
        if pays_energy {
            plan.kwh_per_watt = hours / 1000.0 * after_tax;
        }
        plan.rent *= after_tax;
        plan.upkeep *= after_tax;
        plan.in_advance *= after_tax;
        if let Some((price, asset)) = asset
            && price > 0.0
        {
            plan.asset_price = price;
            let is_flat = plan.level.is_flat();
            let payments = |month| asset_payments(&asset, month, months, tax_rate, samples_residual);
            plan.cohorts = (0..months).map(|month| Cohort::new(month, months, payments(month), is_flat)).collect();
        }
        Ok(plan)
    }

    /// What depends on the fleet.
    #[inline(always)]
    fn add_units(&self, sample: &Sample<'_>, units: &[Lane], at_end: &Lane, flat_electricity: bool, cost: &mut Lane) {
        let Sample { common, own, discount, level, electricity, .. } = sample;
        let mut for_energy = *at_end;
        if self.kwh_per_watt != 0.0 && !flat_electricity {
            for_energy = [0.0; LANES];
            for ((units, level), discount) in units.iter().zip(*electricity).zip(&discount[1..]) {
                for lane in 0..LANES {
                    for_energy[lane] += units[lane] * level[lane] * discount[lane];
                }
            }
        }
        let mut for_rent = *at_end;
        if self.rent != 0.0 && !self.level.is_flat() {
            for_rent = self.rented(sample, units);
        }
        let [pue, electricity_price] = [shared::PUE, shared::ELECTRICITY_PRICE].map(|place| &common[place]);
        let [power, price, overhead] = [own::POWER, own::PRICE_FACTOR, own::SPOT_OVERHEAD].map(|place| &own[place]);
        for lane in 0..LANES {
            let pue = if self.adds_pue { pue[lane] } else { 1.0 };
            let energy = self.kwh_per_watt * (power[lane] + self.host_watts) * pue * electricity_price[lane];
            let overhead = if self.is_spot { 1.0 + overhead[lane] } else { 1.0 };
            let paid = for_rent[lane] * self.rent * overhead + at_end[lane] * self.upkeep;
            cost[lane] += paid * price[lane] + for_energy[lane] * energy;
        }
        if self.in_advance > 0.0 {
            for (month, (units, discount)) in units.iter().zip(*discount).enumerate() {
                let level = if self.level.is_flat() { &[1.0; LANES] } else { &level[month] };
                for lane in 0..LANES {
                    cost[lane] += units[lane] * discount[lane] * (self.in_advance * level[lane] * price[lane]);
                }
            }
        }
        let recurring = &own[own::RECURRING_FACTOR];
        let per_unit = self.own.per_unit.iter().zip(&self.shared.per_unit).filter(|_| self.has_per_unit);
        for (units, ((own_cost, shared_cost), discount)) in units.iter().zip(per_unit.zip(&discount[1..])) {
            for lane in 0..LANES {
                let a_unit = own_cost * recurring[lane] + shared_cost;
                cost[lane] += a_unit * units[lane] * discount[lane];
            }
        }
        self.add_assets(sample, units, cost);
    }

    /// Discounted unit-months, each at the price level its rent was agreed at.
    #[inline(always)]
    fn rented(&self, sample: &Sample<'_>, units: &[Lane]) -> Lane {
        let Sample { discount, level, .. } = sample;
        let mut sum = [0.0; LANES];
        if self.term_months == 0 {
            for (month, units) in units.iter().enumerate() {
                for lane in 0..LANES {
                    sum[lane] += units[lane] * level[month][lane] * discount[month + 1][lane];
                }
            }
            return sum;
        }
        let mut owned = [0.0; LANES];
        for (begin, now) in units.iter().enumerate() {
            // A fleet that stays never falls.
            if *now == owned {
                continue;
            }
            for month in begin..units.len() {
                let agreed = &level[term_begin(begin, month, self.term_months)];
                for lane in 0..LANES {
                    sum[lane] += (now[lane] - owned[lane]) * agreed[lane] * discount[month + 1][lane];
                }
            }
            owned = *now;
        }
        sum
    }

    #[inline(always)]
    fn add_assets(&self, sample: &Sample<'_>, units: &[Lane], cost: &mut Lane) {
        let Sample { own, discount, level, .. } = sample;
        let Some(at_end) = discount.last().filter(|_| !self.cohorts.is_empty()) else { return };
        let residual = own[own::RESIDUAL_FRACTION].map(|residual| residual - self.residual_fraction);
        let flat = [1.0; LANES];
        let is_flat = self.level.is_flat();
        let mut owned = [0.0; LANES];
        // What is paid for a price of 1: discounted, and at the horizon with the part that the residual value changes.
        let (mut worth, mut at_horizon, mut slope) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let months = units.iter().zip(*discount).enumerate();
        for (cohort, (month, (units, discounted))) in self.cohorts.iter().zip(months) {
            let mut added = [0.0; LANES];
            for lane in 0..LANES {
                added[lane] = units[lane] - owned[lane];
            }
            owned = *units;
            let agreed = if is_flat { &flat } else { &level[month] };
            for lane in 0..LANES {
                worth[lane] += added[lane] * (cohort.at_purchase * agreed[lane] * discounted[lane]);
            }
            for lane in 0..LANES {
                at_horizon[lane] += added[lane] * cohort.at_horizon;
                slope[lane] += added[lane] * cohort.at_horizon_slope;
            }
            // A fleet that stays never falls.
            if cohort.between.is_empty() || added.iter().fold(true, |none, added| none & (*added == 0.0)) {
                continue;
            }
            let mut between = [0.0; LANES];
            for AssetPayment { month, priced_at, amount, slope } in &cohort.between {
                let agreed = if is_flat { &flat } else { &level[*priced_at] };
                let discounted = &discount[*month];
                for lane in 0..LANES {
                    between[lane] += (amount + slope * residual[lane]) * agreed[lane] * discounted[lane];
                }
            }
            for lane in 0..LANES {
                worth[lane] += added[lane] * between[lane];
            }
        }
        let price = &own[own::PRICE_FACTOR];
        for lane in 0..LANES {
            let left = (at_horizon[lane] + slope[lane] * residual[lane]) * at_end[lane];
            cost[lane] += (worth[lane] + left) * self.asset_price * price[lane];
        }
    }

    /// What does not.
    #[inline(always)]
    fn add_rest(&self, sample: &Sample<'_>, cost: &mut Lane) {
        let Sample { common, own, discount, items, level, .. } = sample;
        let [one_off, recurring] = [own::ONE_OFF_FACTOR, own::RECURRING_FACTOR].map(|place| &own[place]);
        for costs in &self.fixed {
            let discount = &discount[costs.month];
            for lane in 0..LANES {
                let paid = costs.one_off * one_off[lane] + costs.own * recurring[lane] + costs.shared;
                cost[lane] += paid * discount[lane];
            }
        }
        if self.item > 0.0 {
            let mut sum = [0.0; LANES];
            for (month, (items, discount)) in items.iter().zip(&discount[1..]).enumerate() {
                let level = if self.level.is_flat() { &[1.0; LANES] } else { &level[month] };
                for lane in 0..LANES {
                    sum[lane] += items[lane] * level[lane] * discount[lane];
                }
            }
            for lane in 0..LANES {
                let attempts = 1.0 + common[shared::RETRIES][lane];
                cost[lane] += self.item * attempts * own[own::PRICE_FACTOR][lane] * sum[lane];
            }
        }
        let per_item = self.own.per_item.iter().zip(&self.shared.per_item).filter(|_| self.has_per_item);
        for (items, ((own_cost, shared_cost), discount)) in items.iter().zip(per_item.zip(&discount[1..])) {
            for lane in 0..LANES {
                let price = own_cost * recurring[lane] + shared_cost;
                cost[lane] += price * items[lane] * discount[lane];
            }
        }
    }
}

/// The months in which something is paid whatever the demand; one-off costs from t = 0, the others from the end of the
/// first month.
fn fixed_costs(one_off: &[f64], own: &[f64], shared: &[f64]) -> Vec<FixedCosts> {
    let at = |costs: &[f64], month: usize| month.checked_sub(1).and_then(|month| costs.get(month)).copied();
    one_off
        .iter()
        .enumerate()
        .map(|(month, one_off)| FixedCosts {
            month,
            one_off: *one_off,
            own: at(own, month).unwrap_or_default(),
            shared: at(shared, month).unwrap_or_default(),
        })
        .filter(|costs| costs.one_off != 0.0 || costs.own != 0.0 || costs.shared != 0.0)
        .collect()
}

impl Cohort {
    /// Sorts the payments that follow from buying in `month` by when they fall due.
    fn new(month: usize, horizon: usize, payments: Vec<AssetPayment>, is_flat: bool) -> Self {
        let mut cohort = Self { at_purchase: 0.0, at_horizon: 0.0, at_horizon_slope: 0.0, between: Vec::new() };
        for payment in payments {
            if payment.month == month && payment.priced_at == month && payment.slope == 0.0 {
                cohort.at_purchase += payment.amount;
            } else if payment.month == horizon && is_flat {
                cohort.at_horizon += payment.amount;
                cohort.at_horizon_slope += payment.slope;
            } else {
                cohort.between.push(payment);
            }
        }
        cohort
    }
}

/// The payments that follow from buying for 1 at the begin of a month.
fn asset_payments(
    asset: &Asset,
    month: usize,
    months: usize,
    tax_rate: Option<f64>,
    samples_residual: bool,
) -> Vec<AssetPayment> {
    let sums = |asset: &Asset| {
        let mut payments: Vec<AssetPayment> = Vec::new();
        asset.payments(month, months, tax_rate, |_, month, priced_at, amount| {
            match payments.iter_mut().rev().find(|other| (other.month, other.priced_at) == (month, priced_at)) {
                Some(payment) => payment.amount += amount,
                None => payments.push(AssetPayment { month, priced_at, amount, slope: 0.0 }),
            }
        });
        payments
    };
    let mut payments = sums(asset);
    if samples_residual {
        let (nothing, everything) = (sums(&asset.with_residual(0.0)), sums(&asset.with_residual(1.0)));
        for payment in &mut payments {
            let of = |payments: &[AssetPayment]| {
                let same = |other: &&AssetPayment| (other.month, other.priced_at) == (payment.month, payment.priced_at);
                payments.iter().find(same).map_or(0.0, |payment| payment.amount)
            };
            payment.slope = of(&everything) - of(&nothing);
        }
    }
    payments
}

/// One-off costs after tax, month by month from t = 0.
fn one_off(option: &OptionInput, assumptions: &Assumptions, after_tax: f64) -> Vec<f64> {
    let months = assumptions.horizon_months as usize;
    let mut sums = vec![0.0; months + 1];
    let is_full = assumptions.lens == Lens::Full;
    for cost in option.one_off_costs.iter().filter(|cost| is_full || !cost.allocated) {
        let at = match cost.timing {
            Timing::Start => 0,
            Timing::Month(month) => month as usize,
            Timing::End => months,
        };
        if let Some(sum) = sums.get_mut(at) {
            *sum += cost.amount.value * after_tax;
        }
    }
    sums
}

impl MonthlyCosts {
    /// The recurring costs of the option alone, or those that it shares.
    fn new(option: &OptionInput, assumptions: &Assumptions, own: bool, after_tax: f64) -> Result<Self, CostError> {
        let months = assumptions.horizon_months as usize;
        let mut all = Self { fixed: vec![0.0; months], per_unit: vec![0.0; months], per_item: vec![0.0; months] };
        let is_full = assumptions.lens == Lens::Full;
        let costs: &[RecurringCost] = match (own, is_full) {
            (true, _) => &option.recurring_costs,
            (false, true) => &assumptions.shared_costs,
            (false, false) => &[],
        };
        for cost in costs.iter().filter(|cost| is_full || !cost.allocated) {
            let level = price_level("change", cost.change, assumptions)?;
            let last = cost.to_month.map_or(months, |month| month as usize).min(months);
            let (sums, factor) = match cost.per {
                PerWhat::Option => (&mut all.fixed, 1.0),
                PerWhat::Unit => (&mut all.per_unit, 1.0),
                PerWhat::Accelerator => (&mut all.per_unit, f64::from(option.accelerators_per_unit)),
                PerWhat::MillionItems => (&mut all.per_item, 1.0 / MILLION),
            };
            let covered = (cost.from_month as usize).saturating_sub(1)..last;
            for (month, sum) in sums.iter_mut().enumerate().filter(|(month, _)| covered.contains(month)) {
                *sum += cost.per_month.amount * level[month] * factor * after_tax;
            }
        }
        Ok(all)
    }
}
