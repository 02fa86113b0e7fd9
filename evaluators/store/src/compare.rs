//! Measurements joined with offers: what a million items cost on each device, with each stack, under each offer.

use assay_base::{Evidence, Money};
use assay_core::Measurement;
use assay_core::measurement::Throughput;
use polars::prelude::*;
use serde::Serialize;

use crate::error::StoreError;

/// One way to pay for accelerators of one hardware profile.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferRow {
    /// Id of the option in the study.
    pub option: String,
    /// Id of the offer.
    pub offer: String,
    /// Id of the hardware profile.
    pub profile: String,
    /// The only stack the option uses; absent when it may use any.
    pub stack: Option<String>,
    /// Price of a unit (an instance, a node) for an hour; absent when it is not known.
    pub price_per_unit_hour: Option<Money>,
    /// Accelerators in a unit.
    pub accelerators_per_unit: f64,
    /// Evidence of the price.
    pub evidence: Evidence,
}

/// A measurement under an offer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparisonRow {
    /// The measurement.
    pub measurement_id: String,
    /// The workload's name.
    pub workload: String,
    /// Hash of its definition.
    pub workload_hash: String,
    /// The device's name.
    pub device: String,
    /// Id of its hardware profile, where one is known.
    pub profile: Option<String>,
    /// The stack.
    pub stack: String,
    /// The target.
    pub target: String,
    /// How the measurement ended.
    pub status: &'static str,
    /// Items a second of one accelerator; only where the measurement passed.
    pub throughput: Option<Throughput>,
    /// The option; absent where no offer fits or the measurement did not pass.
    pub option: Option<String>,
    /// The offer; absent likewise.
    pub offer: Option<String>,
    /// Cost of a million items; absent likewise, and where the price is unknown.
    pub cost_per_million: Option<Money>,
    /// Position by cost from 1 among the rows of the same workload, unit and currency; absent without a cost.
    pub rank: Option<usize>,
    /// Evidence of the cost, the weaker of measurement and price; of the measurement alone where there is no offer.
    pub evidence: Evidence,
    /// Whether the measurement is too noisy to be ranked without saying so.
    pub noisy: bool,
}

/// Joins measurements with the offers for their devices.
///
/// `profile_of` names the hardware profile of a measurement's device, where one is known. Only measurements that passed
/// meet offers; the others, and those for whose device there is none, remain as one row without a price. Rows are
/// ordered by workload (as they first appear), currency, then cost, unknown costs last.
///
/// `cost of a million items = price of a unit-hour / accelerators in a unit / (3600 x items a second) x 10^6`,
/// for one accelerator used as it was measured, without idle time: utilisation is the cost models' concern.
///
/// # Errors
/// When an offer's price or number of accelerators is not a positive number, or polars cannot answer.
pub fn compare<'a>(
    measurements: impl IntoIterator<Item = &'a Measurement>,
    profile_of: impl Fn(&Measurement) -> Option<String>,
    offers: &[OfferRow],
) -> Result<Vec<ComparisonRow>, StoreError> {
    offers.iter().try_for_each(check)?;
    let subjects: Vec<Subject> =
        measurements.into_iter().map(|m| Subject { measurement: m, profile: profile_of(m) }).collect();
    let joined = query(&subjects, offers)?;
    let (rows, matches, costs) =
        (joined.column("subject")?.u32()?, joined.column("offer")?.u32()?, joined.column("cost")?.f64()?);
    let mut compared: Vec<ComparisonRow> = Vec::with_capacity(joined.height());
    for ((subject, offer), cost) in rows.iter().zip(matches.iter()).zip(costs.iter()) {
        let Some(subject) = subject.and_then(|index| subjects.get(index as usize)) else { continue };
        let offer = offer.and_then(|index| offers.get(index as usize));
        let mut row = subject.row(offer, cost);
        row.rank =
            row.cost_per_million.map(|_| 1 + compared.iter().filter(|other| ranked_together(other, &row)).count());
        compared.push(row);
    }
    Ok(compared)
}

fn check(offer: &OfferRow) -> Result<(), StoreError> {
    let positive = |value: f64| value.is_finite() && value > 0.0;
    let refuse = |reason| Err(StoreError::Offer { option: offer.option.clone(), reason });
    match offer.price_per_unit_hour {
        Some(price) if !positive(price.amount) => {
            refuse(format!("its price is {}; leave an unknown price out", price.amount))
        }
        _ if !positive(offer.accelerators_per_unit) => {
            refuse(format!("a unit has {} accelerators; it must have at least one", offer.accelerators_per_unit))
        }
        _ => Ok(()),
    }
}

struct Subject<'a> {
    measurement: &'a Measurement,
    profile: Option<String>,
}

impl Subject<'_> {
    /// Items a second, where the measurement may be priced.
    fn items_per_sec(&self) -> Option<f64> {
        let throughput = self.measurement.throughput.as_ref().filter(|_| self.measurement.status.passed())?;
        let usable = throughput.unit.ends_with("/s") && throughput.value.is_finite() && throughput.value > 0.0;
        usable.then_some(throughput.value)
    }

    fn row(&self, offer: Option<&OfferRow>, cost: Option<f64>) -> ComparisonRow {
        let m = self.measurement;
        let currency = offer.and_then(|offer| offer.price_per_unit_hour).map(|price| price.currency);
        ComparisonRow {
            measurement_id: m.id.clone(),
            workload: m.workload.id.clone(),
            workload_hash: m.workload_hash.clone(),
            device: m.device.name.clone(),
            profile: self.profile.clone(),
            stack: m.stack.to_string(),
            target: m.target.clone(),
            status: m.status.label(),
            throughput: m.throughput.clone().filter(|_| m.status.passed()),
            option: offer.map(|offer| offer.option.clone()),
            offer: offer.map(|offer| offer.offer.clone()),
            cost_per_million: cost.zip(currency).map(|(amount, currency)| Money::new(amount, currency)),
            rank: None,
            evidence: offer.map_or(m.evidence, |offer| m.evidence.weaker(offer.evidence)),
            noisy: m.is_noisy(),
        }
    }
}

fn ranked_together(one: &ComparisonRow, other: &ComparisonRow) -> bool {
    let group = |row: &ComparisonRow| {
        row.cost_per_million
            .map(|cost| (row.workload_hash.clone(), row.throughput.as_ref().map(|t| t.unit.clone()), cost.currency))
    };
    group(one) == group(other)
}

/// The join: columns `subject` and `offer` (positions, the latter null without an offer) and `cost`.
fn query(subjects: &[Subject], offers: &[OfferRow]) -> PolarsResult<DataFrame> {
    let subjects_frame = subject_frame(subjects)?;
    let priced = subjects_frame.filter(&subjects_frame.column("items_per_sec")?.is_not_null())?;
    let priced = priced.select(["subject", "profile", "stack", "items_per_sec"])?;
    let offers_frame = offer_frame(offers)?;
    let any_stack = offers_frame.column("stack")?.is_null();
    // An offer without a stack fits every stack; one with a stack only its own.
    let columns = ["subject", "offer", "currency", "items_per_sec", "price", "accelerators"];
    let free = priced.inner_join(&offers_frame.filter(&any_stack)?.drop("stack")?, ["profile"], ["profile"])?;
    let bound = priced.inner_join(&offers_frame.filter(&!&any_stack)?, ["profile", "stack"], ["profile", "stack"])?;
    let mut met = free.select(columns)?.vstack(&bound.select(columns)?)?;
    let per_hour = (met.column("price")? / met.column("accelerators")?)?;
    let cost = (per_hour / (met.column("items_per_sec")? * (3600.0 / 1e6)))?;
    met.with_column(cost.with_name("cost".into()))?;
    let all = subjects_frame.select(["subject", "workload"])?;
    let met = met.select(["subject", "offer", "currency", "cost"])?;
    let joined = all.left_join(&met, ["subject"], ["subject"])?;
    let order = SortMultipleOptions::default().with_nulls_last(true).with_maintain_order(true);
    joined.sort(["workload", "currency", "cost", "subject", "offer"], order)
}

fn subject_frame(subjects: &[Subject]) -> PolarsResult<DataFrame> {
    let mut workloads: PlHashMap<&str, u32> = PlHashMap::new();
    let mut position = |hash| {
        let next = workloads.len() as u32;
        *workloads.entry(hash).or_insert(next)
    };
    let each = subjects.iter();
    let columns = vec![
        Column::new("subject".into(), (0..subjects.len() as u32).collect::<Vec<_>>()),
        Column::new(
            "workload".into(),
            each.clone().map(|s| position(&s.measurement.workload_hash)).collect::<Vec<_>>(),
        ),
        Column::new("profile".into(), each.clone().map(|s| s.profile.as_deref()).collect::<Vec<_>>()),
        Column::new("stack".into(), each.clone().map(|s| s.measurement.stack.as_str()).collect::<Vec<_>>()),
        Column::new("items_per_sec".into(), each.map(Subject::items_per_sec).collect::<Vec<_>>()),
    ];
    DataFrame::new(subjects.len(), columns)
}

fn offer_frame(offers: &[OfferRow]) -> PolarsResult<DataFrame> {
    let each = offers.iter();
    let price = |offer: &OfferRow| offer.price_per_unit_hour.map(|price| price.amount);
    let currency = |offer: &OfferRow| offer.price_per_unit_hour.map(|price| price.currency.to_string());
    let columns = vec![
        Column::new("offer".into(), (0..offers.len() as u32).collect::<Vec<_>>()),
        Column::new("profile".into(), each.clone().map(|o| o.profile.as_str()).collect::<Vec<_>>()),
        Column::new("stack".into(), each.clone().map(|o| o.stack.as_deref()).collect::<Vec<_>>()),
        Column::new("price".into(), each.clone().map(price).collect::<Vec<_>>()),
        Column::new("currency".into(), each.clone().map(currency).collect::<Vec<_>>()),
        Column::new("accelerators".into(), each.map(|o| o.accelerators_per_unit).collect::<Vec<_>>()),
    ];
    DataFrame::new(offers.len(), columns)
}
