//! The throughput that others published, from the results imported into the study.

use std::sync::Mutex;

use assay_base::{Evidence, format};
use assay_cost_models::Estimate;
use assay_reports::content::ThroughputFacts;
use assay_store::Store;
use assay_store::published::{PublishedFilter, PublishedThroughput};
use assay_study::ThroughputSource;

/// What was looked up, so that a slider does not read the files again.
type Found = Vec<(PublishedFilter, Result<PublishedThroughput, String>)>;

/// The published results of a study.
#[derive(Debug, Default)]
pub struct Published {
    store: Option<Store>,
    found: Mutex<Found>,
}

impl Published {
    /// The results kept in a study's folder.
    pub fn of(store: Store) -> Self {
        Self { store: Some(store), found: Mutex::default() }
    }

    /// The throughput that a source names.
    ///
    /// # Errors
    /// Why it is unknown, in one sentence.
    pub fn throughput(&self, source: &ThroughputSource) -> Result<ThroughputFacts, String> {
        let ThroughputSource::Published {
            accelerator,
            model,
            scenario,
            stack,
            format: numeric,
            submitter,
            unit,
            per_item,
        } = source
        else {
            return Err("the option names no published result".to_owned());
        };
        let filter = PublishedFilter {
            accelerator: Some(accelerator.clone()),
            workload: Some(model.clone()),
            scenario: scenario.clone(),
            stack: stack.clone(),
            format: numeric.clone(),
            submitter: submitter.clone(),
            kind: None,
        };
        let spread = self.lookup(filter)?;
        if spread.unit != *unit {
            return Err(format!("the published results count {}, the study says {unit}", spread.unit));
        }
        let per_sec = |value: f64| value / per_item;
        let mut warnings = Vec::new();
        if spread.n == 1 {
            warnings.push("one submitter published it, so its spread is not known".to_owned());
        }
        let (least, most) = spread.accelerators;
        let accelerators = if least == most { format!("{least}") } else { format!("{least} to {most}") };
        Ok(ThroughputFacts {
            per_accelerator: Estimate::new(
                per_sec(spread.median),
                per_sec(spread.min),
                per_sec(spread.max),
                Evidence::Published,
            ),
            source: format!(
                "published: {} on {}, {} of {} submitters with {accelerators} accelerators, {}",
                spread.model,
                spread.accelerator,
                format::throughput(spread.median, &spread.unit),
                spread.n,
                spread.sources.join(", ")
            ),
            measurement_id: None,
            projection: None,
            p99_secs: None,
            warnings,
        })
    }

    fn lookup(&self, filter: PublishedFilter) -> Result<PublishedThroughput, String> {
        let Some(store) = &self.store else { return Err("no published results are at hand".to_owned()) };
        let mut found = self.found.lock().map_err(|_| "the published results cannot be read".to_owned())?;
        if let Some((_, known)) = found.iter().find(|(known, _)| *known == filter) {
            return known.clone();
        }
        let result = store.published_throughput(&filter);
        found.push((filter, result.clone()));
        result
    }
}
