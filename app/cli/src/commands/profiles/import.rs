//! `assay profiles import`: prices from SkyPilot catalogues and FOCUS billing exports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_base::format;
use assay_service::hardware_profiles::Catalog;
use assay_service::hardware_profiles::import::book::{self, Action, Change, Entered};
use assay_service::hardware_profiles::import::{self, Options, Reading, Refusal, Term};
use serde_json::{Value, json};

use crate::args::{CommitmentTerm, Format, ProfilesImport};
use crate::output::{self, number, text};
use crate::{Verdict, place};

/// How many lines of a file are named for one reason; JSON has them all.
const LINES_SHOWN: usize = 8;

pub fn run(arguments: &ProfilesImport) -> anyhow::Result<Verdict> {
    let folder = match &arguments.out {
        Some(folder) => folder.clone(),
        None => place::folder(arguments.study.as_deref())?.join("profiles"),
    };
    let catalog = Catalog::load(folder.is_dir().then_some(folder.as_path()))?;
    for id in &arguments.profile {
        catalog.require(id)?;
    }
    let options = Options {
        provider: arguments.provider.clone(),
        as_of: arguments.as_of,
        file_date: None,
        term: arguments.term.map(|term| match term {
            CommitmentTerm::OneYear => Term::OneYear,
            CommitmentTerm::ThreeYears => Term::ThreeYears,
        }),
        regions: arguments.region.clone(),
        profiles: arguments.profile.clone(),
    };
    let readings = arguments
        .files
        .iter()
        .map(|file| import::read_file(file, &catalog, &options))
        .collect::<Result<Vec<Reading>, _>>()?;
    let entered = book::enter(&readings, &catalog, &folder)?;
    let rows: Vec<Value> = entered.changes.iter().map(change_json).collect();
    let refused = refusals(&readings, &entered);
    let document = json!({
        "files": readings.iter().map(file_json).collect::<Vec<_>>(),
        "written": entered.written,
        "changes": rows,
        "refused": refused.iter().map(|(file, refusal)| json!({
            "file": file, "line": refusal.line, "reason": refusal.reason, "detail": refusal.detail,
        })).collect::<Vec<_>>(),
    });
    let columns = [text("Offer"), text("What"), number("Before"), number("Price"), text("As of"), text("Profile")];
    output::data(arguments.format, &document, &rows, &columns, || {
        entered.changes.iter().filter(|change| change.action != Action::Unchanged).map(change_cells).collect()
    })?;
    if arguments.format != Format::Json {
        report(&readings, &refused);
    }
    summary(&entered);
    Ok(if entered.changes.is_empty() { Verdict::No } else { Verdict::Yes })
}

fn file_json(reading: &Reading) -> Value {
    json!({
        "file": reading.file,
        "kind": reading.kind,
        "rows": reading.rows,
        "not_wanted": reading.not_wanted,
        "prices": reading.observations.len(),
        "refused": reading.refused.len(),
    })
}

fn change_json(change: &Change) -> Value {
    let seen = &change.observation;
    json!({
        "profile": seen.profile,
        "offer": change.offer,
        "action": change.action,
        "previous_price": change.previous_price,
        "price": seen.price,
        "currency": seen.currency,
        "per": "hour",
        "as_of": seen.as_of,
        "line": seen.line,
        "file": change.file,
    })
}

fn change_cells(change: &Change) -> Vec<String> {
    let seen = &change.observation;
    vec![
        change.offer.clone(),
        change.action.label().to_owned(),
        format::or_unknown(change.previous_price, |price| format::significant(price, 5)),
        format!("{} {}/hour", seen.currency, format::significant(seen.price, 5)),
        seen.as_of.to_string(),
        seen.profile.clone(),
    ]
}

/// Everything that could not be used, in reading or in entering.
fn refusals<'a>(readings: &'a [Reading], entered: &'a Entered) -> Vec<(&'a Path, &'a Refusal)> {
    let read =
        readings.iter().flat_map(|reading| reading.refused.iter().map(|refusal| (reading.file.as_path(), refusal)));
    read.chain(entered.refused.iter().map(|(file, refusal)| (file.as_path(), refusal))).collect()
}

/// Says on stderr what was read, and by reason what could not be used.
fn report(readings: &[Reading], refused: &[(&Path, &Refusal)]) {
    for reading in readings {
        let not_wanted = match reading.not_wanted {
            0 => String::new(),
            count => format!(", {count} of other regions or profiles"),
        };
        eprintln!(
            "{}: {}, {} rows{not_wanted}, {} prices",
            reading.file.display(),
            reading.kind.label(),
            reading.rows,
            reading.observations.len()
        );
        let mut reasons: BTreeMap<&str, Vec<&Refusal>> = BTreeMap::new();
        for (_, refusal) in refused.iter().filter(|(file, _)| *file == reading.file) {
            reasons.entry(&refusal.reason).or_default().push(refusal);
        }
        for (reason, refusals) in reasons {
            let shown: Vec<String> =
                refusals.iter().take(LINES_SHOWN).map(|refusal| refusal.line.to_string()).collect();
            let more = if refusals.len() > shown.len() { ", ..." } else { "" };
            let example = refusals.iter().find_map(|refusal| refusal.detail.as_deref());
            let example = example.map(|detail| format!(", such as {detail}")).unwrap_or_default();
            eprintln!("  {} not used: {reason} (line {}{more}{example})", refusals.len(), shown.join(", "));
        }
    }
}

fn summary(entered: &Entered) {
    let count = |action| entered.changes.iter().filter(|change| change.action == action).count();
    let files: Vec<String> = entered.written.iter().map(|file: &PathBuf| file.display().to_string()).collect();
    eprintln!(
        "{} new offers, {} new quotes, {} prices unchanged{}",
        count(Action::NewOffer),
        count(Action::NewQuote),
        count(Action::Unchanged),
        if files.is_empty() { String::new() } else { format!("; wrote {}", files.join(", ")) }
    );
}
