//! The ways to rent an option, their prices, and the cheapest mix of them.

use assay_base::{Currency, Evidence, format};
use assay_cost_models::capacity::{CommitmentMix, Contract, Load, RentRates, commitment_mix};
use assay_cost_models::{CostError, Payment};
use assay_hardware_profiles::{Offer, OfferKind};
use assay_study::capacity::{Commitments, Fleet};
use assay_study::{PriceSource, StudyOption};
use jiff::ToSpan as _;

use super::option::Context;
use super::sizing::{fact, unknown};
use crate::assess::{PriceFact, ResolvedOption, resolve_price};
use assay_reports::content::capacity::{ContractTerms, CostLineKind, Fact, Mix, MixQuarter, Signing};

/// The ways to rent an option.
pub(super) struct Ways {
    contracts: Vec<(Contract, ContractTerms)>,
    rates: RentRates,
    currency: Currency,
    /// What renting without commitment is.
    rent: CostLineKind,
    /// The weakest class among the prices.
    pub evidence: Evidence,
    pub facts: Vec<Fact>,
    pub warnings: Vec<String>,
}

/// The price of a unit for an hour, and where it is from.
struct Rate {
    per_hour: f64,
    /// What of a term is paid at its begin.
    upfront: f64,
    term_months: u32,
    evidence: Evidence,
    source: String,
    warnings: Vec<String>,
}

impl Ways {
    /// The ways to rent an option whose own price is known: its own alone, or those that the study allows.
    pub fn of(
        context: &Context<'_>,
        fleet: Option<&Fleet>,
        option: &StudyOption,
        resolved: &ResolvedOption,
        price: &PriceFact,
    ) -> Result<Self, String> {
        let own = rate(context, price)?.ok_or("the option is not rented")?;
        let mut ways = Self {
            contracts: Vec::new(),
            rates: RentRates { on_demand_per_hour: None, spot_per_hour: None, spot_share_cap: 0.0 },
            currency: context.assessment.study.currency,
            rent: CostLineKind::OnDemand,
            evidence: own.evidence,
            facts: Vec::new(),
            warnings: Vec::new(),
        };
        match &context.capacity.commitments {
            None => ways.own_alone(&price.payment, own),
            Some(allowed) => {
                let market = Market { context, fleet, option, resolved };
                ways.allowed(&market, allowed, &price.payment, own);
            }
        }
        if ways.rates.on_demand_per_hour.is_none() && ways.contracts.is_empty() {
            return Err("none of the ways to rent that the study allows has a known price".to_owned());
        }
        Ok(ways)
    }

    fn own_alone(&mut self, payment: &Payment, own: Rate) {
        match payment {
            Payment::Reserved { .. } => self.commit(name_of(own.term_months), own, 0.0),
            Payment::Spot { .. } => {
                self.rent = CostLineKind::Spot;
                self.warnings.push("All units are on spot: all of them can be withdrawn at once.".to_owned());
                self.rent_at(own);
            }
            Payment::CapacityBlock { .. } => {
                self.rent = CostLineKind::CapacityBlock;
                self.rent_at(own);
            }
            _ => self.rent_at(own),
        }
    }

    fn allowed(&mut self, market: &Market<'_>, allowed: &Commitments, payment: &Payment, own: Rate) {
        let (mut on_demand, mut reserved, mut spot) = (None, None, None);
        match payment {
            Payment::Reserved { term_months, .. } => reserved = Some((*term_months, own)),
            Payment::Spot { .. } => spot = Some(own),
            _ => on_demand = Some(own),
        }
        // Discounts are on the price on demand, also where renting on demand itself is not allowed.
        let base = on_demand.or_else(|| market.offer(OfferKind::OnDemand));
        let base_per_hour = base.as_ref().map(|rate| rate.per_hour);
        let terms =
            [(36, &allowed.reserved_3y, OfferKind::Reserved3Y), (12, &allowed.reserved_1y, OfferKind::Reserved1Y)];
        for (months, commitment, kind) in terms {
            let Some(commitment) = commitment else { continue };
            let own = reserved.take_if(|(term, _)| *term == months).map(|(_, rate)| rate);
            let rate = match commitment.discount {
                Some(discount) => base_per_hour.map(|base| discounted(base, discount, commitment.source.as_deref())),
                None => own.or_else(|| market.offer(kind)),
            };
            match rate {
                Some(rate) => {
                    self.commit(name_of(months), Rate { term_months: months, ..rate }, commitment.risk_markup)
                }
                None => self.without(&name_of(months), &format!("reserved_{}y", months / 12), base_per_hour),
            }
        }
        if let Some(allowed) = &allowed.spot {
            let rate = match allowed.discount {
                Some(discount) => base_per_hour.map(|base| {
                    let mut rate = discounted(base, discount, allowed.source.as_deref());
                    rate.per_hour *= 1.0 + allowed.overhead_fraction;
                    rate
                }),
                None => spot.or_else(|| market.offer(OfferKind::Spot)),
            };
            match rate {
                Some(rate) => {
                    let text = format!(
                        "{} an hour, at most {} of the units",
                        format::money_in(rate.per_hour, self.currency),
                        format::percent(allowed.max_share, 0)
                    );
                    self.note("spot", "Spot", &rate, text);
                    self.rates.spot_per_hour = Some(rate.per_hour);
                    self.rates.spot_share_cap = allowed.max_share;
                }
                None => self.without("spot", "spot", base_per_hour),
            }
        }
        if allowed.on_demand {
            match base {
                Some(rate) => self.rent_at(rate),
                None => self.without("on demand", "on_demand", None),
            }
        }
    }

    fn rent_at(&mut self, rate: Rate) {
        let text = format!("{} an hour", format::money_in(rate.per_hour, self.currency));
        let label = self.rent.label().to_owned();
        self.note("rent", &label, &rate, text);
        self.rates.on_demand_per_hour = Some(rate.per_hour);
    }

    fn commit(&mut self, name: String, rate: Rate, risk_markup: f64) {
        let text = format!(
            "{} an hour for {}{}",
            format::money_in(rate.per_hour, self.currency),
            format::whole_months(rate.term_months),
            if risk_markup > 0.0 {
                format!(", weighed {} dearer", format::percent(risk_markup, 0))
            } else {
                String::new()
            }
        );
        self.note(&name.replace(' ', "_"), &name, &rate, text);
        let terms = ContractTerms {
            name: name.clone(),
            term_months: rate.term_months,
            rate_per_hour: rate.per_hour,
            source: rate.source,
            evidence: rate.evidence,
        };
        let contract = Contract {
            name,
            term_months: rate.term_months,
            rate_per_hour: rate.per_hour,
            upfront: rate.upfront,
            risk_markup,
        };
        self.contracts.push((contract, terms));
    }

    fn note(&mut self, key: &str, label: &str, rate: &Rate, text: String) {
        self.facts.push(fact(key, label, rate.per_hour, text, rate.evidence, &rate.source));
        self.evidence = self.evidence.weaker(rate.evidence);
        self.warnings.extend(rate.warnings.iter().map(|warning| format!("{label}: {warning}")));
    }

    fn without(&mut self, label: &str, key: &str, base_per_hour: Option<f64>) {
        let reason = match base_per_hour {
            Some(_) => format!(
                "no offer like the option's own; state `capacity.commitments.{key}.discount`, or name one in the fleet's `offers`"
            ),
            None => "the price on demand is not known; name an offer in the fleet's `offers`".to_owned(),
        };
        self.facts.push(unknown(&label.replace(' ', "_"), label, &reason));
        self.warnings.push(format!("The mix goes without {label}: {reason}."));
    }

    /// Whether there is a choice between contracts, or contracts and renting.
    pub fn commits(&self) -> bool {
        !self.contracts.is_empty()
    }

    /// What the cost of renting without commitment is called.
    pub fn rent_kind(&self) -> &CostLineKind {
        &self.rent
    }

    /// The cheapest mix for the units of each month of each forecast.
    pub fn mix(&self, context: &Context<'_>, loads: &[Load]) -> Result<Mix, CostError> {
        let contracts: Vec<Contract> = self.contracts.iter().map(|(contract, _)| contract.clone()).collect();
        let hours = context.assessment.assumptions.hours_per_month;
        let profile = load_profile(&context.capacity.load_profile);
        let horizon = loads.first().map_or(0, |load| load.units_per_month.len());
        let longest = contracts.iter().map(|contract| contract.term_months as usize).max().unwrap_or_default();
        let loads: Vec<Load> = loads.iter().map(|load| continued(load, longest)).collect();
        let mix = commitment_mix(&loads, horizon, &profile, &contracts, &self.rates, hours)?;
        Ok(self.described(context, mix, hours))
    }

    fn described(&self, context: &Context<'_>, mix: CommitmentMix, hours: f64) -> Mix {
        let mean = |sum: f64, months: usize| sum / months as f64;
        let by_quarter = mix.months.chunks(3).zip(context.quarters).map(|(months, span)| MixQuarter {
            quarter: span.quarter,
            committed: (0..self.contracts.len())
                .map(|i| mean(months.iter().filter_map(|m| m.committed.get(i)).sum::<u64>() as f64, months.len()))
                .collect(),
            rented: mean(months.iter().map(|m| m.on_demand_hours).sum::<f64>() / hours, months.len()),
            spot: mean(months.iter().map(|m| m.spot_hours).sum::<f64>() / hours, months.len()),
        });
        let first = context.quarters.first().map(|span| span.begins);
        let signings = mix
            .months
            .iter()
            .enumerate()
            .flat_map(|(month, m)| {
                let on = first.and_then(|first| first.checked_add((month as i64).months()).ok());
                m.starting.iter().zip(&self.contracts).filter_map(move |(units, (contract, _))| {
                    (*units > 0).then_some(Signing { on: on?, contract: contract.name.clone(), units: *units })
                })
            })
            .collect();
        Mix {
            contracts: self.contracts.iter().map(|(_, terms)| terms.clone()).collect(),
            rent_per_hour: self.rates.on_demand_per_hour,
            spot_per_hour: self.rates.spot_per_hour,
            spot_max_share: self.rates.spot_share_cap,
            quarters: by_quarter.collect(),
            signings,
            total: mix.total,
            all_rented: mix.all_on_demand,
            after_horizon: mix.after_horizon,
            rules: mix.rules,
            months: mix.months,
        }
    }
}

/// Where prices beside an option's own are found.
struct Market<'a> {
    context: &'a Context<'a>,
    fleet: Option<&'a Fleet>,
    option: &'a StudyOption,
    resolved: &'a ResolvedOption,
}

impl Market<'_> {
    /// The cheapest offer of a kind that is named for the option, or is like its own: the same unit of the same provider
    /// in the same region.
    fn offer(&self, kind: OfferKind) -> Option<Rate> {
        let profile = self.context.catalog.require(self.option.profile.as_deref()?).ok()?;
        let named: &[String] = self.fleet.map_or(&[], |fleet| &fleet.offers);
        let own = self.option.price.offer.as_deref().and_then(|id| profile.offer(id));
        let like = |offer: &&Offer| match (named.is_empty(), own) {
            (false, _) => named.contains(&offer.id),
            (true, Some(own)) => {
                (&offer.provider, &offer.unit, &offer.region) == (&own.provider, &own.unit, &own.region)
            }
            (true, None) => false,
        };
        let same_unit = |fact: &PriceFact| fact.accelerators_per_unit == self.resolved.input.accelerators_per_unit;
        profile
            .offers
            .iter()
            .filter(|offer| offer.kind == kind)
            .filter(like)
            .filter_map(|offer| {
                let mut option = self.option.clone();
                option.price.from = PriceSource::Offer;
                option.price.offer = Some(offer.id.clone());
                (option.price.upfront_per_unit, option.price.term_months) = (None, None);
                let assessment = self.context.assessment;
                let fact = resolve_price(&assessment.study, &option, Some(profile), assessment.pricing_date).ok()?;
                same_unit(&fact).then(|| rate(self.context, &fact).ok().flatten()).flatten()
            })
            .min_by(|a, b| a.per_hour.total_cmp(&b.per_hour))
    }
}

/// The rate of a rented unit in the study's currency; `None` for what is not rented.
fn rate(context: &Context<'_>, price: &PriceFact) -> Result<Option<Rate>, String> {
    let exchange = |money: assay_base::Money| money.amount * context.assessment.exchange_rate(money.currency);
    let hours = context.assessment.assumptions.hours_per_month;
    let (per_hour, upfront, term_months) = match &price.payment {
        Payment::OnDemand { price_per_unit_hour } => (exchange(*price_per_unit_hour), 0.0, 0),
        Payment::Spot { price_per_unit_hour, overhead } => {
            let overhead = overhead.fraction().map_err(|error| error.to_string())?;
            (exchange(*price_per_unit_hour) * (1.0 + overhead), 0.0, 0)
        }
        Payment::CapacityBlock { price_per_unit_block, hours_per_block } => {
            // One window after the other.
            (exchange(*price_per_unit_block) / hours_per_block, 0.0, 0)
        }
        Payment::Reserved { price_per_unit_hour, upfront_per_unit, term_months } => {
            let upfront = exchange(*upfront_per_unit);
            let spread = upfront / (f64::from(*term_months) * hours);
            (exchange(*price_per_unit_hour) + spread, upfront, *term_months)
        }
        _ => return Ok(None),
    };
    Ok(Some(Rate {
        per_hour,
        upfront,
        term_months,
        evidence: price.evidence,
        source: match price.as_of {
            Some(day) => format!("{}; {}, {day}", price.offer, price.source),
            None => format!("{}; {}", price.offer, price.source),
        },
        warnings: price.warnings.clone(),
    }))
}

fn discounted(base_per_hour: f64, discount: f64, source: Option<&str>) -> Rate {
    Rate {
        per_hour: base_per_hour * (1.0 - discount),
        upfront: 0.0,
        term_months: 0,
        evidence: Evidence::Assumed,
        source: format!(
            "{} off the price on demand; {}",
            format::percent(discount, 1),
            source.unwrap_or("stated in the study")
        ),
        warnings: Vec::new(),
    }
}

fn name_of(term_months: u32) -> String {
    match term_months {
        months if months.is_multiple_of(12) => format!("reserved {}y", months / 12),
        months => format!("reserved {months}m"),
    }
}

/// A load with so many months after the horizon: its last year again and again.
fn continued(load: &Load, months: usize) -> Load {
    let known = &load.units_per_month;
    let last_year = known.get(known.len().saturating_sub(12)..).unwrap_or_default();
    let after = last_year.iter().copied().cycle().take(months);
    Load { weight: load.weight, units_per_month: known.iter().copied().chain(after).collect() }
}

/// Loads of hours over the largest of them.
fn load_profile(loads: &[f64]) -> Vec<f64> {
    let most = loads.iter().copied().fold(0.0, f64::max);
    loads.iter().map(|load| if most > 0.0 { load / most } else { 1.0 }).collect()
}
