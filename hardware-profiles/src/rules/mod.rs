//! What a profile that fits the schema must still keep to.

mod knowledge;
mod offers;
mod specification;

use std::collections::BTreeSet;

use assay_base::yaml;
use jiff::civil::Date;

use crate::check::Severity;
use crate::profile::Profile;
use crate::source::Confidence;
use assay_base::place::Place;

/// A rule that a profile breaks, and where.
pub(crate) struct Broken {
    pub place: Place,
    pub severity: Severity,
    pub message: String,
}

/// Every rule the profile breaks. `stem` is the file's name without extension, where there is a file.
pub(crate) fn broken(profile: &Profile, stem: Option<&str>) -> Vec<Broken> {
    let mut rules = Rules { profile, used: BTreeSet::new(), found: Vec::new() };
    rules.identity(stem);
    rules.texts();
    rules.specification();
    rules.formats();
    rules.lifecycle();
    rules.export_control();
    rules.portability();
    rules.offers();
    rules.cost_references();
    rules.sources();
    rules.found
}

struct Rules<'a> {
    profile: &'a Profile,
    /// The keys of sources that something refers to.
    used: BTreeSet<&'a str>,
    found: Vec<Broken>,
}

/// Words that stand where a fact should.
const PLACEHOLDERS: [&str; 16] = [
    "",
    "?",
    "-",
    "–",
    "...",
    "tba",
    "tbd",
    "todo",
    "fixme",
    "xxx",
    "n/a",
    "na",
    "none",
    "unknown",
    "dummy",
    "placeholder",
];

/// Hosts that RFC 2606 keeps for examples: nothing can be read there.
const EXAMPLE_HOSTS: [&str; 5] = ["example.com", "example.org", "example.net", ".example/", ".invalid"];

impl<'a> Rules<'a> {
    fn report(&mut self, severity: Severity, place: Place, message: impl Into<String>) {
        self.found.push(Broken { place, severity, message: message.into() });
    }

    fn error(&mut self, place: Place, message: impl Into<String>) {
        self.report(Severity::Error, place, message);
    }

    fn warn(&mut self, place: Place, message: impl Into<String>) {
        self.report(Severity::Warning, place, message);
    }

    fn identity(&mut self, stem: Option<&str>) {
        let id = &self.profile.id;
        let place = root("id");
        if !is_id(id) {
            self.error(place, format!("`{id}` is not an id: use lower-case letters, digits, `-` and `.`"));
        } else if stem.is_some_and(|stem| stem != id) {
            let stem = stem.unwrap_or_default();
            self.error(place, format!("the id is `{id}` and the file is named `{stem}`; name the file `{id}.yaml`"));
        }
        if let Some(year) = self.profile.year
            && !(2005..=2100).contains(&year)
        {
            self.error(root("year"), format!("{year} is not the year of an accelerator"));
        }
    }

    fn text(&mut self, place: Place, text: &str) {
        if is_placeholder(text) {
            self.error(place, format!("`{text}` says nothing; leave the key out when the fact is unknown"));
        }
    }

    fn texts(&mut self) {
        let profile = self.profile;
        self.text(root("vendor"), &profile.vendor);
        self.text(root("name"), &profile.name);
        for (key, text) in [
            ("architecture", &profile.architecture),
            ("memory_type", &profile.memory_type),
            ("form_factor", &profile.form_factor),
        ] {
            if let Some(text) = text {
                self.text(root(key), text);
            }
        }
        for (index, note) in profile.notes.iter().enumerate() {
            self.text(root("notes").item(index), note);
        }
        for (index, alias) in profile.aliases.iter().enumerate() {
            let place = root("aliases").item(index);
            if alias.trim_matches(['*', '?', ' ']).chars().count() < 2 {
                self.error(place, format!("`{alias}` would stand for almost anything; write more of the name"));
            } else if profile.aliases.iter().take(index).any(|other| other.eq_ignore_ascii_case(alias)) {
                self.error(place, format!("the alias `{alias}` is listed twice"));
            } else {
                self.text(place, alias);
            }
        }
        for (index, stack) in profile.stacks.iter().enumerate() {
            let place = root("stacks").item(index);
            if !is_id(stack) {
                self.error(
                    place,
                    format!("`{stack}` is not the id of a stack: use lower-case letters, digits and `-`"),
                );
            } else if profile.stacks.iter().take(index).any(|other| other == stack) {
                self.error(place, format!("the stack `{stack}` is listed twice"));
            }
        }
    }

    /// A day on which an accelerator can have had a figure; nobody writes 1970-01-01 and means it.
    fn date(&mut self, place: Place, date: Date) {
        if !(2005..=2100).contains(&date.year()) {
            self.error(place, format!("{date} is not the day of a figure; write the day on which it held"));
        }
    }

    /// A positive number that is not a stand-in.
    fn number(&mut self, place: Place, value: f64) -> bool {
        if !value.is_finite() {
            self.error(place, "this is not a number; leave the key out when the figure is unknown");
        } else if value == 0.0 {
            self.error(place, "zero stands for nothing here; leave the key out when the figure is unknown");
        } else if value < 0.0 {
            self.error(place, format!("{value} is negative"));
        } else if is_stand_in(value) {
            self.error(
                place,
                format!("{value} looks like a placeholder; leave the key out when the figure is unknown"),
            );
        } else {
            return true;
        }
        false
    }

    fn source(&mut self, place: Place, key: &'a str) {
        self.used.insert(key);
        if !self.profile.sources.contains_key(key) {
            let near = yaml::nearest(key, self.profile.sources.keys().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            self.error(place, format!("there is no source `{key}` under `sources`{hint}"));
        }
    }

    fn sources(&mut self) {
        for (key, source) in &self.profile.sources {
            let place = root("sources").key(key);
            self.text(place.key("title"), &source.title);
            for (name, text) in [("url", &source.url), ("as_of_text", &source.as_of_text), ("note", &source.note)] {
                if let Some(text) = text {
                    self.text(place.key(name), text);
                }
            }
            if let Some(date) = source.as_of {
                self.date(place.key("as_of"), date);
            }
            if source.as_of.is_none() && source.confidence > Confidence::Low {
                self.warn(place.clone(), "no date is given: say `as_of`, or `confidence: low`");
            }
            if !self.used.contains(key.as_str()) {
                self.warn(place, format!("nothing refers to the source `{key}`"));
            }
        }
    }
}

fn root(key: &str) -> Place {
    Place::default().key(key)
}

fn is_id(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    first && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
}

fn is_placeholder(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    // `<vendor>` and `<https://…>` are how the template marks what is to be filled in.
    let bracketed = text.starts_with('<') && text.ends_with('>');
    bracketed || PLACEHOLDERS.contains(&text.as_str()) || EXAMPLE_HOSTS.iter().any(|host| text.contains(host))
}

/// Whether a number reads like one that was typed to be replaced: 9999, 123456.
pub(crate) fn is_stand_in(value: f64) -> bool {
    let digits = format!("{value}").replace('.', "");
    (digits.len() >= 4 && digits.bytes().all(|digit| digit == b'9'))
        || (digits.len() >= 5 && "1234567890".starts_with(&digits))
}
