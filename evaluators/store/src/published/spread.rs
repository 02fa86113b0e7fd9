//! What several submitters published of the same thing: a throughput with its spread.

use std::collections::BTreeMap;

use super::table::{PublishedFilter, PublishedRow};
use crate::store::Store;

/// The throughput of one accelerator that different submitters published for the same work on the same hardware.
///
/// A submitter counts once, with the median of what it published.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedSpread {
    /// The accelerator.
    pub accelerator: String,
    /// The model.
    pub model: String,
    /// How it was run.
    pub scenario: Option<String>,
    /// The numeric format, in the source's words.
    pub format: Option<String>,
    /// What is counted, such as `tokens/s`.
    pub unit: String,
    /// How many submitters.
    pub n: usize,
    /// Their names, or the file where none is known.
    pub submitters: Vec<String>,
    /// Their results.
    pub rows: usize,
    /// The fewest and the most accelerators that worked together.
    pub accelerators: (u64, u64),
    /// The lowest of the submitters, in items a second of one accelerator.
    pub min: f64,
    /// The median of the submitters.
    pub median: f64,
    /// The highest.
    pub max: f64,
    /// `exp` of the standard deviation of the logarithms (with n - 1): 1.1 says that two thirds of the submitters lie
    /// within some 10 % of the middle. Absent for one submitter.
    pub geometric_sd: Option<f64>,
    /// Ids of the results.
    pub ids: Vec<String>,
    /// Where they come from: publisher, or the file where none is known, each once.
    pub sources: Vec<String>,
}

impl PublishedSpread {
    /// The geometric standard deviation that is typical within groups of the same hardware and work:
    /// `exp(sqrt(sum (n-1) s^2 / sum (n-1)))` over the groups' standard deviations of logarithms, the pooled variance
    /// of an analysis of variance. Absent where no group has two submitters.
    pub fn pooled_geometric_sd(groups: &[Self]) -> Option<f64> {
        let known = groups.iter().filter_map(|group| Some((group.n as f64 - 1.0, group.geometric_sd?.ln())));
        let (weights, squares) = known.fold((0.0, 0.0), |(w, s), (n, sd)| (w + n, s + n * sd * sd));
        (weights > 0.0).then(|| (squares / weights).sqrt().exp())
    }
}

/// The throughput that an option can be given.
pub type PublishedThroughput = PublishedSpread;

/// What must be the same for results to be of the same thing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    accelerator: &'a str,
    model: &'a str,
    scenario: Option<&'a str>,
    format: Option<&'a str>,
    unit: &'a str,
}

impl<'a> Key<'a> {
    /// Of a row that says what one accelerator does; what was not run says nothing new.
    fn of(row: &PublishedRow<'a>) -> Option<(Self, f64)> {
        let value = row.throughput_per_accelerator().filter(|_| !row.inferred)?;
        let key = Self {
            accelerator: row.accelerator?,
            model: row.model,
            scenario: row.scenario,
            format: row.format,
            unit: row.unit?,
        };
        Some((key, value))
    }
}

/// The spread of each accelerator, model, scenario, format and unit among some rows.
pub(super) fn spreads<'a>(rows: impl Iterator<Item = PublishedRow<'a>>) -> Vec<PublishedSpread> {
    let mut groups: BTreeMap<Key<'a>, Vec<(PublishedRow<'a>, f64)>> = BTreeMap::new();
    for row in rows {
        if let Some((key, value)) = Key::of(&row) {
            groups.entry(key).or_default().push((row, value));
        }
    }
    groups.into_iter().filter_map(|(key, rows)| spread(&key, &rows)).collect()
}

fn spread(key: &Key<'_>, rows: &[(PublishedRow<'_>, f64)]) -> Option<PublishedSpread> {
    let mut submitters: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (row, value) in rows {
        submitters.entry(row.submitter.unwrap_or(&row.provenance.file)).or_default().push(*value);
    }
    let names = submitters.keys().map(|name| (*name).to_owned()).collect();
    let values: Vec<f64> = submitters.into_values().filter_map(median).collect();
    let counts = rows.iter().filter_map(|(row, _)| row.accelerators);
    let mut sources: Vec<String> = Vec::new();
    for (row, _) in rows {
        let source = row.provenance.publisher.as_ref().unwrap_or(&row.provenance.file);
        if !sources.contains(source) {
            sources.push(source.clone());
        }
    }
    Some(PublishedSpread {
        accelerator: key.accelerator.to_owned(),
        model: key.model.to_owned(),
        scenario: key.scenario.map(str::to_owned),
        format: key.format.map(str::to_owned),
        unit: key.unit.to_owned(),
        n: values.len(),
        submitters: names,
        rows: rows.len(),
        accelerators: (counts.clone().min()?, counts.max()?),
        min: values.iter().copied().reduce(f64::min)?,
        max: values.iter().copied().reduce(f64::max)?,
        geometric_sd: geometric_sd(&values),
        median: median(values)?,
        ids: rows.iter().map(|(row, _)| row.id()).collect(),
        sources,
    })
}

/// The middle value, or the mean of the two in the middle.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let high = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(high);
    }
    Some((*values.get(middle.checked_sub(1)?)? + high) / 2.0)
}

pub(super) fn geometric_sd(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().map(|value| value.ln()).sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value.ln() - mean).powi(2)).sum();
    Some((squares / (n - 1.0)).sqrt().exp())
}

impl Store {
    /// The spread among submitters of everything that is wanted: a group for each accelerator, model, scenario, numeric
    /// format and unit.
    ///
    /// # Errors
    /// As [`published`](Self::published).
    pub fn published_spreads(&self, filter: &PublishedFilter) -> Result<Vec<PublishedSpread>, crate::StoreError> {
        Ok(spreads(self.published(filter)?.rows()))
    }

    /// The published throughput of one accelerator that a filter names, as an option needs it: of exactly one
    /// accelerator, model, scenario, numeric format and unit. A name that is given in full counts before those that only
    /// contain it.
    ///
    /// # Errors
    /// A sentence: nothing is there, several things are (they are named), or the study cannot be read.
    pub fn published_throughput(&self, filter: &PublishedFilter) -> Result<PublishedThroughput, String> {
        let mut groups = self.published_spreads(filter).map_err(|error| error.to_string())?;
        type Get = fn(&PublishedSpread) -> Option<&str>;
        let names: [(&Option<String>, Get, &str); 4] = [
            (&filter.accelerator, |g| Some(&g.accelerator), "accelerator"),
            (&filter.workload, |g| Some(&g.model), "workload"),
            (&filter.scenario, |g| g.scenario.as_deref(), "scenario"),
            (&filter.format, |g| g.format.as_deref(), "format"),
        ];
        for (wanted, get, _) in &names {
            let Some(wanted) = wanted else { continue };
            let exact = |group: &PublishedSpread| get(group).is_some_and(|name| name.eq_ignore_ascii_case(wanted));
            if groups.iter().any(exact) {
                groups.retain(exact);
            }
        }
        for (_, get, what) in names.iter().chain([(&None, (|g| Some(g.unit.as_str())) as Get, "unit")].iter()) {
            let mut found: Vec<&str> = groups.iter().map(|group| get(group).unwrap_or("not stated")).collect();
            found.sort_unstable();
            found.dedup();
            if found.len() > 1 {
                return Err(format!(
                    "the published results fit several values of {what}: {}; name one",
                    found.join(", ")
                ));
            }
        }
        groups.pop().ok_or_else(|| {
            "no published result with a throughput and a number of accelerators fits; `assay results list --evidence \
             published` shows what is there"
                .to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middles_and_spreads() {
        assert_eq!((median(vec![3.0, 1.0, 2.0]), median(vec![1.0, 2.0]), median(vec![])), (Some(2.0), Some(1.5), None));
        // The logarithms of e and 1/e have a standard deviation of the square root of 2.
        let sd = geometric_sd(&[std::f64::consts::E, 1.0 / std::f64::consts::E]).unwrap();
        assert!((sd.ln() - std::f64::consts::SQRT_2).abs() < 1e-12);
        assert_eq!(geometric_sd(&[1.0]), None);
    }
}
