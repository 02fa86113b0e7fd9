//! The plan of a move: what the study states, and rules where it states nothing. A proposal is marked as one.

pub(crate) mod effort;
mod gates;
mod governance;
mod risks;
mod schedule;

use assay_base::format;
use assay_cost_models::Payment;
use assay_hardware_profiles::{Catalog, Profile};
use assay_reports::content::{MigrationPlan, ParallelRun, PlannedEffort, PlannedWave, PortabilityRow};
use assay_study::StudyOption;
use assay_study::migration::{MigrationSection, Strategy};

use crate::assess::{Assessment, Measured, ResolvedOption};
use crate::calendar;

/// What the rules of all parts look at.
struct Move<'a> {
    assessment: &'a Assessment,
    measured: &'a Measured,
    section: MigrationSection,
    /// The option to move to, as stated and as resolved.
    option: &'a StudyOption,
    resolved: &'a ResolvedOption,
    profile: Option<&'a Profile>,
    baseline_profile: Option<&'a Profile>,
    strategy: Strategy,
}

/// The move that the study asks for, or that is recommended.
fn intended<'a>(assessment: &'a Assessment, measured: &'a Measured, catalog: &'a Catalog) -> Result<Move<'a>, String> {
    let study = &assessment.study;
    let section = study.migration.clone().unwrap_or_default();
    let to = match &section.to {
        Some(id) => id.clone(),
        None => recommended(assessment)?,
    };
    let option = study.option(&to).ok_or_else(|| format!("migration.to: the study has no option `{to}`"))?;
    let resolved = assessment.option(&to).ok_or_else(|| format!("the option `{to}` was not evaluated"))?;
    let profile_of = |option: Option<&StudyOption>| catalog.get(option?.profile.as_deref()?);
    let baseline = study.option(&study.baseline);
    let mut planned = Move {
        assessment,
        measured,
        option,
        resolved,
        profile: profile_of(Some(option)),
        baseline_profile: profile_of(baseline),
        strategy: Strategy::Replatform,
        section,
    };
    planned.strategy = strategy(&planned).0;
    Ok(planned)
}

/// Derives the plan of the move that the study asks for, or that is recommended.
///
/// # Errors
/// When there is nothing to move to, with the reason and what to state.
pub fn plan(assessment: &Assessment, measured: &Measured, catalog: &Catalog) -> Result<MigrationPlan, String> {
    let planned = intended(assessment, measured, catalog)?;
    let study = &assessment.study;
    let baseline = study.option(&study.baseline);
    let (strategy, strategy_reason) = strategy(&planned);
    let (tasks, effort) = effort::effort(&planned)?;
    let engineers = planned.section.engineers.unwrap_or(effort::ENGINEERS);
    let starts = schedule::first_day(&planned);
    let waves = schedule::waves(&planned, starts, effort.expected_days, engineers);
    let ends = waves.iter().map(|wave| wave.ends).max().unwrap_or(starts);
    Ok(MigrationPlan {
        to: planned.option.id.clone(),
        to_name: planned.option.name.clone(),
        from_name: baseline.map_or_else(|| study.baseline.clone(), |option| option.name.clone()),
        strategy,
        strategy_reason,
        starts,
        ends,
        engineers,
        tasks,
        effort,
        parallel_run: parallel_run(&planned),
        gates: gates::gates(&planned, &waves),
        waves,
        risks: risks::risks(&planned),
        governance: governance::points(&planned),
        team: governance::team(&planned),
        rollback_triggers: gates::rollback_triggers(&planned),
        portability: portability(&planned),
    })
}

/// What the cost model and the plan of the move do not agree on, a sentence each: when the new platform takes load, how
/// long the old one runs beside it, and how much work the move is.
pub fn not_as_counted(assessment: &Assessment, measured: &Measured, catalog: &Catalog) -> Vec<String> {
    let Ok(planned) = intended(assessment, measured, catalog) else { return Vec::new() };
    let Ok((_, effort)) = effort::effort(&planned) else { return Vec::new() };
    let engineers = planned.section.engineers.unwrap_or(effort::ENGINEERS);
    let waves = schedule::waves(&planned, schedule::first_day(&planned), effort.expected_days, engineers);
    let found = [
        later_than_counted(&planned, &waves),
        earlier_than_counted(&planned, &waves),
        effort_not_counted(&planned, &effort),
    ];
    found.into_iter().flatten().collect()
}

/// Load on the new platform before the cost counts it.
fn earlier_than_counted(planned: &Move<'_>, waves: &[PlannedWave]) -> Option<String> {
    let first_load = waves.iter().find(|wave| wave.load_share > 0.0)?;
    let moved = waves.iter().find(|wave| wave.load_share >= 1.0).unwrap_or(first_load);
    let counted = planned.assessment.first_month();
    let days_early = (counted - first_load.starts).get_days();
    (days_early > schedule::TOLERATED_DAYS).then(|| {
        format!(
            "{}: the migration plan puts the first load on it on {} and all of it on {}, but the cost counts it only \
             from {counted} on: state a later `migration.starts`, or an earlier `capacity.begins`",
            planned.option.name, first_load.starts, moved.starts
        )
    })
}

/// Work that the plan states and the cost counts otherwise.
fn effort_not_counted(planned: &Move<'_>, effort: &PlannedEffort) -> Option<String> {
    const TOLERATED: f64 = 0.1;
    let counted = planned.option.migration.as_ref().map_or(0.0, |migration| migration.effort_person_days.value());
    ((effort.expected_days - counted).abs() > TOLERATED * counted.max(1.0)).then(|| {
        let days = |days: f64| format::thousands(days, 0);
        format!(
            "{}: the migration plan has {} person-days, but the cost counts {}: set \
             `options.{}.migration.effort_person_days` to what the plan says",
            planned.option.name,
            days(effort.expected_days),
            days(counted),
            planned.option.id
        )
    })
}

/// A plan that needs the old platform for longer than the cost counts it beside the new one.
fn later_than_counted(planned: &Move<'_>, waves: &[PlannedWave]) -> Option<String> {
    let assessment = planned.assessment;
    let moved = waves.iter().find(|wave| wave.load_share >= 1.0)?.ends;
    let off = waves.iter().map(|wave| wave.ends).max()?;
    let months = schedule::months_beside(planned);
    let first = assessment.first_month();
    let counted = calendar::after_months(first, months);
    let days_late = (off - counted).get_days();
    (days_late > schedule::TOLERATED_DAYS).then(|| {
        let beside = match months > 0.0 {
            true => format!("counts it for {} beside the new one, from {first} to {counted}", format::months(months)),
            false => format!("counts the new one alone from {first} on"),
        };
        format!(
            "{}: the migration plan moves the last load by {moved} and needs the old platform until {off}, but the cost \
             {beside}: raise `options.{}.migration.parallel_run_months`, or begin earlier",
            planned.option.name, planned.option.id
        )
    })
}

fn recommended(assessment: &Assessment) -> Result<String, String> {
    let baseline = assessment.study.baseline.as_str();
    match assessment.answer.recommended.as_deref() {
        Some(id) if id != baseline => Ok(id.to_owned()),
        Some(_) => {
            Err("No move is recommended: staying costs least. State `migration.to` to plan a move all the same."
                .to_owned())
        }
        None => Err("There is no recommendation yet. State `migration.to` to plan a move all the same.".to_owned()),
    }
}

/// The strategy stated, or the lightest one that the difference between the two platforms allows.
fn strategy(planned: &Move<'_>) -> (Strategy, String) {
    if let Some(stated) = planned.section.strategy {
        return (stated, "Stated in the study.".to_owned());
    }
    let service =
        matches!(planned.resolved.input.payment, Payment::PerMillionItems { .. } | Payment::PerMillionTokens { .. });
    if planned.option.id == planned.assessment.study.baseline {
        return (Strategy::Retain, "The option is the one in use.".to_owned());
    }
    if service {
        return (Strategy::Repurchase, "The option is a service that is paid by use.".to_owned());
    }
    match (planned.baseline_profile, planned.profile) {
        (Some(from), Some(to)) if from.vendor == to.vendor && from.kind == to.kind => {
            (Strategy::Rehost, format!("Both are {} devices of the same kind, so the software stack stays.", to.vendor))
        }
        (_, Some(to)) => (
            Strategy::Replatform,
            format!("{} {} needs another compiler or runtime than what is in use.", to.vendor, to.name),
        ),
        (_, None) => (
            Strategy::Replatform,
            "The hardware is not in the catalogue, so another compiler or runtime is assumed.".to_owned(),
        ),
    }
}

fn parallel_run(planned: &Move<'_>) -> Option<ParallelRun> {
    use assay_cost_models::evaluation::Component;
    let months = planned.option.migration.as_ref()?.parallel_run_months;
    let evaluation = planned.assessment.evaluation(&planned.option.id);
    let components = evaluation.and_then(|e| e.tco.as_ref()).map(|tco| tco.components.as_slice()).unwrap_or_default();
    let cost = components.iter().find(|cost| cost.component == Component::ParallelRunning).map(|cost| cost.amount);
    (months > 0.0).then_some(ParallelRun { months, cost })
}

fn portability(planned: &Move<'_>) -> Vec<PortabilityRow> {
    let facts = planned.profile.map(Profile::portability).unwrap_or_default();
    facts
        .into_iter()
        .map(|fact| PortabilityRow {
            topic: fact.topic.label().to_owned(),
            subject: fact.subject,
            text: fact.text,
            source: fact.provenance.as_ref().map(|known| known.source.clone()),
            evidence: fact.provenance.as_ref().map(|known| known.evidence),
            as_of: fact.provenance.as_ref().and_then(|known| known.as_of),
        })
        .collect()
}
