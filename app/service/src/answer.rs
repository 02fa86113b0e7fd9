//! The answer to a study's question, by rules that say what was found and no more.

use assay_base::{Evidence, format};
use assay_cost_models::{Assumptions, Evaluation};
pub use assay_reports::content::Confidence;
use assay_reports::content::WouldChange;
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
    /// What would change the answer, a sentence each.
    pub would_change: Vec<String>,
    /// The same as data.
    #[serde(skip)]
    pub changes: Vec<WouldChange>,
    /// The measurement that would tell most.
    pub next_measurement: Option<String>,
    /// Options on which the work does not run, by the vendor's compiler, each with the reason.
    pub infeasible: Vec<String>,
}

/// The answer to the study's question.
pub fn answer(
    study: &Study,
    options: &[ResolvedOption],
    evaluations: &[Evaluation],
    assumptions: &Assumptions,
) -> Answer {
    let refused = |option: &ResolvedOption| Some((option.input.name.clone(), option.feasibility.as_ref()?.refusal()?));
    let refused: Vec<(String, String)> = options.iter().filter_map(refused).collect();
    let mut answer = of_the_feasible(study, options, evaluations, assumptions);
    if !refused.is_empty() {
        let names: Vec<&str> = refused.iter().map(|(name, _)| name.as_str()).collect();
        answer.sentence.push_str(&format!(" Infeasible by the vendor's compiler: {}.", names.join("; ")));
        answer.infeasible = refused.iter().map(|(name, reason)| format!("{name}: {reason}")).collect();
    }
    answer
}

fn of_the_feasible(
    study: &Study,
    options: &[ResolvedOption],
    evaluations: &[Evaluation],
    assumptions: &Assumptions,
) -> Answer {
    let mut ranked: Vec<&Evaluation> = evaluations.iter().filter(|e| e.rank.is_some()).collect();
    ranked.sort_by_key(|e| e.rank);
    let baseline = evaluations.iter().find(|e| e.is_baseline);
    let Some(&best) = ranked.first() else {
        return no_answer("no option has both a price and a throughput");
    };
    let Some(baseline) = baseline.filter(|b| b.tco.is_some()) else {
        return no_answer("the baseline has no price or no throughput, so nothing can be compared with it");
    };
    if ranked.len() < 2 {
        return no_answer("only one option has both a price and a throughput");
    }
    let runner_up = ranked.get(1).copied();
    // Staying is judged against the best alternative, moving against staying.
    let rival = if best.is_baseline { runner_up } else { Some(baseline) };
    let confidence = confidence(best, rival, options);
    let changes = changes(best, rival, &ranked);
    Answer {
        sentence: sentence(study, best, baseline, runner_up, assumptions),
        verdict: if best.is_baseline { "STAY".to_owned() } else { "MOVE".to_owned() },
        recommended: Some(best.id.clone()),
        runner_up: runner_up.map(|e| e.id.clone()),
        confidence,
        would_change: changes.iter().map(|change| change_text(best, &ranked, change)).collect(),
        changes,
        next_measurement: next_measurement(options, &ranked),
        infeasible: Vec::new(),
    }
}

fn no_answer(reason: &str) -> Answer {
    Answer {
        sentence: format!("There is no answer yet: {reason}."),
        verdict: "NO ANSWER YET".to_owned(),
        recommended: None,
        runner_up: None,
        confidence: Confidence::None,
        would_change: Vec::new(),
        changes: Vec::new(),
        next_measurement: None,
        infeasible: Vec::new(),
    }
}

fn sentence(
    study: &Study,
    best: &Evaluation,
    baseline: &Evaluation,
    runner_up: Option<&Evaluation>,
    assumptions: &Assumptions,
) -> String {
    let total = |e: &Evaluation| e.tco.as_ref().map_or(f64::NAN, |tco| tco.total.amount);
    let present = |e: &Evaluation| e.tco.as_ref().map_or(f64::NAN, |tco| tco.present_value.amount);
    let money = |amount: f64| format::money_in(amount, study.currency);
    let months = assumptions.horizon_months;
    // The present value decides, since what is paid later weighs less: where the sums say the opposite, it is told.
    let against = |rival: &Evaluation| {
        let (saving, in_present_value) = (total(rival) - total(best), present(rival) - present(best));
        (saving, if saving >= 0.0 { None } else { Some(money(in_present_value)) })
    };
    if best.is_baseline {
        let next = runner_up.map_or_else(String::new, |e| match against(e) {
            (saving, None) => format!("; the next best, {}, would cost {} more", e.name, money(saving)),
            (saving, Some(present)) => format!(
                " in present value; the next best, {}, would cost {} less in total, but {present} more in present value",
                e.name,
                money(-saving)
            ),
        });
        return format!(
            "Stay with {}: at {} over {months} months it costs least{next}.",
            best.name,
            money(total(best))
        );
    }
    let difference = match against(baseline) {
        (saving, None) => {
            let share = format::percent(saving / total(baseline), 0);
            format!("{} ({share}) less than {}", money(saving), baseline.name)
        }
        (saving, Some(present)) => {
            format!("{} more than {} in total, but {present} less in present value", money(-saving), baseline.name)
        }
    };
    let payback = match best.payback_months() {
        Some(months) if months > 0.0 => format!(" and pays back in {}", format::months(months)),
        Some(_) => " and needs no outlay to pay back".to_owned(),
        None => " and does not pay back within the horizon".to_owned(),
    };
    format!("Move to {}: over {months} months it costs {}, {difference},{payback}.", best.name, money(total(best)))
}

fn confidence(best: &Evaluation, rival: Option<&Evaluation>, options: &[ResolvedOption]) -> Confidence {
    let (Some(a), Some(b)) = (best.tco.as_ref(), rival.and_then(|r| r.tco.as_ref())) else { return Confidence::None };
    let compared = || [Some(best), rival].into_iter().flatten();
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

fn changes(best: &Evaluation, rival: Option<&Evaluation>, ranked: &[&Evaluation]) -> Vec<WouldChange> {
    let mut found = Vec::new();
    if let Some(rival) = rival
        && let (Some(a), Some(b)) = (best.tco.as_ref(), rival.tco.as_ref())
    {
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
        e.id != best.id && rival.is_none_or(|r| r.id != e.id) && b.total_low.amount <= a.total_high.amount
    };
    found.extend(ranked.iter().filter(close).take(2).map(|other| WouldChange::Order { other: other.id.clone() }));
    found
}

fn change_text(best: &Evaluation, ranked: &[&Evaluation], change: &WouldChange) -> String {
    let name = |id: &str| ranked.iter().find(|e| e.id == id).map_or_else(|| id.to_owned(), |e| e.name.clone());
    match change {
        WouldChange::Cost { rival, ratio } => format!(
            "{} stops being ahead of {} if its total cost is {} higher than estimated",
            best.name,
            name(rival),
            format::percent(ratio - 1.0, 0)
        ),
        WouldChange::Throughput { share, still_cheaper, .. } => format!(
            "at the low end of its throughput ({} of the estimate) it is {}",
            format::percent(*share, 0),
            if *still_cheaper { "still cheaper" } else { "no longer surely cheaper" }
        ),
        WouldChange::Order { other } => format!("{} could be cheaper: its cost range overlaps", name(other)),
    }
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
