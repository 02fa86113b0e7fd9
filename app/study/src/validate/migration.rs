//! The section `migration`.

use std::collections::BTreeSet;

use super::{FRACTION, NOT_NEGATIVE, POSITIVE, Problems};
use crate::document::Study;
use crate::migration::MigrationSection;

/// The marks of a risk.
const MARKS: std::ops::RangeInclusive<u8> = 1..=5;
/// No wave takes longer.
const LONGEST_WEEKS: f64 = 520.0;

pub(super) fn section(section: &MigrationSection, study: &Study, found: &mut Problems) {
    if let Some(to) = &section.to
        && study.option(to).is_none()
    {
        let hint = assay_base::yaml::suggestion(to, study.options.iter().map(|o| o.id.as_str()));
        found.report("migration.to", format!("there is no option `{to}`{hint}"));
    }
    found.optional("migration.engineers", section.engineers, POSITIVE, "engineers at a time");
    unique("tasks", section.tasks.iter().map(|task| &task.id), found);
    for task in &section.tasks {
        let path = |field: &str| format!("migration.tasks.{}.{field}", task.id);
        found.quantity(path("person_days"), &task.person_days, NOT_NEGATIVE, "person-days");
        found.number(path("reuse"), task.reuse, FRACTION, "the part that exists already");
    }
    waves(section, found);
    unique("gates", section.gates.iter().map(|gate| &gate.id), found);
    for gate in &section.gates {
        let bounds = [gate.at_most, gate.at_least];
        let path = format!("migration.gates.{}", gate.id);
        if bounds.iter().flatten().any(|bound| !bound.is_finite()) {
            found.report(&path, "a bound is a number");
        }
        match gate.metric {
            Some(_) if bounds == [None, None] => found.report(path, "a metric needs `at_most` or `at_least`"),
            None if bounds != [None, None] => found.report(path, "a bound needs a `metric`"),
            _ => {}
        }
    }
    unique("risks", section.risks.iter().map(|risk| &risk.id), found);
    for risk in &section.risks {
        for (field, mark) in [("likelihood", risk.likelihood), ("impact", risk.impact)] {
            if !MARKS.contains(&mark) {
                found.report(format!("migration.risks.{}.{field}", risk.id), format!("{mark} is outside 1 to 5"));
            }
        }
    }
    unique("governance", section.governance.iter().map(|point| &point.id), found);
}

fn waves(section: &MigrationSection, found: &mut Problems) {
    unique("waves", section.waves.iter().map(|wave| &wave.id), found);
    let mut known = BTreeSet::new();
    for wave in &section.waves {
        let path = |field: &str| format!("migration.waves.{}.{field}", wave.id);
        found.number(path("weeks"), wave.weeks, (f64::MIN_POSITIVE, LONGEST_WEEKS), "weeks");
        found.number(path("load_share"), wave.load_share, FRACTION, "of the load");
        if let Some(after) = &wave.after
            && !known.contains(after.as_str())
        {
            found.report(path("after"), format!("there is no wave `{after}` before this one"));
        }
        known.insert(wave.id.as_str());
    }
}

fn unique<'a>(list: &str, ids: impl Iterator<Item = &'a String>, found: &mut Problems) {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            found.report(format!("migration.{list}"), format!("`{id}` is there twice"));
        }
    }
}
