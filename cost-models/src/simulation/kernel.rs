//! The present value of the options' costs for a batch of samples at once.
//!
//! The same model as the evaluation's ledger (a test holds them together), without its books: the loops run over
//! months outside and samples inside, so that they vectorise.

use super::parameter::{LANES, Lane, own, shared};
use super::plan::{AssetPayment, Level, Plan, Units};
use crate::CostError;
use crate::demand::Growth;
use crate::evaluation::{Assumptions, OptionInput, Payment, term_begin};
use crate::unit_cost::SECS_PER_HOUR;

/// The options of a simulation.
pub(super) struct Kernel {
    plans: Vec<Plan>,
    parameters: Vec<f64>,
    /// Items in each month at demand factor 1, without the growth of a compound and the additions of a linear demand.
    items: Vec<f64>,
    /// What a linear demand adds to them; empty where nothing is added.
    added: Vec<f64>,
    compound: bool,
    hours_per_month: f64,
    spares: f64,
    electricity: Level,
    discount_is_fixed: bool,
    /// The plan of the baseline, where some option is introduced beside it.
    beside: Option<usize>,
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
        let mut level = assumptions.demand.clone();
        if level.starts_from_items() {
            level.growth = Growth::Compound { per_month: 0.0 };
        }
        let added = match assumptions.demand.growth {
            Growth::Linear { added_per_month } => {
                let season = |month: usize| match level.season.as_slice() {
                    [] => 1.0,
                    season => season[month % season.len()],
                };
                (0..months).map(|month| added_per_month * month as f64 * season(month)).collect()
            }
            _ => Vec::new(),
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
            1.0,
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
        let is_beside = options.iter().any(|option| option.parallel_run_months > 0.0);
        Ok(Self {
            beside: options.iter().position(|option| option.is_baseline && is_beside),
            plans: options.iter().enumerate().map(plan).collect::<Result<_, _>>()?,
            parameters,
            items: level.items(months)?,
            added,
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
        let baseline_month = self.running_month(parameters, items, &per_throughput);
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
            if plan.parallel_run_months > 0.0 {
                for lane in 0..LANES {
                    let month = if baseline_month[lane] > 0.0 { baseline_month[lane] } else { 0.0 };
                    cost[lane] += plan.parallel_run_months * month;
                }
            }
        }
    }

    /// What the first month of the baseline costs to run, after tax.
    #[inline(always)]
    fn running_month(&self, parameters: &[Lane], items: &[Lane], per_throughput: &Lane) -> Lane {
        let mut month = [0.0; LANES];
        let Some((i, plan)) = self.beside.and_then(|i| Some((i, self.plans.get(i)?))) else { return month };
        let (common, own) = parameters.split_at(shared::COUNT + i * own::COUNT);
        let [pue, electricity, retries] =
            [shared::PUE, shared::ELECTRICITY_PRICE, shared::RETRIES].map(|place| &common[place]);
        let [price, power, overhead] = [own::PRICE_FACTOR, own::POWER, own::SPOT_OVERHEAD].map(|place| &own[place]);
        let [throughput, recurring] = [own::THROUGHPUT, own::RECURRING_FACTOR].map(|place| &own[place]);
        for lane in 0..LANES {
            let items = items[0][lane];
            let needed = match plan.units {
                Units::None => 0.0,
                // As in `units`.
                _ => (items * ((1.0 - 1e-9) / (throughput[lane] * per_throughput[lane]))).ceil(),
            };
            let units = if needed > 0.0 { needed + self.spares } else { 0.0 };
            let overhead = if plan.is_spot { 1.0 + overhead[lane] } else { 1.0 };
            let pue = if plan.adds_pue { pue[lane] } else { 1.0 };
            let energy = plan.kwh_per_watt * (power[lane] + plan.host_watts) * pue * electricity[lane];
            let paid = plan.rent * overhead + plan.upkeep + plan.in_advance;
            let a_unit = paid * price[lane] + energy + plan.first_month.per_unit * recurring[lane];
            let an_item = plan.item * (1.0 + retries[lane]) * price[lane] + plan.first_month.per_item * recurring[lane];
            month[lane] = units * a_unit + items * an_item + plan.first_month.fixed * recurring[lane];
        }
        month
    }

    #[inline(always)]
    fn demand(&self, scratch: &mut Scratch) {
        let growth = scratch.parameters[shared::DEMAND_GROWTH].map(|growth| 1.0 + growth);
        let factor = scratch.parameters[shared::DEMAND_FACTOR];
        let volume = scratch.parameters[shared::VOLUME];
        let mut level = [0.0; LANES];
        for lane in 0..LANES {
            level[lane] = factor[lane] * volume[lane];
        }
        for (month, (items, base)) in scratch.items.iter_mut().zip(&self.items).enumerate() {
            let mut now = [0.0; LANES];
            for lane in 0..LANES {
                now[lane] = base * level[lane];
            }
            if let Some(added) = self.added.get(month) {
                for lane in 0..LANES {
                    now[lane] = (now[lane] + added * factor[lane]).max(0.0);
                }
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
        if (self.rent != 0.0 || self.upkeep != 0.0) && !self.level.is_flat() {
            for_rent = self.rented(sample, units);
        }
        let [pue, electricity_price] = [shared::PUE, shared::ELECTRICITY_PRICE].map(|place| &common[place]);
        let [power, price, overhead] = [own::POWER, own::PRICE_FACTOR, own::SPOT_OVERHEAD].map(|place| &own[place]);
        for lane in 0..LANES {
            let pue = if self.adds_pue { pue[lane] } else { 1.0 };
            let energy = self.kwh_per_watt * (power[lane] + self.host_watts) * pue * electricity_price[lane];
            let overhead = if self.is_spot { 1.0 + overhead[lane] } else { 1.0 };
            let paid = for_rent[lane] * (self.rent * overhead + self.upkeep);
            cost[lane] += paid * price[lane] + for_energy[lane] * energy;
        }
        if let Some(at_horizon) = discount.last().filter(|_| self.rent != 0.0 && !self.after_horizon.is_empty()) {
            let owed = self.owed(sample, units);
            for lane in 0..LANES {
                cost[lane] += owed[lane] * self.rent * price[lane] * at_horizon[lane];
            }
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

    /// Unit-months of contracts after the horizon, each at the price level of its last term.
    #[inline(always)]
    fn owed(&self, sample: &Sample<'_>, units: &[Lane]) -> Lane {
        let is_flat = self.level.is_flat();
        let (mut owned, mut sum) = ([0.0; LANES], [0.0; LANES]);
        for (now, (last, months)) in units.iter().zip(&self.after_horizon) {
            for lane in 0..LANES {
                let level = if is_flat { 1.0 } else { sample.level[*last][lane] };
                sum[lane] += (now[lane] - owned[lane]) * level * *months as f64;
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
