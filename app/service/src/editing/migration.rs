//! Changes of the section `migration`: waves, risks, points of governance. What was proposed by a rule is stated by the
//! first change of it.

use assay_reports::content::{MigrationPlan, PlannedWave};
use assay_study::Study;
use assay_study::migration::{GovernancePoint, Risk, Wave};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::commands::Command;

/// The waves of a plan, as the study states them.
fn stated(plan: &MigrationPlan) -> Vec<Wave> {
    let wave = |wave: &PlannedWave| Wave {
        id: wave.id.clone(),
        name: wave.name.clone(),
        weeks: weeks(wave),
        load_share: wave.load_share,
        not_before: None,
        after: None,
    };
    plan.waves.iter().map(wave).collect()
}

/// How long a wave takes.
pub fn weeks(wave: &PlannedWave) -> f64 {
    // Whole days; a hair less, so that they are not counted up to the next one.
    let days = f64::from((wave.ends - wave.starts).get_days());
    ((days / 7.0) * 1e6).floor() / 1e6
}

fn is_stated(study: &Study) -> bool {
    study.migration.as_ref().is_some_and(|section| !section.waves.is_empty())
}

/// Begins a wave on a day, and what waits for it later. The first wave takes the whole plan with it; another one begins
/// at the earliest when the one it waits for is over.
pub fn begin_wave(study: &Study, plan: &MigrationPlan, id: &str, day: Date, gesture: u64) -> Option<Command> {
    let wave = plan.waves.iter().find(|wave| wave.id == id)?;
    let gesture = Some(gesture);
    let Some(before) = wave.after.as_ref().and_then(|id| plan.waves.iter().find(|known| known.id == *id)) else {
        return Some(Command::Set { path: "migration.starts".to_owned(), value: json!(day), gesture });
    };
    let not_before = (day > before.ends).then_some(day);
    if is_stated(study) {
        let path = format!("migration.waves.{id}.not_before");
        return Some(Command::Set { path, value: json!(not_before), gesture });
    }
    let mut waves = stated(plan);
    waves.iter_mut().find(|wave| wave.id == id)?.not_before = not_before;
    Some(Command::Set { path: "migration.waves".to_owned(), value: json!(waves), gesture })
}

/// Gives a wave another length.
pub fn lengthen_wave(study: &Study, plan: &MigrationPlan, id: &str, weeks: f64, gesture: u64) -> Option<Command> {
    let gesture = Some(gesture);
    if is_stated(study) {
        return Some(Command::Set { path: format!("migration.waves.{id}.weeks"), value: json!(weeks), gesture });
    }
    let mut waves = stated(plan);
    waves.iter_mut().find(|wave| wave.id == id)?.weeks = weeks;
    Some(Command::Set { path: "migration.waves".to_owned(), value: json!(waves), gesture })
}

/// States a point of governance.
pub fn point(point: &GovernancePoint) -> Command {
    Command::set(format!("migration.governance.{}", point.id), without_nulls(json!(point)))
}

/// States a risk.
pub fn risk(risk: &Risk) -> Command {
    Command::set(format!("migration.risks.{}", risk.id), without_nulls(json!(risk)))
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}
