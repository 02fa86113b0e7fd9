//! Executions during which the device slowed itself down: marked, and measured again after a rest.
//!
//! A passing slow-down (heat, a power brake) must not be in the result: what was slowed down is replaced. A device that
//! slows down again after each rest is in its steady state, as one at its power limit under large matrix products: that
//! is what a buyer gets, so those executions stay and are marked, and what the rested device did is told beside them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::timing::{Timed, Watched};
use crate::measurement::{Clocks, Throttling};
use crate::statistics::quantile;
use crate::stopping::StopRule;
use crate::telemetry::Reading;

/// Rounds in which throttled executions are measured again.
pub(super) const ROUNDS: usize = 2;
/// The rest before each.
pub(super) const REST: Duration = Duration::from_millis(200);
/// The longest time of each.
const ROUND_SECS: f64 = 0.25;
/// From this share of throttled executions on slowing down is the device's steady state.
const STEADY_SHARE: f64 = 0.5;
/// How long a device in that state is timed: its power control moves the clock about ten times a second.
const STEADY_SECS: f64 = 4.0;
/// A device that warms up draws more power for the same work, so that its limit lets it do ever less. It has settled
/// when the median of one such time differs from the last by no more than this share.
const SETTLED: f64 = 0.002;
/// The times after which a device that has not settled is left at that.
pub(super) const STEADY_ROUNDS: usize = 5;
/// A clock of this share of the highest is not slowed down, whatever a reading says that is up to a second late.
const FULL_CLOCK: f64 = 0.99;

/// Whether each sample was executed while the device slowed itself down: what the reading nearest in time says, unless
/// the sample's own clock was the device's highest, `full_hz`. `None` where no reading tells.
pub(super) fn marks(watched: &Watched, full_hz: Option<f64>) -> Option<Vec<bool>> {
    let told: Vec<(f64, bool)> = watched.readings.iter().filter_map(|r| Some((r.elapsed_secs, r.throttled?))).collect();
    if told.is_empty() {
        return None;
    }
    let nearest = |secs: f64| {
        let after = told.partition_point(|(at, _)| *at < secs);
        let around = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|i| told.get(i));
        around.min_by(|a, b| (a.0 - secs).abs().total_cmp(&(b.0 - secs).abs())).is_some_and(|(_, throttled)| *throttled)
    };
    let full = |sample: &Timed| sample.clock_hz.zip(full_hz).is_some_and(|(hz, full)| hz >= FULL_CLOCK * full);
    // The middle of an execution stands for it.
    let mark = |sample: &Timed| !full(sample) && nearest(sample.ended_secs - sample.latency_secs / 2.0);
    Some(watched.samples.iter().map(mark).collect())
}

/// Whether slowing down is the device's steady state.
pub(super) fn is_steady(marks: &[bool]) -> bool {
    !marks.is_empty() && marks.iter().filter(|mark| **mark).count() as f64 >= STEADY_SHARE * marks.len() as f64
}

/// How long a device in its steady state is timed.
pub(super) fn steady_rule(rule: StopRule) -> StopRule {
    let min_time_secs = rule.min_time_secs.max(STEADY_SECS.min(rule.max_time_secs));
    StopRule { min_time_secs, ..rule }
}

/// Whether a device in its steady state has settled between two times that it was timed.
pub(super) fn has_settled(before: &Watched, after: &Watched) -> bool {
    let change = before.median_secs().zip(after.median_secs()).map(|(before, after)| (after / before - 1.0).abs());
    change.is_none_or(|change| change <= SETTLED)
}

/// How long one more round takes for so many executions.
pub(super) fn round_rule(rule: StopRule, executions: usize) -> StopRule {
    StopRule { min_time_secs: ROUND_SECS, max_time_secs: ROUND_SECS, max_samples: executions, ..rule }
}

/// The samples that count, what is known of their clocks, and of slow-downs if there were any. `again` are the rounds
/// after the first.
pub(super) fn settle(first: &Watched, again: &[Watched], rule: StopRule, full_hz: Option<f64>) -> (Vec<Timed>, Clocks) {
    let Some(marks_of_first) = marks(first, full_hz) else {
        return (first.samples.clone(), clocks(&first.samples, &[], None));
    };
    let throttled = marks_of_first.iter().filter(|mark| **mark).count();
    if throttled == 0 {
        return (first.samples.clone(), clocks(&first.samples, &[], None));
    }
    let repeated: Vec<(Timed, bool)> = again
        .iter()
        .flat_map(|round| {
            let marks = marks(round, full_hz).unwrap_or_else(|| vec![true; round.samples.len()]);
            round.samples.iter().copied().zip(marks)
        })
        .collect();
    let rested: Vec<Timed> = repeated.iter().filter(|(_, mark)| !mark).map(|(sample, _)| *sample).collect();
    let mut sorted: Vec<f64> = rested.iter().map(|sample| sample.latency_secs).collect();
    sorted.sort_by(f64::total_cmp);
    let unhindered = first.samples.len() - throttled;
    let replaced = !is_steady(&marks_of_first) && unhindered + rested.len() >= rule.min_samples;
    let throttling = Throttling {
        executions: throttled,
        of: first.samples.len(),
        repeated: repeated.len(),
        repeated_throttled: repeated.len() - rested.len(),
        rested_median_secs: quantile(&sorted, 0.5),
        replaced,
        reasons: reasons(&first.readings),
    };
    if replaced {
        let own = first.samples.iter().zip(&marks_of_first).filter(|(_, mark)| !**mark).map(|(sample, _)| *sample);
        let samples: Vec<Timed> = own.chain(rested).collect();
        let clocks = clocks(&samples, &[], Some(throttling));
        return (samples, clocks);
    }
    (first.samples.clone(), clocks(&first.samples, &marks_of_first, Some(throttling)))
}

fn clocks(samples: &[Timed], marks: &[bool], throttling: Option<Throttling>) -> Clocks {
    let told: Option<Vec<f64>> = samples.iter().map(|sample| sample.clock_hz).collect();
    let throttled_samples = marks.iter().enumerate().filter(|(_, mark)| **mark).map(|(index, _)| index).collect();
    Clocks { samples_hz: told.unwrap_or_default(), throttled_samples, throttling }
}

/// How many readings gave each reason.
fn reasons(readings: &[Reading]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for reason in readings.iter().flat_map(|reading| reading.throttle_reasons.names()) {
        *counts.entry(reason.to_owned()).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::StopReason;
    use crate::telemetry::ThrottleReasons;

    /// A sample of 1 ms every 10 ms and a reading every 20 ms; a throttled one takes 2 ms.
    fn watched(count: usize, throttled: impl Fn(f64) -> bool) -> Watched {
        let sample = |i: usize| {
            let ended_secs = (i + 1) as f64 * 0.01;
            let slow = throttled(ended_secs);
            Timed { latency_secs: if slow { 0.002 } else { 0.001 }, clock_hz: Some(1e9), ended_secs }
        };
        let reading = |i: usize| {
            let elapsed_secs = i as f64 * 0.02;
            let throttled = throttled(elapsed_secs);
            let throttle_reasons = if throttled {
                ThrottleReasons::default().with(ThrottleReasons::POWER_CAP)
            } else {
                Default::default()
            };
            Reading { elapsed_secs, throttled: Some(throttled), throttle_reasons, ..Reading::default() }
        };
        Watched {
            samples: (0..count).map(sample).collect(),
            readings: (0..count).map(reading).collect(),
            stop: StopReason::NoiseBound,
        }
    }

    #[test]
    fn without_a_slow_down_nothing_is_said() {
        let (samples, clocks) = settle(&watched(20, |_| false), &[], StopRule::default(), None);
        assert_eq!((samples.len(), clocks.samples_hz.len()), (20, 20));
        assert!(clocks.throttling.is_none() && clocks.throttled_samples.is_empty());
    }

    #[test]
    fn a_passing_slow_down_is_replaced_by_what_was_measured_again() {
        let first = watched(40, |secs| (0.1..0.2).contains(&secs));
        let again = watched(10, |_| false);
        let (samples, clocks) = settle(&first, &[again], StopRule::default(), None);
        let throttling = clocks.throttling.unwrap();
        assert!(throttling.replaced && (8..=12).contains(&throttling.executions), "{throttling:?}");
        assert_eq!(throttling.reasons.keys().collect::<Vec<_>>(), ["power cap"]);
        assert_eq!(samples.len(), 40 - throttling.executions + 10);
        assert!(clocks.throttled_samples.is_empty());
    }

    #[test]
    fn a_device_at_its_limit_keeps_its_samples_and_they_are_marked() {
        let first = watched(40, |secs| secs > 0.05);
        let again = watched(10, |secs| secs > 0.05);
        let (samples, clocks) = settle(&first, &[again], StopRule::default(), None);
        let throttling = clocks.throttling.unwrap();
        assert_eq!((samples.len(), throttling.replaced), (40, false));
        assert_eq!(clocks.throttled_samples.len(), throttling.executions);
        assert_eq!(throttling.rested_median_secs, Some(0.001));
        assert!(throttling.repeated_throttled > 0 && throttling.repeated == 10, "{throttling:?}");
    }

    #[test]
    fn a_sample_at_the_highest_clock_was_not_slowed_down() {
        // Every reading says so, as long after the load as it likes; the clock of the last samples is the highest again.
        let mut late = watched(40, |_| true);
        late.samples.iter_mut().take(30).for_each(|sample| sample.clock_hz = Some(1.5e9));
        late.samples.iter_mut().skip(30).for_each(|sample| sample.clock_hz = Some(1.975e9));
        let marks = marks(&late, Some(1.98e9)).unwrap();
        assert_eq!(marks.iter().filter(|mark| **mark).count(), 30);
        assert!(is_steady(&marks) && !is_steady(&marks[25..]) && !is_steady(&[]));
    }

    #[test]
    fn a_device_has_settled_when_its_times_no_longer_change() {
        let times = |secs: f64| {
            let mut watched = watched(20, |_| true);
            watched.samples.iter_mut().for_each(|sample| sample.latency_secs = secs);
            watched
        };
        assert!(has_settled(&times(0.001), &times(0.001_001_9)));
        assert!(!has_settled(&times(0.001), &times(0.001_003)) && !has_settled(&times(0.001_003), &times(0.001)));
    }

    #[test]
    fn nothing_is_marked_where_no_reading_tells() {
        let mut silent = watched(20, |_| true);
        silent.readings.iter_mut().for_each(|reading| reading.throttled = None);
        assert_eq!(marks(&silent, None), None);
    }
}
