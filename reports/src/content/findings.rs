//! What the rules of several sections need to know.

use super::input::{AnswerFacts, OptionFacts, ReportInput};
use crate::document::{Inline, Rich};
use assay_core::Measurement;
use assay_cost_models::Evaluation;
use assay_study::ThroughputSource;

/// Facts that were found once.
pub(crate) struct Findings<'a> {
    /// Options with a rank, best first.
    pub ranked: Vec<&'a Evaluation>,
    /// Options that could not be ranked.
    pub unranked: Vec<&'a Evaluation>,
    /// The option recommended.
    pub best: Option<&'a Evaluation>,
    /// What is done today.
    pub baseline: Option<&'a Evaluation>,
    /// The next best option.
    pub runner_up: Option<&'a Evaluation>,
    pub passed: Vec<&'a Measurement>,
    pub not_passed: Vec<&'a Measurement>,
    /// Measurements that passed with more noise than is ranked silently.
    pub noisy: Vec<&'a Measurement>,
}

impl<'a> Findings<'a> {
    pub(crate) fn of(input: &'a ReportInput) -> Self {
        Self::of_options(&input.evaluations, &input.answer, &input.measurements)
    }

    pub(crate) fn of_options(
        evaluations: &'a [Evaluation],
        answer: &AnswerFacts,
        measurements: &'a [Measurement],
    ) -> Self {
        let mut ranked: Vec<&Evaluation> = evaluations.iter().filter(|found| found.rank.is_some()).collect();
        ranked.sort_by_key(|found| found.rank);
        let by_id = |id: &Option<String>| {
            let id = id.as_ref()?;
            evaluations.iter().find(|found| found.id == *id)
        };
        let (passed, not_passed): (Vec<_>, Vec<_>) =
            measurements.iter().partition(|measurement| measurement.status.passed());
        Self {
            unranked: evaluations.iter().filter(|found| found.rank.is_none()).collect(),
            best: by_id(&answer.recommended).filter(|best| best.tco.is_some()),
            baseline: evaluations.iter().find(|found| found.is_baseline),
            runner_up: by_id(&answer.runner_up),
            noisy: passed.iter().copied().filter(|measurement| measurement.is_noisy()).collect(),
            ranked,
            passed,
            not_passed,
        }
    }

    /// All options: the ranked ones, best first, then the others.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &'a Evaluation> {
        self.ranked.iter().chain(&self.unranked).copied()
    }

    /// What the recommendation has to beat: the baseline, or for the baseline itself the next best.
    pub(crate) fn rival(&self) -> Option<&'a Evaluation> {
        let best = self.best?;
        if best.is_baseline { self.runner_up } else { self.baseline }
    }

    /// How much less the recommendation costs than its rival; negative when it costs more.
    pub(crate) fn saving(&self) -> Option<f64> {
        Some(total(self.rival()?)? - total(self.best?)?)
    }
}

/// The total cost of an option.
pub(crate) fn total(of: &Evaluation) -> Option<f64> {
    of.tco.as_ref().map(|tco| tco.total.amount)
}

/// Whether an amount is lost in the rounding of an option's total cost.
pub(crate) fn is_nothing(amount: f64, of: &Evaluation) -> bool {
    /// Half of the last digit shown.
    const LEAST_PART: f64 = 5e-4;
    total(of).is_some_and(|total| amount.abs() < LEAST_PART * total.abs())
}

/// The facts behind an option.
pub(crate) fn facts<'a>(input: &'a ReportInput, id: &str) -> Option<&'a OptionFacts> {
    input.options.iter().find(|option| option.id == id)
}

/// Whether an option's throughput is that of the suite's workload: measured on it or projected from it, not stated for the
/// option's own work or published of another one's.
pub(crate) fn rests_on_workload(input: &ReportInput, id: &str) -> bool {
    input.study.option(id).is_some_and(|option| {
        matches!(
            option.throughput,
            ThroughputSource::Measured { workload: None, .. } | ThroughputSource::Projected { published: None, .. }
        )
    })
}

/// A remark of the program, with what it sets in back-ticks as code.
pub(crate) fn remark(text: &str) -> Rich {
    let mut rich = Rich::new();
    for (index, part) in text.split('`').enumerate() {
        match index % 2 {
            _ if part.is_empty() => {}
            0 => rich.push(Inline::name(part)),
            _ => rich.push(Inline::code(part)),
        }
    }
    rich
}

/// Remarks, each once, after the names of all options that it is about.
pub(crate) fn with_names<'a>(remarks: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Rich> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for (text, name) in remarks {
        match found.iter_mut().find(|(known, _)| *known == text) {
            Some((_, names)) => names.push(name),
            None => found.push((text, vec![name])),
        }
    }
    let line = |(text, names): (&str, Vec<&str>)| {
        let mut line = Rich::from(Inline::strong(Inline::name(names.join("; "))));
        line.push(": ");
        line.extend(remark(text));
        line
    };
    found.into_iter().map(line).collect()
}

/// The word for one or for several.
pub(crate) fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}
