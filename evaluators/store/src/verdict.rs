//! Whether a candidate is faster than a baseline, judged by intervals.
//!
//! # The rule
//! Each side is the median latency with its 95 % confidence interval, widened on both sides of the median by
//! `sqrt(n / effective n)`: successive samples of one run resemble each other, and an interval that takes them for
//! independent is too narrow. With `ratio` the candidate's median over the baseline's:
//!
//! | intervals | and | verdict |
//! | --- | --- | --- |
//! | disjoint | `ratio` more than 1 % from 1 | FASTER or SLOWER |
//! | overlapping, or `ratio` within 1 % | each half-width at most 2 % of its median | SAME |
//! | anything else, or an interval is absent (fewer than 6 samples) | | AMBIGUOUS |
//!
//! The same samples can thus never be called faster, and noise cannot be called sameness.

use std::collections::{BTreeMap, BTreeSet};

use assay_core::Measurement;

use crate::query::latest_of_each;

/// Medians closer than this are not told apart, however certain they are.
pub const NEGLIGIBLE: f64 = 0.01;

/// An interval reaching further than this share of the median on either side proves no sameness.
pub const NARROW: f64 = 0.02;

/// How a candidate compares with its baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// No difference that matters.
    Same,
    /// The candidate takes less time.
    Faster,
    /// The candidate takes more time.
    Slower,
    /// The samples do not decide.
    Ambiguous,
}

impl Verdict {
    /// The word used in tables and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Same => "SAME",
            Self::Faster => "FASTER",
            Self::Slower => "SLOWER",
            Self::Ambiguous => "AMBIGUOUS",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.label())
    }
}

/// A median latency with what is known of its uncertainty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The median, in seconds.
    pub median_secs: f64,
    /// The interval of the median, widened for dependence between samples; absent for fewer than 6 samples.
    pub interval_secs: Option<(f64, f64)>,
}

impl Estimate {
    /// From the timing of a measurement; `None` where it has none.
    pub fn of(measurement: &Measurement) -> Option<Self> {
        let statistics = &measurement.timing.as_ref()?.statistics;
        let median = statistics.median_secs;
        // Variance of a mean of dependent samples: Bayley and Hammersley 1946, as for the effective count itself.
        let widen = match statistics.effective_count {
            Some(effective) if effective > 0.0 => (statistics.count as f64 / effective).sqrt().max(1.0),
            _ => 1.0,
        };
        let widened = |(low, high): (f64, f64)| (median - (median - low) * widen, median + (high - median) * widen);
        Some(Self { median_secs: median, interval_secs: statistics.median_interval_secs.map(widened) })
    }

    fn is_narrow(&self, (low, high): (f64, f64)) -> bool {
        (self.median_secs - low).max(high - self.median_secs) <= NARROW * self.median_secs
    }
}

/// Judges a candidate against a baseline by [the rule](self).
pub fn judge(baseline: &Estimate, candidate: &Estimate) -> Verdict {
    let (Some(b), Some(c)) = (baseline.interval_secs, candidate.interval_secs) else { return Verdict::Ambiguous };
    let ratio = candidate.median_secs / baseline.median_secs;
    if !ratio.is_finite() {
        return Verdict::Ambiguous;
    }
    let disjoint = b.1 < c.0 || c.1 < b.0;
    let matters = (ratio - 1.0).abs() > NEGLIGIBLE;
    match (disjoint && matters, baseline.is_narrow(b) && candidate.is_narrow(c)) {
        (true, _) if ratio < 1.0 => Verdict::Faster,
        (true, _) => Verdict::Slower,
        (false, true) => Verdict::Same,
        (false, false) => Verdict::Ambiguous,
    }
}

/// One line of a comparison of two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct RunComparison<'a> {
    /// The measurement of the baseline; absent when it has none for this work, device and stack.
    pub baseline: Option<&'a Measurement>,
    /// The measurement of the candidate; absent likewise.
    pub candidate: Option<&'a Measurement>,
    /// The candidate's median latency over the baseline's; above 1 is slower.
    pub ratio: Option<f64>,
    /// The verdict; absent where the two cannot be compared.
    pub verdict: Option<Verdict>,
    /// Why there is no verdict.
    pub reason: Option<String>,
}

impl RunComparison<'_> {
    /// Whether the candidate is worse: slower, or what passed no longer passes. An absent candidate is not worse: it
    /// was not asked for.
    pub fn is_regression(&self) -> bool {
        let passed = |m: Option<&Measurement>| m.map(|m| m.status.passed());
        self.verdict == Some(Verdict::Slower)
            || (passed(self.baseline), passed(self.candidate)) == (Some(true), Some(false))
    }

    /// The measurement that names the work, the device and the stack.
    pub fn either(&self) -> Option<&Measurement> {
        self.baseline.or(self.candidate)
    }
}

/// Compares the measurements of two runs. Those of the same work (by hash), on devices of the same name, with the same
/// stack belong together; of several, the newest counts. Targets may differ: that is what one compares machines for.
pub fn compare_runs<'a>(baseline: &'a [Measurement], candidate: &'a [Measurement]) -> Vec<RunComparison<'a>> {
    let (baseline, candidate) = (by_subject(baseline), by_subject(candidate));
    let subjects: BTreeSet<_> = baseline.keys().chain(candidate.keys()).collect();
    let pair = |subject| compare_pair(baseline.get(subject).copied(), candidate.get(subject).copied());
    subjects.into_iter().map(pair).collect()
}

/// Workload's name and hash, device, stack.
type Subject<'a> = (&'a str, &'a str, &'a str);

fn by_subject(measurements: &[Measurement]) -> BTreeMap<Subject<'_>, &Measurement> {
    let mut newest: BTreeMap<Subject<'_>, &Measurement> = BTreeMap::new();
    for m in latest_of_each(measurements) {
        let kept = newest.entry((&m.workload_hash, &m.device.name, m.stack.as_str())).or_insert(m);
        if m.started_at >= kept.started_at {
            *kept = m;
        }
    }
    newest
}

fn compare_pair<'a>(baseline: Option<&'a Measurement>, candidate: Option<&'a Measurement>) -> RunComparison<'a> {
    let estimate = |side: &str, measurement: Option<&Measurement>| {
        let m = measurement.ok_or_else(|| format!("the {side} has no such measurement"))?;
        if !m.status.passed() {
            let reason = m.status.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
            return Err(format!("the {side} did not pass ({}{reason})", m.status.label()));
        }
        Estimate::of(m).ok_or_else(|| format!("the {side} has no timing"))
    };
    let (ratio, verdict, reason) = match (estimate("baseline", baseline), estimate("candidate", candidate)) {
        (Ok(b), Ok(c)) => {
            let ratio = Some(c.median_secs / b.median_secs).filter(|ratio| ratio.is_finite());
            (ratio, Some(judge(&b, &c)), None)
        }
        (Err(reason), Ok(_)) | (Ok(_), Err(reason)) => (None, None, Some(reason)),
        (Err(one), Err(other)) => (None, None, Some(format!("{one}; {other}"))),
    };
    RunComparison { baseline, candidate, ratio, verdict, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(median_secs: f64, low: f64, high: f64) -> Estimate {
        Estimate { median_secs, interval_secs: Some((low, high)) }
    }

    #[test]
    fn the_table_of_the_rule() {
        let baseline = estimate(1.0, 0.99, 1.01);
        for (candidate, verdict) in [
            (estimate(0.95, 0.94, 0.96), Verdict::Faster),
            (estimate(1.05, 1.04, 1.06), Verdict::Slower),
            (estimate(1.015, 1.005, 1.02), Verdict::Same),
            (estimate(1.5, 1.005, 2.0), Verdict::Ambiguous),
            (Estimate { median_secs: 2.0, interval_secs: None }, Verdict::Ambiguous),
            // Half a percent, certain as it may be, does not matter.
            (estimate(1.0, 0.99, 1.01), Verdict::Same),
        ] {
            assert_eq!(judge(&baseline, &candidate), verdict, "{candidate:?}");
        }
        let sharp = estimate(1.0, 0.9999, 1.0001);
        assert_eq!(judge(&sharp, &estimate(1.005, 1.0049, 1.0051)), Verdict::Same);
        assert_eq!(judge(&sharp, &estimate(1.02, 1.0199, 1.0201)), Verdict::Slower);
        assert_eq!(judge(&estimate(0.0, 0.0, 0.0), &sharp), Verdict::Ambiguous);
    }

    #[test]
    fn swapping_the_sides_swaps_the_verdict() {
        let sides = [estimate(1.0, 0.99, 1.01), estimate(1.2, 1.19, 1.22), estimate(1.0, 0.5, 1.5)];
        for a in &sides {
            for b in &sides {
                let mirrored = match judge(b, a) {
                    Verdict::Faster => Verdict::Slower,
                    Verdict::Slower => Verdict::Faster,
                    other => other,
                };
                assert_eq!(judge(a, b), mirrored, "{a:?} {b:?}");
            }
        }
    }
}
