//! Evaluating options: fleet, unit cost, total cost, and the benefit against a baseline.
//!
//! Conventions. Payments stand at the end of their month; what is bought for a month stands at its begin, so that t = 0
//! is undiscounted. Months are discounted by `(1 + r)^(m/12)`. Units are whole: nobody rents 3.2 servers. Owned and
//! committed units stay once acquired, and a commitment that outlasts the horizon is charged to its end; units rented by the hour follow the need of the month. Energy is added to owned
//! hardware alone, for a rental price contains it. An option whose price or throughput is not known is shown and not
//! ranked.

mod asset;
mod basis;
mod break_even;
mod cost;
mod driver;
mod estimate;
mod exchange;
mod flags;
mod flip;
mod full_use;
mod input;
mod ledger;
mod payment;
mod result;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod tests_of_inputs;
mod validate;
mod waiting;
mod what_if;

pub use basis::{Change, PowerBasis, RateBasis, RatePeriod};
pub use break_even::{BestWithin, BreakEven, CostCurves, Line, break_even, cost_curves};
pub use cost::{Component, OneOffCost, PerWhat, RecurringCost, Timing};
pub use driver::Driver;
pub use estimate::Estimate;
pub use flags::Flag;
pub use flip::{Flip, flips};
pub use full_use::{FullUseCosts, PriceBasis, TokenCostsAtFullUse};
pub use input::{Assumptions, ExchangeRate, GridIntensity, ItemShape, Lens, OptionInput, Tax};
pub use payment::{Depreciation, Payment, SpotOverhead};
pub use result::{Benefit, ComponentCost, ComponentFlow, Evaluation, Fleet, Tco, UnitCost};

pub use waiting::{ValueOfWaiting, WaitPlan, WaitScenario, WaitedScenario, value_of_waiting};
pub use what_if::{DriverRange, Metric, curve, tornado_of, usual_ranges};

use assay_base::{Evidence, Money, format};

use crate::error::{CostError, answer, check};
use crate::time_value::{capital_recovery_factor, discounted_payback, irr_at, mirr, payback_last_crossing};
use crate::unit_cost::{MILLION, SECS_PER_HOUR};
pub(crate) use asset::Asset;
pub(crate) use exchange::in_study_currency;
use ledger::{Costing, End, Ledger};
pub(crate) use ledger::{PriceLevels, last_term, price_level, service_price_per_item, term_begin, whole};

/// Evaluates all options under the same assumptions, in the order given.
///
/// # Errors
/// An input outside its range, two currencies, two options of one id or two baselines. What is merely unknown is no
/// error: see [`Evaluation::not_ranked`].
pub fn evaluate(options: &[OptionInput], assumptions: &Assumptions) -> Result<Vec<Evaluation>, CostError> {
    validate::assumptions(assumptions)?;
    validate::options(options, assumptions)?;
    let (options, assumptions) = in_study_currency(options, assumptions)?;
    let shared = Shared::new(&assumptions)?;
    let beside = match options.iter().find(|option| option.is_baseline) {
        Some(baseline) => shared.running_month(baseline)?,
        None => None,
    };
    let mut evaluations = options
        .iter()
        .map(|option| shared.evaluate(option, beside).map_err(|error| error.within(&format!("options[{}]", option.id))))
        .collect::<Result<Vec<_>, _>>()?;
    compare_with_baseline(&mut evaluations, &shared)?;
    rank(&mut evaluations);
    Ok(evaluations)
}

/// What is the same for all options.
struct Shared<'a> {
    assumptions: &'a Assumptions,
    items: Vec<f64>,
    total_items: f64,
    discount: Vec<f64>,
    times_years: Vec<f64>,
}

impl<'a> Shared<'a> {
    fn new(assumptions: &'a Assumptions) -> Result<Self, CostError> {
        let months = assumptions.horizon_months as usize;
        let items = assumptions.demand.items(months)?;
        let total_items = answer("demand", items.iter().sum())?;
        if total_items <= 0.0 {
            return Err(CostError::invalid("demand", "no item is asked for within the horizon"));
        }
        let times_years: Vec<f64> = (0..=months).map(|month| month as f64 / 12.0).collect();
        let a_year = assumptions.discount_rate_annual.ln_1p();
        let discount = times_years.iter().map(|years| (-a_year * years).exp()).collect();
        Ok(Self { assumptions, items, total_items, discount, times_years })
    }

    fn money(&self, amount: f64) -> Money {
        Money::new(amount, self.assumptions.currency)
    }

    fn present(&self, flows: &[f64]) -> Result<f64, CostError> {
        answer("present value", flows.iter().zip(&self.discount).map(|(flow, factor)| flow * factor).sum())
    }

    /// Whole units in each month for a throughput of so many items a second; owned and committed ones `stay`.
    fn units(&self, throughput_per_sec: f64, stay: bool) -> Result<Vec<u64>, CostError> {
        const MOST: f64 = 1e12;
        let effective = throughput_per_sec * self.assumptions.effectiveness.factor()?;
        let per_month = effective * self.assumptions.hours_per_month * SECS_PER_HOUR;
        let capacity = per_month / self.assumptions.demand.peak_to_average;
        let mut most = 0;
        self.items
            .iter()
            .map(|items| {
                let needed = whole(items / capacity);
                check("units needed", needed, needed <= MOST, "at most 1e12; check demand and throughput")?;
                let spares = if needed > 0.0 { u64::from(self.assumptions.spare_units) } else { 0 };
                let units = needed as u64 + spares;
                most = most.max(units);
                Ok(if stay { most } else { units })
            })
            .collect()
    }

    /// What a month of the baseline costs to run, as it is in the first one; `None` where that is not known.
    fn running_month(&self, baseline: &OptionInput) -> Result<Option<f64>, CostError> {
        if self.unknown(baseline).is_some() {
            return Ok(None);
        }
        let units = match &baseline.throughput_per_unit {
            Ok(estimate) if !is_service(&baseline.payment) => self.units(estimate.value, stays(&baseline.payment))?,
            _ => Vec::new(),
        };
        let levels = PriceLevels::new(baseline, self.assumptions)?;
        // What is paid anyway is not paid twice.
        let assumptions = Assumptions { tax: None, lens: Lens::Marginal, ..self.assumptions.clone() };
        let costing = Costing {
            option: baseline,
            assumptions: &assumptions,
            levels: &levels,
            items: self.items.get(..1).unwrap_or_default(),
            units: units.get(..1).unwrap_or_default(),
            parallel_running: 0.0,
            end: End::Value,
        };
        costing.running()
    }

    fn evaluate(&self, option: &OptionInput, baseline_month: Option<f64>) -> Result<Evaluation, CostError> {
        let is_service = is_service(&option.payment);
        let unknown = self.unknown(option);
        let throughput = option.throughput_per_unit.as_ref().ok().copied();
        let by_end = |end: End| match throughput {
            Some(estimate) if !is_service => self.units(at_end(&estimate, end), stays(&option.payment)),
            _ => Ok(Vec::new()),
        };
        let units = [by_end(End::Value)?, by_end(End::Cheap)?, by_end(End::Dear)?];
        let levels = PriceLevels::new(option, self.assumptions)?;
        let costing = |end: End| Costing {
            option,
            assumptions: self.assumptions,
            levels: &levels,
            items: &self.items,
            units: &units[end as usize],
            parallel_running: option.parallel_run_months * baseline_month.unwrap_or_default(),
            end,
        };

        let ledgers = match &unknown {
            Some(_) => None,
            None => {
                let (value, cheap) = (costing(End::Value).ledger()?, costing(End::Cheap).ledger()?);
                value.zip(cheap).zip(costing(End::Dear).ledger()?)
            }
        };
        let tco = match &ledgers {
            Some(((value, cheap), dear)) => Some(self.tco(value, cheap, dear)?),
            None => None,
        };
        let unit_hour = |end: End| if unknown.is_none() { self.unit_hour(&costing(end)) } else { None };
        let cost_per_million = tco.as_ref().map(|tco| self.cost_per_million(tco)).transpose()?;
        let fleet = (!units[0].is_empty()).then(|| self.fleet(&units));
        let energy_kwh = fleet.as_ref().and_then(|fleet| {
            let unit_months: f64 = fleet.per_month.iter().map(|units| *units as f64).sum();
            costing(End::Value).kwh_per_unit_month().map(|kwh| answer("energy_kwh", kwh * unit_months))
        });
        let energy_kwh = energy_kwh.transpose()?;
        let carbon_kg = energy_kwh
            .zip(self.assumptions.grid.as_ref())
            .map(|(kwh, grid)| answer("carbon_kg", kwh * grid.kg_co2e_per_kwh))
            .transpose()?;
        let full_use_cost = if unknown.is_none() { self.full_use_cost(option, &unit_hour)? } else { None };
        Ok(Evaluation {
            id: option.id.clone(),
            name: option.name.clone(),
            is_baseline: option.is_baseline,
            evidence: if tco.is_some() { self.cost_evidence(option) } else { basis_evidence(option) },
            throughput,
            unit_hour: unit_hour(End::Value).transpose()?.map(|amount| self.money(amount)),
            cost_per_million,
            full_use_cost,
            full_use_costs: full_use_cost.map(|cost| self.full_use_costs(option, cost)).transpose()?,
            flags: flags::of(option, self.assumptions),
            notes: self.notes(option, fleet.as_ref(), tco.as_ref(), baseline_month),
            fleet,
            tco,
            benefit: None,
            energy_kwh,
            carbon_kg,
            rank: None,
            not_ranked: option.excluded.clone().or(unknown),
        })
    }

    /// Why an option cannot be priced.
    fn unknown(&self, option: &OptionInput) -> Option<String> {
        if let Payment::Unknown { reason } = &option.payment {
            return Some(format!("its price is unknown: {reason}"));
        }
        if let Err(reason) = &option.throughput_per_unit
            && !is_service(&option.payment)
        {
            return Some(format!("its throughput is unknown: {reason}"));
        }
        if pays_for_energy(&option.payment) {
            if option.power_watts_per_unit.is_none() {
                return Some("its power is unknown, so its energy cannot be priced".to_owned());
            }
            if self.assumptions.electricity_price_per_kwh.is_none() {
                return Some("the price of electricity is unknown, so its energy cannot be priced".to_owned());
            }
        }
        None
    }

    fn tco(&self, value: &Ledger, cheap: &Ledger, dear: &Ledger) -> Result<Tco, CostError> {
        let total = value.total()?;
        let (cheap, dear) = (cheap.total()?, dear.total()?);
        let components = Component::ALL
            .iter()
            .zip(&value.components)
            .filter(|(_, amount)| **amount != 0.0)
            .map(|(component, amount)| ComponentCost { component: *component, amount: self.money(*amount) })
            .collect();
        Ok(Tco {
            total: self.money(total),
            // Negative costs (a price of electricity below 0) turn the ends round.
            total_low: self.money(cheap.min(total).min(dear)),
            total_high: self.money(dear.max(total).max(cheap)),
            present_value: self.money(self.present(&value.monthly)?),
            components,
            monthly: value.monthly.clone(),
            by_payment: value.details().into_iter().flat_map(|details| details.by_payment()).map(flow).collect(),
            by_expense: value.details().into_iter().flat_map(|details| details.by_expense()).map(flow).collect(),
        })
    }

    /// The weakest class among all that goes into the total cost.
    fn cost_evidence(&self, option: &OptionInput) -> Evidence {
        let is_full = self.assumptions.lens == Lens::Full;
        let shared_costs = if is_full { self.assumptions.shared_costs.as_slice() } else { &[] };
        let one_off = option.one_off_costs.iter().filter(|cost| is_full || !cost.allocated);
        let recurring = option.recurring_costs.iter().chain(shared_costs).filter(|cost| is_full || !cost.allocated);
        let parallel = (option.parallel_run_months > 0.0).then_some(Evidence::Assumed);
        one_off
            .map(|cost| cost.amount.evidence)
            .chain(parallel)
            .chain(recurring.map(|cost| cost.evidence))
            .fold(basis_evidence(option), Evidence::weaker)
    }

    fn cost_per_million(&self, tco: &Tco) -> Result<UnitCost, CostError> {
        let per_million = |total: Money| {
            answer("cost_per_million", total.amount / self.total_items * MILLION).map(|amount| self.money(amount))
        };
        Ok(UnitCost {
            value: per_million(tco.total)?,
            low: per_million(tco.total_low)?,
            high: per_million(tco.total_high)?,
            per_items: MILLION,
        })
    }

    /// What an hour of one unit costs, upfront payments spread over their term and capital at the discount rate.
    /// `None` for a service; the caller has made sure that price and energy are known.
    fn unit_hour(&self, costing: &Costing<'_>) -> Option<Result<f64, CostError>> {
        let hours = self.assumptions.hours_per_month;
        let energy = || {
            let price = self.assumptions.electricity_price_per_kwh?.amount;
            Some(costing.kwh_per_unit_month()? * price / hours)
        };
        let amount = match &costing.option.payment {
            Payment::OnDemand { price_per_unit_hour } => price_per_unit_hour.amount,
            Payment::Spot { price_per_unit_hour, overhead } => match overhead.fraction() {
                Ok(fraction) => price_per_unit_hour.amount * (1.0 + fraction),
                Err(error) => return Some(Err(error)),
            },
            Payment::Reserved { price_per_unit_hour, upfront_per_unit, term_months } => {
                price_per_unit_hour.amount + upfront_per_unit.amount / (f64::from(*term_months) * hours)
            }
            Payment::CapacityBlock { price_per_unit_block, hours_per_block } => {
                price_per_unit_block.amount / hours_per_block
            }
            Payment::Lease { price_per_unit_month, upfront_per_unit, term_months, energy_included } => {
                let rate = price_per_unit_month.amount + upfront_per_unit.amount / f64::from(*term_months);
                rate / hours + if *energy_included { 0.0 } else { energy()? }
            }
            Payment::Purchase { capex_per_unit, residual_fraction, life_months, opex_fraction_per_year, .. } => {
                let capex = capex_per_unit.amount;
                let monthly = match self.monthly_capital(capex, *residual_fraction, f64::from(*life_months)) {
                    Ok(capital) => capital + capex * opex_fraction_per_year / 12.0,
                    Err(error) => return Some(Err(error)),
                };
                monthly / hours + energy()?
            }
            Payment::PerMillionItems { .. } | Payment::PerMillionTokens { .. } | Payment::Unknown { .. } => {
                return None;
            }
        };
        Some(answer("unit_hour", amount))
    }

    /// Depreciation and interest a month: `(I - S/(1+r)^n) CRF(r, n)` with months and a month's rate, so that it is
    /// worth what the payments are that the present value discounts.
    fn monthly_capital(&self, capex: f64, residual_fraction: f64, months: f64) -> Result<f64, CostError> {
        let rate = (self.assumptions.discount_rate_annual.ln_1p() / 12.0).exp_m1();
        let left = residual_fraction * (-months * rate.ln_1p()).exp();
        Ok(capex * (1.0 - left) * capital_recovery_factor(rate, months)?)
    }

    fn full_use_cost(
        &self,
        option: &OptionInput,
        unit_hour: &impl Fn(End) -> Option<Result<f64, CostError>>,
    ) -> Result<Option<UnitCost>, CostError> {
        if let Some(price) = service_price_per_item(&option.payment) {
            let attempts = 1.0 + self.assumptions.effectiveness.retry_fraction;
            let value = self.money(answer("full_use_cost", price * attempts * MILLION)?);
            return Ok(Some(UnitCost { value, low: value, high: value, per_items: MILLION }));
        }
        let Ok(throughput) = &option.throughput_per_unit else { return Ok(None) };
        let factor = self.assumptions.effectiveness.factor()?;
        let at = |end: End| -> Result<Option<Money>, CostError> {
            let Some(hour) = unit_hour(end).transpose()? else { return Ok(None) };
            let per_hour = at_end(throughput, end) * factor * SECS_PER_HOUR;
            answer("full_use_cost", hour / per_hour * MILLION).map(|amount| Some(self.money(amount)))
        };
        Ok(match (at(End::Value)?, at(End::Cheap)?, at(End::Dear)?) {
            (Some(value), Some(cheap), Some(dear)) => {
                // A negative price of electricity can make the slower unit the cheaper one.
                let ends = [value.amount, cheap.amount, dear.amount];
                let low = self.money(ends.into_iter().fold(f64::INFINITY, f64::min));
                let high = self.money(ends.into_iter().fold(f64::NEG_INFINITY, f64::max));
                Some(UnitCost { value, low, high, per_items: MILLION })
            }
            _ => None,
        })
    }

    fn fleet(&self, units: &[Vec<u64>; 3]) -> Fleet {
        let most = |units: &[u64]| units.iter().copied().max().unwrap_or_default();
        Fleet {
            at_start: units[0].first().copied().unwrap_or_default(),
            at_peak: most(&units[0]),
            at_peak_low: most(&units[1]),
            at_peak_high: most(&units[2]),
            per_month: units[0].clone(),
        }
    }

    fn notes(
        &self,
        option: &OptionInput,
        fleet: Option<&Fleet>,
        tco: Option<&Tco>,
        baseline_month: Option<f64>,
    ) -> Vec<String> {
        let mut notes = Vec::new();
        if option.parallel_run_months > 0.0 && baseline_month.is_none() {
            notes.push("The old platform running beside this one is not counted: its cost is not known.".to_owned());
        }
        if let Some(fleet) = fleet
            && fleet.at_peak_low != fleet.at_peak_high
        {
            notes.push(format!(
                "The throughput's interval needs between {} and {} units at the peak.",
                format::thousands(fleet.at_peak_low as f64, 0),
                format::thousands(fleet.at_peak_high as f64, 0)
            ));
        }
        if pays_for_energy(&option.payment) {
            let price = self.assumptions.electricity_price_per_kwh;
            let price = format::or_unknown(price, |price| format!("{} a kWh", format::money(price)));
            notes.push(match option.power_basis {
                PowerBasis::Facility => format!("Energy is added at {price}; the power includes the PUE."),
                _ => {
                    format!("Energy is added at {price} and PUE {}.", format::significant(self.assumptions.pue, 3))
                }
            });
        } else if !is_service(&option.payment) {
            notes.push("The price includes the energy.".to_owned());
        }
        match &option.payment {
            Payment::Purchase { residual_fraction, life_months, .. } => {
                let paid = tco.and_then(|tco| tco.component(Component::Hardware));
                let left = tco.and_then(|tco| tco.component(Component::ResidualValue));
                let share = paid.zip(left).filter(|(paid, _)| *paid > 0.0).map(|(paid, left)| -left / paid);
                let share = share.map(|share| format!(", {} of what was paid", format::percent(share, 0)));
                notes.push(format!(
                    "Hardware counts at the horizon with what it is still worth{}: its value falls in a straight line \
                     to {} after {} months, so what was bought last is worth most.",
                    share.unwrap_or_default(),
                    format::percent(*residual_fraction, 0),
                    life_months
                ));
            }
            Payment::Reserved { upfront_per_unit, .. } | Payment::Lease { upfront_per_unit, .. } => {
                let renewed = match option.price_change {
                    Some(change) if change.fraction != 0.0 => "at the price of that month",
                    _ => "at the same price",
                };
                notes.push(format!("Commitments are paid whether used or not and renewed {renewed}."));
                let owed = tco.and_then(|tco| tco.component(Component::CommitmentAfterHorizon));
                if let Some(owed) = owed {
                    notes.push(format!(
                        "Contracts that outlast the horizon count in full: {} are still to be paid after it.",
                        format::money(self.money(owed))
                    ));
                }
                if upfront_per_unit.amount > 0.0 {
                    notes
                        .push("Upfront payments count in full, also where their term outlasts the horizon.".to_owned());
                }
            }
            Payment::Spot { .. } => {
                notes.push("Spot capacity can be withdrawn; its price is not a commitment of the seller.".to_owned());
            }
            _ => {}
        }
        if let (Some(grid), Some(_)) = (&self.assumptions.grid, option.power_watts_per_unit) {
            let intensity = format::significant(grid.kg_co2e_per_kwh, 3);
            notes.push(format!(
                "Emissions are location-based at {intensity} kg CO2e a kWh ({}, {}).",
                grid.grid, grid.as_of
            ));
        }
        let late = |cost: &&OneOffCost| matches!(cost.timing, Timing::Month(m) if m > self.assumptions.horizon_months);
        for cost in option.one_off_costs.iter().filter(late) {
            notes.push(format!("A cost of {} falls due after the horizon and is not counted.", cost.component.label()));
        }
        notes
    }
}

fn flow((component, monthly): (Component, &[f64])) -> ComponentFlow {
    ComponentFlow { component, monthly: monthly.to_vec() }
}

fn compare_with_baseline(evaluations: &mut [Evaluation], shared: &Shared<'_>) -> Result<(), CostError> {
    let Some(baseline) = evaluations.iter().find(|evaluation| evaluation.is_baseline) else { return Ok(()) };
    let Some(tco) = &baseline.tco else { return Ok(()) };
    let baseline_costs = tco.monthly.clone();
    for evaluation in evaluations.iter_mut().filter(|evaluation| !evaluation.is_baseline) {
        let Some(tco) = &evaluation.tco else { continue };
        let flows = baseline_costs.iter().zip(&tco.monthly).map(|(theirs, ours)| theirs - ours).collect();
        evaluation.benefit = Some(benefit(flows, shared)?);
    }
    Ok(())
}

fn benefit(flows: Vec<f64>, shared: &Shared<'_>) -> Result<Benefit, CostError> {
    let annual_rate = shared.assumptions.discount_rate_annual;
    let monthly_rate = (annual_rate.ln_1p() / 12.0).exp_m1();
    let npv = shared.present(&flows)?;
    // A rate a month that no rate a year can express says nothing: tiny outlays, vast gains.
    let annual_mirr = mirr(&flows, monthly_rate, monthly_rate)?
        .map(|monthly| (12.0 * monthly.ln_1p()).exp_m1())
        .filter(|annual| annual.is_finite());
    let deepest = result::cumulative(&flows).into_iter().fold(0.0, f64::min);
    let investment = (deepest < 0.0).then_some(-deepest);
    let over_investment = |name: &str, gain: f64| investment.map(|invested| answer(name, gain / invested)).transpose();
    Ok(Benefit {
        npv: shared.money(npv),
        irr: irr_at(&shared.times_years, &flows)?,
        mirr: annual_mirr,
        payback_months: payback_last_crossing(&flows)?,
        discounted_payback_months: discounted_payback(monthly_rate, &flows)?,
        investment: investment.map(|amount| shared.money(amount)),
        roi: over_investment("roi", flows.iter().sum())?,
        profitability_index: over_investment("profitability_index", npv)?.map(|gain| 1.0 + gain),
        flows,
    })
}

/// Ranks by present value; equals share a rank.
fn rank(evaluations: &mut [Evaluation]) {
    let cost = |evaluation: &Evaluation| match (&evaluation.not_ranked, &evaluation.tco) {
        (None, Some(tco)) => Some(tco.present_value.amount),
        _ => None,
    };
    let mut costs: Vec<f64> = evaluations.iter().filter_map(cost).collect();
    costs.sort_by(f64::total_cmp);
    for evaluation in evaluations {
        evaluation.rank = cost(evaluation).map(|own| 1 + costs.iter().take_while(|other| **other < own).count() as u32);
    }
}

fn at_end(throughput: &Estimate, end: End) -> f64 {
    match end {
        End::Value => throughput.value,
        // The inverse driver: the faster unit is the cheaper one.
        End::Cheap => throughput.high,
        End::Dear => throughput.low,
    }
}

fn is_service(payment: &Payment) -> bool {
    matches!(payment, Payment::PerMillionItems { .. } | Payment::PerMillionTokens { .. })
}

fn pays_for_energy(payment: &Payment) -> bool {
    matches!(payment, Payment::Purchase { .. } | Payment::Lease { energy_included: false, .. })
}

fn stays(payment: &Payment) -> bool {
    matches!(payment, Payment::Purchase { .. } | Payment::Lease { .. } | Payment::Reserved { .. })
}

fn basis_evidence(option: &OptionInput) -> Evidence {
    let mut evidence = option.price_evidence;
    if !is_service(&option.payment)
        && let Ok(throughput) = &option.throughput_per_unit
    {
        evidence = evidence.weaker(throughput.evidence);
    }
    if pays_for_energy(&option.payment)
        && let Some(power) = &option.power_watts_per_unit
    {
        evidence = evidence.weaker(power.evidence);
    }
    evidence
}
