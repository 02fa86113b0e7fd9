//! Logs: what `name: value` lines say, with the lines they are on.

use std::collections::BTreeMap;

use super::fields::{self, GaveUp};

/// The values of a log by their names.
pub struct Log {
    values: BTreeMap<String, (u64, String)>,
    /// The names that come back with another value, and where they first do.
    contradictions: BTreeMap<String, u64>,
    last_line: u64,
}

impl Log {
    /// Reads `name: value` lines, whatever stands before the name by `strip`; other lines say nothing.
    pub fn read(bytes: &[u8], strip: impl Fn(&str) -> &str) -> Self {
        let mut log = Self { values: BTreeMap::new(), contradictions: BTreeMap::new(), last_line: 1 };
        for (line, text) in fields::lines(bytes) {
            log.last_line = line;
            let Some((name, value)) = strip(text.trim()).split_once(':') else { continue };
            let (name, value) = (name.trim(), value.trim());
            if name.is_empty() || value.is_empty() {
                continue;
            }
            match log.values.get(name) {
                None => {
                    log.values.insert(name.to_owned(), (line, value.to_owned()));
                }
                Some((_, known)) if known == value => {}
                Some(_) => {
                    log.contradictions.entry(name.to_owned()).or_insert(line);
                }
            }
        }
        log
    }

    /// A value as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(_, value)| value.as_str())
    }

    /// The line of a value; the log's last where it is absent.
    pub fn line(&self, name: &str) -> u64 {
        self.values.get(name).map_or(self.last_line, |(line, _)| *line)
    }

    /// The names with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, (_, value))| (name.as_str(), value.as_str()))
    }

    /// Refuses a log in which any of these names has several values: it holds several runs.
    pub fn one_run(&self, names: impl Fn(&str) -> bool) -> Result<(), GaveUp> {
        match self.contradictions.iter().filter(|(name, _)| names(name)).min_by_key(|(_, line)| **line) {
            Some((name, line)) => {
                Err(GaveUp::new(*line, format!("`{name}` is here a second time: give each run its own file")))
            }
            None => Ok(()),
        }
    }

    /// A plain number.
    pub fn number(&self, name: &str) -> Result<Option<f64>, String> {
        self.text(name).map(|text| fields::number_of(name, text)).transpose()
    }

    /// A time with its unit, `98.96 ms` or `0.49 s`, in seconds.
    pub fn secs(&self, name: &str) -> Result<Option<f64>, String> {
        self.text(name).map(|text| secs_of(name, text)).transpose()
    }
}

/// A time with its unit in seconds.
pub fn secs_of(name: &str, text: &str) -> Result<f64, String> {
    let (number, unit) = text.trim().rsplit_once(' ').ok_or_else(|| format!("`{name}` is `{text}`, without a unit"))?;
    let scale = match unit.trim() {
        "s" | "sec" | "seconds" => 1.0,
        "ms" => 1e-3,
        "us" => 1e-6,
        "ns" => 1e-9,
        other => return Err(format!("the unit `{other}` of `{name}` is not known")),
    };
    Ok(fields::number_of(name, number)? * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_values_and_lines() {
        let log = Log::read(b"a : 1\nno value\nb: 2 ms\nb: 2 ms\n a: 3\n", |line| line);
        assert_eq!((log.text("a"), log.line("b")), (Some("1"), 3));
        assert_eq!(log.secs("b"), Ok(Some(2e-3)));
        assert!(log.secs("a").unwrap_err().contains("without a unit"));
        assert_eq!(log.one_run(|name| name == "a").unwrap_err().line, 5);
        assert_eq!(log.one_run(|name| name == "b"), Ok(()));
    }
}
