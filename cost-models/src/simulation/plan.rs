//! One option, reduced to what its costs are multiplied with in every sample.

use super::parameter::{LANES, Lane};
use crate::CostError;
use crate::evaluation::{
    Asset, Assumptions, Change, Lens, OptionInput, Payment, PerWhat, PowerBasis, RatePeriod, RecurringCost, Timing,
    last_term, price_level, service_price_per_item,
};
use crate::unit_cost::MILLION;

/// How the options' units follow the need.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Units {
    /// A service has none.
    None,
    /// Units are returned when they are not needed.
    Returned,
    /// Units stay once they are there.
    Stay,
}

/// The payments that follow from buying for 1 at the begin of a month. Linear in what is left at the end of a life.
pub(super) struct Cohort {
    /// Paid at once.
    pub at_purchase: f64,
    /// Paid at the horizon at the price of the purchase, and how much that changes when everything is left.
    pub at_horizon: f64,
    pub at_horizon_slope: f64,
    /// All other payments: for what replaces it, and taxes.
    pub between: Vec<AssetPayment>,
}

pub(super) struct AssetPayment {
    pub month: usize,
    /// The month whose price it is a part of.
    pub priced_at: usize,
    /// The payment with the residual value that is assumed.
    pub amount: f64,
    /// How much it changes when everything is left instead of nothing.
    pub slope: f64,
}

/// One option, reduced to what costs are multiplied with. Amounts are at price factor 1 and after tax.
pub(super) struct Plan {
    pub units: Units,
    /// Rent of one unit in one month, paid at its end.
    pub rent: f64,
    /// Months for which a unit keeps the rent or upkeep of the month its term or life began in; 0 for rent that follows
    /// the price.
    pub term_months: u32,
    /// For each month in which a unit can be added: when its last term began, and how many months that lasts beyond the
    /// horizon. Empty without commitments.
    pub after_horizon: Vec<(usize, usize)>,
    /// Whether the parameter of the spot overhead adds to the rent.
    pub is_spot: bool,
    /// Upkeep of one unit in one month.
    pub upkeep: f64,
    /// What is paid for one unit at the begin of a month.
    pub in_advance: f64,
    /// kWh of one watt in one month before PUE, times the part of it that is paid; 0 where rent includes energy.
    pub kwh_per_watt: f64,
    /// Power of the host.
    pub host_watts: f64,
    /// Whether PUE is added to the power.
    pub adds_pue: bool,
    /// Price of an item of a service, without retries.
    pub item: f64,
    /// Price of what is bought for each unit.
    pub asset_price: f64,
    /// For each month in which a unit can be bought: the payments that follow.
    pub cohorts: Vec<Cohort>,
    /// The residual value that is assumed.
    pub residual_fraction: f64,
    /// One-off and recurring costs that depend on nothing else: the months that have any.
    pub fixed: Vec<FixedCosts>,
    /// Months of the baseline's first month, paid at t = 0.
    pub parallel_run_months: f64,
    /// What the first month costs beyond those above that is not paid anyway.
    pub first_month: FirstMonth,
    /// Costs of each month beyond those above: those of the option alone, and those it shares.
    pub own: MonthlyCosts,
    pub shared: MonthlyCosts,
    pub has_per_unit: bool,
    pub has_per_item: bool,
    /// How the option's own prices develop.
    pub level: Level,
}

/// What is paid at the end of a month whatever the demand.
pub(super) struct FixedCosts {
    pub month: usize,
    pub one_off: f64,
    pub own: f64,
    pub shared: f64,
}

/// The option's own recurring costs of the first month by what they grow with, without a share of what is there anyway.
pub(super) struct FirstMonth {
    pub fixed: f64,
    pub per_unit: f64,
    pub per_item: f64,
}

/// Costs of each month by what they grow with.
pub(super) struct MonthlyCosts {
    pub fixed: Vec<f64>,
    pub per_unit: Vec<f64>,
    pub per_item: Vec<f64>,
}

/// Whether two rows of costs are of any account.
pub(super) fn has_any(own: &[f64], shared: &[f64]) -> bool {
    own.iter().chain(shared).any(|cost| *cost != 0.0)
}

/// How a price develops over the months.
pub(super) enum Level {
    /// It stays.
    Flat,
    /// By these factors.
    Path(Vec<f64>),
    /// By a change that is sampled: `((1 + change) inflation)^(exponent month)`.
    Sampled { inflation: f64, exponent: f64 },
}

impl Level {
    pub fn new(
        field: &str,
        change: Option<Change>,
        assumptions: &Assumptions,
        sampled: bool,
    ) -> Result<Self, CostError> {
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

    pub fn is_flat(&self) -> bool {
        matches!(self, Self::Flat)
    }

    /// The factors of each month.
    #[inline(always)]
    pub fn fill(&self, change: &Lane, levels: &mut [Lane]) {
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

impl Plan {
    pub fn new(
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
        let marginal = Assumptions { lens: Lens::Marginal, ..assumptions.clone() };
        let unshared = MonthlyCosts::new(option, &marginal, true, after_tax)?;
        let first = |costs: &[f64]| costs.first().copied().unwrap_or_default();
        let shared = MonthlyCosts::new(option, assumptions, false, after_tax)?;
        let mut plan = Self {
            units: Units::Stay,
            rent: 0.0,
            term_months: 0,
            after_horizon: Vec::new(),
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
            parallel_run_months: option.parallel_run_months,
            first_month: FirstMonth {
                fixed: first(&unshared.fixed),
                per_unit: first(&unshared.per_unit),
                per_item: first(&unshared.per_item),
            },
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
                plan.in_advance = price_per_unit_block.amount * hours / hours_per_block;
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
                plan.term_months = *life_months;
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
        if matches!(option.payment, Payment::Reserved { .. } | Payment::Lease { .. }) {
            plan.after_horizon = (0..months).map(|begin| last_term(begin, months, plan.term_months)).collect();
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
