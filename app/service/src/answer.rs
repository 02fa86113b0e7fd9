//! The answer to a study's question, by rules that say what was found and no more.

use assay_base::{Evidence, format};
use assay_cost_models::{Assumptions, Evaluation, Payment};
pub use assay_reports::content::Confidence;
use assay_reports::content::{AnswerFacts, WouldChange, answer_in_words};
use assay_study::Study;
use serde::Serialize;

use crate::assess::ResolvedOption;

/// The answer to a study's question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The answer in one or two sentences.
    pub sentence: String,
    /// A verdict of a few words, such as `MOVE` or `STAY`.
    pub verdict: String,
    /// The option recommended.
    pub recommended: Option<String>,
    /// The next best option.
    pub runner_up: Option<String>,
    /// How far the answer can be trusted.
    pub confidence: Confidence,
    /// What that rests on, with the options it is about, in one or two sentences.
    pub confidence_reason: String,
    /// What would change the answer, a sentence each.
    pub would_change: Vec<String>,
    /// The measurement that would tell most.
    pub next_measurement: Option<String>,
    /// Options on which the work does not run, by the vendor's compiler, each with the reason.
    pub infeasible: Vec<String>,
    /// All of it as data.
    #[serde(skip)]
    pub facts: AnswerFacts,
}

/// The answer to the study's question.
pub fn answer(
    study: &Study,
    options: &[ResolvedOption],
    evaluations: &[Evaluation],
    assumptions: &Assumptions,
) -> Answer {
    let facts = facts(study, options, evaluations);
    let words = answer_in_words(evaluations, assumptions, &facts);
    let recommended = evaluations.iter().find(|e| Some(&e.id) == facts.recommended.as_ref());
    let verdict = match recommended {
        None => "NO ANSWER YET",
        Some(best) if best.is_baseline => "STAY",
        Some(_) => "MOVE",
    };
    let refused = |option: &ResolvedOption| Some((option.input.name.clone(), option.feasibility.as_ref()?.refusal()?));
    let refused: Vec<(String, String)> = options.iter().filter_map(refused).collect();
    let mut sentence = words.sentence;
    if !refused.is_empty() {
        let names: Vec<&str> = refused.iter().map(|(name, _)| name.as_str()).collect();
        sentence.push_str(&format!(" Infeasible by the vendor's compiler: {}.", names.join("; ")));
    }
    Answer {
        sentence,
        verdict: verdict.to_owned(),
        recommended: facts.recommended.clone(),
        runner_up: facts.runner_up.clone(),
        confidence: facts.confidence,
        confidence_reason: words.confidence,
        would_change: words.would_change,
        next_measurement: facts.next_measurement.clone(),
        infeasible: refused.iter().map(|(name, reason)| format!("{name}: {reason}")).collect(),
        facts,
    }
}

/// The answer as data; nothing is recommended where there is nothing to compare.
fn facts(study: &Study, options: &[ResolvedOption], evaluations: &[Evaluation]) -> AnswerFacts {
    let mut ranked: Vec<&Evaluation> = evaluations.iter().filter(|e| e.rank.is_some()).collect();
    ranked.sort_by_key(|e| e.rank);
    let baseline = evaluations.iter().find(|e| e.is_baseline && e.tco.is_some());
    let (&[best, ..], Some(baseline)) = (ranked.as_slice(), baseline) else { return AnswerFacts::default() };
    let Some(runner_up) = ranked.get(1).copied() else { return AnswerFacts::default() };
    // Staying is judged against the best alternative, moving against staying.
    let rival = if best.is_baseline { runner_up } else { baseline };
    let chosen = options.iter().find(|option| option.input.id == best.id);
    let p99 = chosen.and_then(|option| option.throughput.as_ref().ok()).and_then(|throughput| throughput.p99_secs);
    AnswerFacts {
        on_spot: chosen.is_some_and(|option| matches!(option.input.payment, Payment::Spot { .. })),
        latency_unknown: study.requirements.max_p99_latency_secs.is_some() && p99.is_none(),
        recommended: Some(best.id.clone()),
        runner_up: Some(runner_up.id.clone()),
        confidence: confidence(best, rival, options),
        would_change: changes(best, rival, &ranked),
        next_measurement: next_measurement(options, &ranked),
    }
}

fn confidence(best: &Evaluation, rival: &Evaluation, options: &[ResolvedOption]) -> Confidence {
    let (Some(a), Some(b)) = (best.tco.as_ref(), rival.tco.as_ref()) else { return Confidence::None };
    let compared = || [best, rival].into_iter();
    let strong = |e: &Evaluation| e.throughput.is_some_and(|t| t.evidence <= Evidence::Published);
    // A service is paid by the item, whatever its throughput; a figure without a range may be off by anything.
    let without_range =
        |e: &Evaluation| e.fleet.is_some() && !strong(e) && e.throughput.is_some_and(|t| t.low == t.high);
    let disturbed = |e: &Evaluation| {
        let facts = options.iter().find(|o| o.input.id == e.id).and_then(|o| o.throughput.as_ref().ok());
        facts.is_some_and(|facts| facts.disturbed)
    };
    if a.total_high.amount >= b.total_low.amount {
        Confidence::Open
    } else if compared().any(|e| without_range(e) || disturbed(e)) {
        Confidence::Unbounded
    } else if compared().all(strong) {
        Confidence::Firm
    } else {
        Confidence::Likely
    }
}

fn changes(best: &Evaluation, rival: &Evaluation, ranked: &[&Evaluation]) -> Vec<WouldChange> {
    let mut found = Vec::new();
    if let (Some(a), Some(b)) = (best.tco.as_ref(), rival.tco.as_ref()) {
        let ratio = b.total.amount / a.total.amount;
        if ratio > 1.0 && ratio.is_finite() {
            found.push(WouldChange::Cost { rival: rival.id.clone(), ratio });
        }
        if let Some(throughput) = best.throughput.filter(|throughput| throughput.low < throughput.value) {
            found.push(WouldChange::Throughput {
                rival: rival.id.clone(),
                share: throughput.low / throughput.value,
                still_cheaper: a.total_high.amount < b.total_low.amount,
            });
        }
    }
    let close = |e: &&&Evaluation| {
        let (Some(a), Some(b)) = (best.tco.as_ref(), e.tco.as_ref()) else { return false };
        e.id != best.id && e.id != rival.id && b.total_low.amount <= a.total_high.amount
    };
    found.extend(ranked.iter().filter(close).take(2).map(|other| WouldChange::Order { other: other.id.clone() }));
    found
}

/// The projected option near the top whose range is widest.
fn next_measurement(options: &[ResolvedOption], ranked: &[&Evaluation]) -> Option<String> {
    let spread = |e: &Evaluation| e.throughput.filter(|t| t.evidence > Evidence::Published).map(|t| t.high / t.low);
    let widest = ranked
        .iter()
        .take(3)
        .filter_map(|e| Some((*e, spread(e)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.rank.cmp(&a.0.rank)))?
        .0;
    let hardware = options.iter().find(|o| o.input.id == widest.id).and_then(|o| o.hardware.clone());
    Some(format!(
        "Measure the workload on {}: its throughput is only {} today, with a range of {} to {} a second",
        hardware.unwrap_or_else(|| widest.name.clone()),
        widest.throughput.map_or("unknown", |t| t.evidence.label()),
        format::compact(widest.throughput.map_or(f64::NAN, |t| t.low)),
        format::compact(widest.throughput.map_or(f64::NAN, |t| t.high)),
    ))
}
