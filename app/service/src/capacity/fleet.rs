//! The fleet of one option for one forecast, quarter by quarter.

use assay_base::format;
use assay_cost_models::capacity::{Delivery, FleetInput, FleetQuarter, Need, fleet_by_quarter, need};
use assay_cost_models::{CostError, capacity::Sizing};
use assay_study::Quarter;
use assay_study::capacity::{Fleet, QuarterUnits};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::option::Context;
use super::sizing::Units;
use assay_reports::content::capacity::{DemandForecast, PlannedQuarter, QuarterSpan, Shortfall, ShortfallKind};

/// The units that a forecast needs.
pub(super) struct Needs {
    /// Month by month.
    pub months: Vec<Need>,
    /// Of each quarter, that of the month that needs most.
    pub quarters: Vec<Need>,
    /// Units of each quarter at the upper and the lower end of the throughput.
    pub ends: Vec<(u64, u64)>,
}

impl Needs {
    /// Sizes every month; equal months are sized once.
    pub fn of(forecast: &DemandForecast, units: &Units) -> Result<Self, CostError> {
        let at = |throughput_per_unit: f64| {
            let sizing = Sizing { throughput_per_unit, peak_to_average: forecast.peak_to_average, ..units.sizing };
            let mut sized: Vec<Need> = Vec::with_capacity(forecast.monthly_items.len());
            for items in &forecast.monthly_items {
                let same = sized.last().filter(|last| last.items_per_month == *items).copied();
                sized.push(match same {
                    Some(need) => need,
                    None => need(*items, &sizing)?,
                });
            }
            Ok::<_, CostError>(sized)
        };
        let most = |months: &[Need]| months.iter().map(|need| need.needed).max().unwrap_or_default();
        let months = at(units.throughput.value)?;
        let ends = [at(units.throughput.high)?, at(units.throughput.low)?];
        Ok(Self {
            quarters: months.chunks(3).filter_map(|q| q.iter().max_by_key(|need| need.needed).copied()).collect(),
            ends: ends[0].chunks(3).zip(ends[1].chunks(3)).map(|(low, high)| (most(low), most(high))).collect(),
            months,
        })
    }
}

/// The first quarter in which an order made on a day is in service, counted from 1; past the last one when none is.
pub(super) fn earliest_quarter(quarters: &[QuarterSpan], as_of: Date, lead_time_weeks: f64) -> u32 {
    let days = (lead_time_weeks * 7.0).ceil() as i64;
    let ready = as_of.checked_add(days.days()).ok();
    let reached = |span: &QuarterSpan| ready.is_some_and(|ready| span.begins >= ready);
    quarters.iter().position(reached).unwrap_or(quarters.len()) as u32 + 1
}

/// The last day on which to order for a quarter.
pub(super) fn order_by(begins: Date, lead_time_weeks: f64) -> Option<Date> {
    begins.checked_sub(((lead_time_weeks * 7.0).ceil() as i64).days()).ok()
}

/// Bought or leased units: ordered with their lead time, replaced at the end of their life.
pub(super) fn owned(
    context: &Context<'_>,
    fleet: Option<&Fleet>,
    needs: &Needs,
    lead_time_weeks: Option<f64>,
    refresh_months: u32,
) -> Result<Vec<FleetQuarter>, CostError> {
    let first = context.quarters.first().map(|span| span.quarter);
    let deliveries = |list: Option<&Vec<QuarterUnits>>| -> Vec<Delivery> {
        let number = |quarter: Quarter| first.map_or(1, |first| (quarter.since(first) + 1).max(1) as u32);
        list.into_iter().flatten().map(|d| Delivery { quarter: number(d.quarter), units: d.units }).collect()
    };
    let as_of = context.assessment.pricing_date;
    fleet_by_quarter(&FleetInput {
        needed: needs.quarters.iter().map(|need| need.needed).collect(),
        on_hand: fleet.map_or(0, |f| f.on_hand),
        on_order: deliveries(fleet.map(|f| &f.on_order)),
        retiring: deliveries(fleet.map(|f| &f.retiring)),
        earliest_quarter: lead_time_weeks.map_or(1, |weeks| earliest_quarter(context.quarters, as_of, weeks)),
        refresh_quarters: refresh_quarters(refresh_months),
    })
}

/// A life in whole quarters, at least one.
pub(super) fn refresh_quarters(refresh_months: u32) -> u32 {
    refresh_months.div_ceil(3).max(1)
}

/// Rented units follow the need, from the first quarter that the lead time allows on and up to the quota.
pub(super) fn rented(needs: &Needs, earliest_quarter: u32, max_units: Option<u64>) -> Vec<FleetQuarter> {
    let mut before = 0;
    needs
        .quarters
        .iter()
        .enumerate()
        .map(|(index, need)| {
            let cap = if index as u32 + 1 < earliest_quarter { 0 } else { max_units.unwrap_or(u64::MAX) };
            let in_service = need.needed.min(cap);
            let quarter = FleetQuarter {
                needed: need.needed,
                at_start: before,
                arriving: 0,
                retiring: before.saturating_sub(in_service),
                refreshed: 0,
                to_order: in_service.saturating_sub(before),
                in_service,
                missing: need.needed - in_service,
            };
            before = in_service;
            quarter
        })
        .collect()
}

/// The quarters of a plan, without their cost.
pub(super) fn planned(
    context: &Context<'_>,
    units: &Units,
    needs: &Needs,
    fleet: &[FleetQuarter],
) -> Vec<PlannedQuarter> {
    let attempts = 1.0 + units.sizing.effectiveness.retry_fraction;
    let quarters = context.quarters.iter().zip(fleet).zip(needs.quarters.iter().zip(&needs.ends));
    quarters
        .map(|((span, fleet), (need, ends))| {
            let full_load = fleet.in_service as f64 * units.throughput.value;
            let load = need.peak_per_sec * attempts;
            let peak_utilisation = (full_load > 0.0).then(|| load / full_load);
            let mean = need.items_per_month / (units.sizing.hours_per_month * 3600.0) * attempts;
            PlannedQuarter {
                quarter: span.quarter,
                peak_per_sec: need.peak_per_sec,
                units_for_load: need.units_for_load,
                units_for_latency: need.units_for_latency,
                spares: need.spares,
                needed: need.needed,
                needed_low: ends.0,
                needed_high: ends.1,
                at_start: fleet.at_start,
                arriving: fleet.arriving,
                retiring: fleet.retiring,
                to_order: fleet.to_order,
                in_service: fleet.in_service,
                missing: fleet.missing,
                peak_utilisation,
                mean_utilisation: (full_load > 0.0).then(|| mean / full_load),
                power_watts: None,
                rack_units: None,
                lines: Vec::new(),
                cost: None,
                cash: None,
            }
        })
        .collect()
}

/// Where the plan misses what was asked.
pub(super) fn shortfalls(
    context: &Context<'_>,
    units: &Units,
    quarters: &[PlannedQuarter],
    why_missing: &str,
) -> Vec<Shortfall> {
    let limits = context.capacity.limits;
    let mut found = Vec::new();
    for quarter in quarters {
        let mut report = |kind, text: String| found.push(Shortfall { quarter: quarter.quarter, kind, text });
        if quarter.missing > 0 {
            let (missing, needed) = (quarter.missing as f64, quarter.needed as f64);
            report(
                ShortfallKind::Units,
                format!(
                    "{} of {} units {} missing: {why_missing}",
                    format::thousands(missing, 0),
                    format::thousands(needed, 0),
                    if quarter.missing == 1 { "is" } else { "are" }
                ),
            );
        }
        if let Some((watts, limit)) =
            quarter.power_watts.zip(limits.power_kw).filter(|(w, kw)| *w > kw * 1000.0 * (1.0 + 1e-9))
        {
            let text = format!("{} of power, the site has {}", format::power(watts), format::power(limit * 1000.0));
            report(ShortfallKind::Power, text);
        }
        if let Some((height, limit)) =
            quarter.rack_units.zip(limits.rack_units).filter(|(u, limit)| *u > limit * (1.0 + 1e-9))
        {
            let text =
                format!("{} U of rack, the site has {} U", format::thousands(height, 0), format::thousands(limit, 0));
            report(ShortfallKind::Rack, text);
        }
        if let Some(reason) = units.unreachable.as_ref().filter(|_| quarter.needed > 0) {
            report(ShortfallKind::Latency, reason.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_lead_time_decides_on_the_first_quarter() {
        let first: Quarter = "2027-Q1".parse().unwrap();
        let quarters: Vec<QuarterSpan> = (0..4)
            .map(|i| QuarterSpan { quarter: first.plus(i), begins: first.plus(i).first_day(), months: 3 })
            .collect();
        let of = |weeks| earliest_quarter(&quarters, date(2026, 11, 20), weeks);
        // Six weeks are up on 2027-01-01, the day the first quarter begins.
        assert_eq!((of(0.0), of(6.0), of(6.1), of(19.0), of(500.0)), (1, 1, 2, 3, 5));
        assert_eq!(order_by(date(2027, 1, 1), 6.0), Some(date(2026, 11, 20)));
    }
}
