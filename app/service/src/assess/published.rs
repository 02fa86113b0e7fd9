//! The throughput that others published, from the results imported into the study.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use assay_base::{Evidence, NumericFormat, format};
use assay_cost_models::Estimate;
use assay_hardware_profiles::{Catalog, Profile};
use assay_reports::content::ThroughputFacts;
use assay_store::Store;
use assay_store::published::{self, Ceilings, Efficiency, ModelCard, PublishedFilter, PublishedThroughput};
use assay_study::{PublishedWork, ThroughputSource};

/// Submitters that are named.
const NAMES_SHOWN: usize = 6;

/// What was looked up, so that a slider does not read the files again.
type Found = Vec<(PublishedFilter, Result<PublishedThroughput, String>)>;

/// The published results of a study.
#[derive(Debug, Default)]
pub struct Published {
    store: Option<Store>,
    ceilings: Vec<Ceilings>,
    found: Mutex<Found>,
    tested: OnceLock<Result<Tested, String>>,
}

/// What the published results let one project, and how well that works.
#[derive(Debug)]
struct Tested {
    efficiencies: Vec<Efficiency>,
    card: ModelCard,
}

impl Published {
    /// The results of a study, on the accelerators of a catalogue.
    pub fn of(store: Store, catalog: &Catalog) -> Self {
        let ceilings = catalog.iter().filter_map(ceilings).collect();
        Self { store: Some(store), ceilings, ..Self::default() }
    }

    /// How well projections predict what was published; `None` where nothing can be read or predicted.
    pub fn card(&self) -> Option<&ModelCard> {
        self.tested().ok().map(|tested| &tested.card).filter(|card| card.from_one.is_some())
    }

    /// The factor that eight of ten projections from one accelerator to another do not miss the published result by.
    pub fn missed_by(&self) -> Option<f64> {
        Some(self.card()?.from_one?.p10_p90_factor())
    }

    /// The throughput of one accelerator, projected from published results of others; `item` is what demand counts, in
    /// the singular.
    ///
    /// # Errors
    /// Why it is unknown, in one sentence.
    pub fn project(
        &self,
        work: &PublishedWork,
        profile: &Profile,
        numeric: NumericFormat,
        item: &str,
    ) -> Result<ThroughputFacts, String> {
        let tested = self.tested().map_err(Clone::clone)?;
        let error = tested.card.from_several.ok_or("no published result could be predicted, so no error is known")?;
        let target = ceilings(profile)
            .ok_or_else(|| format!("profile `{}` has no memory bandwidth or no peak to project onto", profile.id))?;
        let of = (work.model.as_str(), work.scenario.as_deref(), work.unit.as_str());
        let predicted = published::project(&tested.efficiencies, &target, numeric, of)?;
        let (value, factor) = (predicted.items_per_sec / work.per_item, error.p10_p90_factor());
        Ok(ThroughputFacts {
            per_accelerator: Estimate::new(value, value / factor, value * factor, Evidence::Projected),
            source: format!(
                "projected onto {} in {numeric} from published {} on {} ({}): {}",
                profile.name,
                work.model,
                predicted.from.join(", "),
                format::counted(predicted.submitters as u64, "submitter"),
                divided(Evidence::Projected, predicted.items_per_sec, &work.unit, work.per_item, item),
            ),
            measurement_id: None,
            projection: None,
            p99_secs: None,
            disturbed: false,
            to_repeat: Vec::new(),
            warnings: Vec::new(),
        })
    }

    fn tested(&self) -> Result<&Tested, &String> {
        let test = || {
            let store = self.store.as_ref().ok_or("no published results are at hand")?;
            let table = store.published(&PublishedFilter::default()).map_err(|error| error.to_string())?;
            let efficiencies = published::efficiencies(table.rows(), &self.ceilings);
            Ok(Tested { card: published::backtest(&efficiencies), efficiencies })
        };
        self.tested.get_or_init(test).as_ref()
    }

    /// The throughput that a source names; `item` is what demand counts, in the singular.
    ///
    /// # Errors
    /// Why it is unknown, in one sentence.
    pub fn throughput(&self, source: &ThroughputSource, item: &str) -> Result<ThroughputFacts, String> {
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
                "published: {} on {}, {}; of {} ({}) with {accelerators} accelerators, {}",
                spread.model,
                spread.accelerator,
                divided(Evidence::Published, spread.median, &spread.unit, *per_item, item),
                format::counted(spread.n as u64, "submitter"),
                some(&spread.submitters),
                spread.sources.join(", ")
            ),
            measurement_id: None,
            projection: None,
            p99_secs: None,
            disturbed: false,
            to_repeat: Vec::new(),
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

/// A published throughput, and what it makes in items where an item takes several of what was counted.
fn divided(class: Evidence, per_sec: f64, unit: &str, per_item: f64, item: &str) -> String {
    let found = format::throughput(per_sec, unit);
    if per_item == 1.0 {
        return found;
    }
    let counted = unit.strip_suffix("/s").unwrap_or(unit);
    let takes = format::without_trailing_zeros(&format::compact(per_item));
    let items = format::rate(per_sec / per_item, &format::plural(item));
    format!("{found} {} ÷ {takes} {counted} for each {item} = {items}", class.label())
}

/// The first names of a list.
fn some(names: &[String]) -> String {
    let shown = names.get(..NAMES_SHOWN).unwrap_or(names).join(", ");
    match names.len().checked_sub(NAMES_SHOWN) {
        Some(rest) if rest > 0 => format!("{shown} and {rest} more"),
        _ => shown,
    }
}

/// The ceilings of an accelerator, where it has any, under the names that price lists and results give it.
fn ceilings(profile: &Profile) -> Option<Ceilings> {
    let peaks: BTreeMap<NumericFormat, f64> =
        NumericFormat::ALL.into_iter().filter_map(|f| Some((f, profile.peak_flops_per_sec(f)?))).collect();
    Some(Ceilings {
        accelerator: format!("{} {}", profile.vendor, profile.name),
        // A pattern is a name of bills, not of results.
        names: profile.aliases.iter().filter(|alias| !alias.contains('*')).cloned().collect(),
        bandwidth_bytes_per_sec: profile.memory_bandwidth_bytes_per_sec().filter(|_| !peaks.is_empty())?,
        peak_flops_per_sec: peaks,
    })
}
