//! When what happens.

use assay_reports::content::PlannedWave;
use assay_study::migration::{Strategy, Wave};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::Move;
use crate::calendar;

/// Days an engineer works in a week.
const WORKDAYS_A_WEEK: f64 = 5.0;
/// Days by which the plan and the cost may differ before it is said.
pub(super) const TOLERATED_DAYS: i32 = 14;
/// The longest wave that is believed; what is longer is cut, so that a slip of the pen ends no calendar.
const LONGEST_WEEKS: f64 = 520.0;

/// The first day of work: stated, or the Monday after the pricing date.
pub(super) fn first_day(planned: &Move<'_>) -> Date {
    let pricing = planned.assessment.pricing_date;
    planned.section.starts.unwrap_or_else(|| pricing.nth_weekday(1, Weekday::Monday).unwrap_or(pricing))
}

/// The waves with their days: each begins when the one it waits for is over.
pub(super) fn waves(planned: &Move<'_>, starts: Date, expected_days: f64, engineers: f64) -> Vec<PlannedWave> {
    let is_stated = !planned.section.waves.is_empty();
    let waves = match is_stated {
        true => planned.section.waves.clone(),
        false => proposal(planned, starts, expected_days, engineers),
    };
    let mut placed: Vec<PlannedWave> = Vec::new();
    for wave in waves {
        let before = match &wave.after {
            Some(id) => placed.iter().find(|known| known.id == *id),
            None => placed.last(),
        };
        let ready = before.map_or(starts, |known| known.ends);
        let begins = wave.not_before.map_or(ready, |day| ready.max(day));
        let after = before.map(|known| known.id.clone());
        let days = (wave.weeks.clamp(0.0, LONGEST_WEEKS) * 7.0).ceil() as i64;
        let ends = begins.checked_add(days.max(1).days()).unwrap_or(begins);
        placed.push(PlannedWave {
            id: wave.id,
            name: wave.name,
            starts: begins,
            ends,
            load_share: wave.load_share,
            after,
            is_stated,
        });
    }
    placed
}

/// Months in which the cost counts the old platform beside the new one.
pub(super) fn months_beside(planned: &Move<'_>) -> f64 {
    planned.option.migration.as_ref().map_or(0.0, |migration| migration.parallel_run_months)
}

/// Desk study, work, shadow traffic, a canary in three steps, cut-over, the end of the old platform. The work takes as
/// long as its effort needs; the old platform is kept warm for as long as the cost counts it.
fn proposal(planned: &Move<'_>, starts: Date, expected_days: f64, engineers: f64) -> Vec<Wave> {
    let wave = |id: &str, name: &str, weeks: f64, load_share: f64| Wave {
        id: id.to_owned(),
        name: name.to_owned(),
        weeks,
        load_share,
        not_before: None,
        after: None,
    };
    if planned.strategy == Strategy::Retain {
        return Vec::new();
    }
    let work = expected_days / (engineers.max(0.1) * WORKDAYS_A_WEEK);
    let mut waves = vec![
        wave("desk-study", "Desk study and supply", 1.0, 0.0),
        wave("port", "Port and prove on one unit", work.max(1.0), 0.0),
        wave("shadow", "Shadow traffic", 2.0, 0.0),
        wave("canary-1", "Canary 1 %", 1.0, 0.01),
        wave("canary-5", "Canary 5 %", 1.0, 0.05),
        wave("canary-25", "Canary 25 %", 1.0, 0.25),
        wave("cut-over", "Cut over", 1.0, 1.0),
    ];
    let switch_off = wave("switch-off", "Switch off the old platform", 1.0, 1.0);
    let busy: f64 = waves.iter().chain([&switch_off]).map(|wave| wave.weeks).sum();
    let paid_until = calendar::after_months(planned.assessment.first_month().max(starts), months_beside(planned));
    let warm = f64::from((paid_until - starts).get_days()) / 7.0 - busy;
    if warm >= 1.0 {
        waves.push(wave("parallel-run", "Old platform kept warm", warm.floor(), 1.0));
    }
    waves.push(switch_off);
    waves
}
