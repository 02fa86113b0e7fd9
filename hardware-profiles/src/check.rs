//! What is wrong in a profile file, with line and column.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use assay_base::yaml::{self, YamlError};
use serde::Serialize;

use crate::catalog::{self, CatalogError};
use crate::profile::Profile;
use crate::rules;
use assay_base::place::{Place, locate};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; the profile is usable.
    Warning,
    /// The profile is refused.
    Error,
}

impl Severity {
    /// The word used in messages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is wrong, shown as `file:line:column: error: field: message`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The file.
    pub file: PathBuf,
    /// Line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// Column, counted from 1, where it is known.
    pub column: Option<usize>,
    /// How bad it is.
    pub severity: Severity,
    /// The path of keys to the value, such as `offers[0].quotes[2].price`; empty for the whole file.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        write!(f, ": {}: ", self.severity.label())?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

impl From<YamlError> for Finding {
    fn from(error: YamlError) -> Self {
        let suggestion = error.suggestion.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default();
        Self {
            file: error.file,
            line: error.line,
            column: error.column,
            severity: Severity::Error,
            field: error.field,
            message: error.message + &suggestion,
        }
    }
}

impl Finding {
    fn at(text: &str, file: &Path, place: &Place, severity: Severity, message: String) -> Self {
        // A value whose tag contradicts it cannot be reached; what holds it can.
        let places = std::iter::successors(Some(place.clone()), Place::parent);
        let position = places.into_iter().find_map(|place| locate(text, &place));
        Self {
            file: file.to_owned(),
            line: position.map(|(line, _)| line),
            column: position.map(|(_, column)| column),
            severity,
            field: place.to_string(),
            message,
        }
    }

    pub(crate) fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            column: None,
            severity: Severity::Error,
            field: String::new(),
            message: error.to_string(),
        }
    }
}

/// Checks the text of one profile file; `file` names it in findings.
pub fn check_text(text: &str, file: &Path) -> Vec<Finding> {
    read(text, file).1
}

/// Checks one profile file.
pub fn check_file(file: &Path) -> Vec<Finding> {
    match std::fs::read_to_string(file) {
        Ok(text) => check_text(&text, file),
        Err(error) => vec![Finding::unreadable(file, &error)],
    }
}

/// Checks the built-in catalogue and the files of a folder of the user's, each by itself and against the others.
///
/// # Errors
/// When the folder cannot be listed.
pub fn check_all(overlay: Option<&Path>) -> Result<Vec<Finding>, CatalogError> {
    let mut findings = Vec::new();
    let mut groups = vec![catalog::builtin_files().map(|(file, text)| (file, text.to_owned())).collect::<Vec<_>>()];
    if let Some(folder) = overlay {
        let mut texts = Vec::new();
        for file in catalog::overlay_files(folder)? {
            match std::fs::read_to_string(&file) {
                Ok(text) => texts.push((file, text)),
                Err(error) => findings.push(Finding::unreadable(&file, &error)),
            }
        }
        groups.push(texts);
    }
    // An overlay may repeat an id of the catalogue, that is its purpose; within a group an id occurs once.
    for group in groups {
        let mut seen: BTreeMap<String, PathBuf> = BTreeMap::new();
        for (file, text) in group {
            let (profile, found) = read(&text, &file);
            findings.extend(found);
            let Some(profile) = profile else { continue };
            if let Some(other) = seen.get(&profile.id) {
                let message = format!("{} has the id `{}`, too; an id names one profile", other.display(), profile.id);
                findings.push(Finding::at(&text, &file, &Place::default().key("id"), Severity::Error, message));
            }
            seen.entry(profile.id).or_insert(file);
        }
    }
    Ok(findings)
}

/// Reads a profile and finds what is wrong with it. The profile is there when it fits the schema, whatever else is
/// wrong.
pub(crate) fn read(text: &str, file: &Path) -> (Option<Profile>, Vec<Finding>) {
    match yaml::parse::<Profile>(text, file) {
        Err(error) => {
            let finding = Finding::from(error);
            let line = finding.line.or_else(|| gave_up_at(text));
            (None, vec![Finding { line, ..finding }])
        }
        Ok(profile) => {
            let findings = rules::broken(&profile, file.file_stem().and_then(|stem| stem.to_str()))
                .into_iter()
                .map(|broken| Finding::at(text, file, &broken.place, broken.severity, broken.message))
                .collect();
            (Some(profile), findings)
        }
    }
}

/// The line to name where the parser names none: it does so at a second document and at the end of the text.
fn gave_up_at(text: &str) -> Option<usize> {
    let marker = |line: &str| line.starts_with("---") || line.starts_with("...");
    let second = text.lines().enumerate().skip(1).find(|(_, line)| marker(line)).map(|(number, _)| number + 1);
    second.or_else(|| Some(text.lines().count()).filter(|count| *count > 0))
}
