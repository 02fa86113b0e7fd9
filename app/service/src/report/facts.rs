//! What documents say of hardware, uncertainty, waiting and break-evens.

use std::collections::BTreeMap;

use assay_base::{Money, NumericFormat};
use assay_core::Measurement;
use assay_core::estimate::Verdict;
use assay_cost_models::Payment;
use assay_cost_models::evaluation::{BreakEven, Driver, Metric, ValueOfWaiting, cost_curves};
use assay_cost_models::simulation::OptionOutcome;
use assay_hardware_profiles::{Catalog, Profile};
use assay_reports::content::{
    BreakEvenFacts, CommitmentFacts, CompilerEstimate, CompilerVerdict, Crossover, HardwareFacts, OptionFacts,
    OptionOdds, PaysBack, SpeedUp, UncertaintyFacts, VolumeCurve, WaitingFacts, WaitingValue,
};
use assay_study::{StudyOption, ThroughputSource};

use crate::assess::{Assessment, ResolvedOption, power_source};
use crate::compilers;
use crate::estimates::EstimateRecord;
use crate::uncertainty::simulate;
use crate::what_if;

/// Samples behind the odds of a document: their shares are then within a percent or so.
const SAMPLES: usize = 4_000;
/// The seed of documents.
const SEED: u64 = 42;
/// Places of a curve over the volume, and its range around the study's own.
const PLACES: usize = 49;
const VOLUMES: (f64, f64) = (0.05, 3.0);
/// Options on the chart over the volume.
const CURVES: usize = 5;

/// The facts behind an option.
pub(super) fn option(assessment: &Assessment, option: &ResolvedOption) -> OptionFacts {
    OptionFacts {
        id: option.input.id.clone(),
        name: option.input.name.clone(),
        hardware: option.hardware.clone(),
        accelerators_per_unit: option.input.accelerators_per_unit,
        power: power_source(&option.input),
        commitment: commitment(assessment, option),
        price: option.price.clone().map(|p| p.quoted),
        throughput: option.throughput.clone(),
    }
}

/// What is signed for with an option before its first month, for the units of that month.
fn commitment(assessment: &Assessment, option: &ResolvedOption) -> Option<CommitmentFacts> {
    let units = assessment.evaluation(&option.input.id)?.fleet.as_ref()?.at_start;
    let worth = |money: Money| money.amount * assessment.exchange_rate(money.currency) * units as f64;
    let hours = assessment.assumptions.hours_per_month;
    match option.input.payment {
        Payment::Reserved { price_per_unit_hour, upfront_per_unit, term_months } => Some(CommitmentFacts {
            units,
            term_months,
            at_signing: worth(upfront_per_unit),
            by_month: worth(price_per_unit_hour) * hours * f64::from(term_months),
        }),
        Payment::Lease { price_per_unit_month, upfront_per_unit, term_months, .. } => Some(CommitmentFacts {
            units,
            term_months,
            at_signing: worth(upfront_per_unit),
            by_month: worth(price_per_unit_month) * f64::from(term_months),
        }),
        _ => None,
    }
}

/// What vendors' compilers say, as the study keeps it.
pub(super) fn compiler_estimates(records: &[EstimateRecord]) -> Vec<CompilerEstimate> {
    let of = |record: &EstimateRecord| {
        let estimate = &record.estimate;
        CompilerEstimate {
            workload: record.workload.id.clone(),
            accelerator: record.accelerator_name.clone(),
            compiler: record.compiler_and_version(),
            verdict: match &estimate.verdict {
                Verdict::Compiles => CompilerVerdict::Fits,
                Verdict::DoesNotFit(_) | Verdict::DoesNotCompile(_) => CompilerVerdict::Refused,
                Verdict::Unsupported(_) | Verdict::Failed(_) => CompilerVerdict::Unknown,
            },
            label: estimate.verdict.label(),
            reason: estimate.verdict.reason().map(str::to_owned),
            execution_secs: estimate.execution_secs,
            peak_bytes: estimate.memory.and_then(|memory| memory.peak_bytes),
        }
    };
    records.iter().filter(|record| record.is_of_the_program()).map(of).collect()
}

/// Stacks against the one that does not compile.
pub(super) fn speed_ups(measurements: &[Measurement]) -> Vec<SpeedUp> {
    let of = |row: compilers::CompilerRow| SpeedUp {
        workload: row.workload,
        device: row.device,
        stack: row.stack.to_string(),
        baseline: compilers::EAGER.to_owned(),
        speed_up: row.speed_up,
        interval: row.speed_up_interval,
        compile_secs: row.compile_secs,
        pays_back: match row.pays_back {
            compilers::PaysBack::After { items, .. } => PaysBack::AfterItems(items),
            compilers::PaysBack::AtOnce => PaysBack::AtOnce,
            compilers::PaysBack::Never => PaysBack::Never,
            compilers::PaysBack::Unknown => PaysBack::Unknown,
        },
    };
    compilers::compilers(measurements, compilers::EAGER).into_iter().map(of).collect()
}

/// What many samples say; `None` where nothing is uncertain or the study's correlations do not fit.
pub(super) fn uncertainty(assessment: &Assessment) -> Option<UncertaintyFacts> {
    let found = simulate(assessment, SAMPLES, SEED).ok()??;
    let spread = |s: &assay_cost_models::simulation::Spread| [s.p10, s.p50, s.p90];
    let odds = |option: &OptionOutcome| OptionOdds {
        id: option.id.clone(),
        cost: spread(&option.cost),
        npv: option.npv.as_ref().map(spread),
        positive_npv: option.positive_npv_probability,
        best: option.best_probability,
    };
    let named = |driver: &Driver| match driver.option() {
        Some(id) => {
            let name = assessment.option(id).map_or(id, |option| option.input.name.as_str());
            format!("{} of {name}", driver.label())
        }
        None => driver.label().to_owned(),
    };
    Some(UncertaintyFacts {
        samples: found.outcome.samples,
        seed: found.outcome.seed,
        inputs: found.inputs.len(),
        together: found.together.clone(),
        options: found.outcome.options.iter().map(odds).collect(),
        information: found
            .information
            .iter()
            .filter_map(|known| Some((named(known.driver.as_ref()?), known.expected_saving)))
            .collect(),
    })
}

/// What the study waits for.
pub(super) fn waiting(assessment: &Assessment) -> Vec<WaitingFacts> {
    let value = |known: ValueOfWaiting| WaitingValue {
        now: known.now.amount,
        staying: known.staying.amount,
        waiting: known.waiting.amount,
        value: known.value.amount,
        scenarios: known.scenarios.into_iter().map(|s| (s.name, s.probability, s.saving.amount)).collect(),
    };
    what_if::waiting(assessment)
        .into_iter()
        .map(|waited| WaitingFacts {
            option: waited.option,
            meanwhile: waited.meanwhile,
            months: waited.months,
            source: waited.source,
            value: waited.value.map(value),
        })
        .collect()
}

/// Where the cheaper of two options changes.
pub(super) fn break_evens(assessment: &Assessment) -> Vec<BreakEvenFacts> {
    what_if::break_evens(assessment)
        .unwrap_or_default()
        .into_iter()
        .map(|found| BreakEvenFacts {
            option: found.option,
            against: found.against,
            driver: found.driver,
            now: found.now,
            range: [found.range.0, found.range.1],
            found: match found.answer {
                BreakEven::Value { value, cheaper_below, cheaper_above, .. } => {
                    Crossover::At { value, below: cheaper_below, above: cheaper_above }
                }
                BreakEven::NotReached { cheaper } => Crossover::Never(cheaper),
                BreakEven::NotVerified { reason } => Crossover::Unknown(reason),
            },
        })
        .collect()
}

/// What the best options cost over the volume of the first month; empty where that cannot be said.
pub(super) fn volume_curves(assessment: &Assessment) -> Vec<VolumeCurve> {
    let inputs: Vec<_> = assessment.options.iter().map(|option| option.input.clone()).collect();
    let driver = Driver::of_demand(&assessment.assumptions);
    let Some(now) = driver.value(&inputs, &assessment.assumptions) else { return Vec::new() };
    let range = (now * VOLUMES.0, now * VOLUMES.1);
    // A factor on all months is shown by what it makes of the first.
    let first = match driver {
        Driver::DemandFactor => assessment.assumptions.demand.items(1).ok().and_then(|items| items.first().copied()),
        _ => Some(1.0),
    };
    let Some(first) = first.filter(|items| *items > 0.0) else { return Vec::new() };
    let Ok(curves) = cost_curves(&inputs, &assessment.assumptions, &driver, range, PLACES, Metric::PresentValue) else {
        return Vec::new();
    };
    let ranked = assessment.ranked();
    ranked
        .iter()
        .take(CURVES)
        .filter_map(|option| curves.lines.iter().find(|line| line.id == option.id))
        .map(|line| VolumeCurve {
            option: line.id.clone(),
            points: curves.values.iter().zip(&line.figures).filter_map(|(x, y)| Some([*x * first, (*y)?])).collect(),
        })
        .collect()
}

/// The hardware of the options, each once, in the order of the options.
pub(super) fn hardware(assessment: &Assessment, catalog: &Catalog) -> Vec<HardwareFacts> {
    let mut order: Vec<&str> = Vec::new();
    let mut users: BTreeMap<&str, Vec<&StudyOption>> = BTreeMap::new();
    for option in &assessment.study.options {
        let Some(profile) = option.profile.as_deref() else { continue };
        if !order.contains(&profile) {
            order.push(profile);
        }
        users.entry(profile).or_default().push(option);
    }
    let profiles: Vec<&Profile> = order.iter().filter_map(|id| catalog.get(id)).collect();
    let format = common_format(assessment, &profiles);
    order
        .into_iter()
        .filter_map(|id| {
            let profile = catalog.get(id)?;
            Some(facts(profile, users.get(id).map(Vec::as_slice).unwrap_or_default(), format))
        })
        .collect()
}

/// The one format in which peaks stand beside each other: the study's own where most of the hardware has a peak in it,
/// else the one that most have.
fn common_format(assessment: &Assessment, profiles: &[&Profile]) -> Option<NumericFormat> {
    let projected = assessment.study.options.iter().filter_map(|option| match &option.throughput {
        ThroughputSource::Projected { format, .. } => *format,
        _ => None,
    });
    let own = projected.chain(assessment.workload.as_ref().map(|workload| workload.format));
    let have = |format: NumericFormat| profiles.iter().filter(|p| p.peak_flops_per_sec(format).is_some()).count();
    let usual =
        [NumericFormat::Bf16, NumericFormat::Fp16, NumericFormat::Fp8, NumericFormat::Int8, NumericFormat::Fp32];
    let mut best: Option<(NumericFormat, usize)> = None;
    for format in own.chain(usual).chain(NumericFormat::ALL) {
        let count = have(format);
        if count > best.map_or(0, |(_, most)| most) {
            best = Some((format, count));
        }
    }
    best.map(|(format, _)| format)
}

fn facts(profile: &Profile, users: &[&StudyOption], format: Option<NumericFormat>) -> HardwareFacts {
    HardwareFacts {
        options: users.iter().map(|option| option.id.clone()).collect(),
        name: match profile.name.starts_with(&profile.vendor) {
            true => profile.name.clone(),
            false => format!("{} {}", profile.vendor, profile.name),
        },
        year: profile.year,
        lifecycle: profile.lifecycle.as_ref().map(|lifecycle| lifecycle.stage.label().to_owned()),
        memory_bytes: profile.memory_bytes(),
        bandwidth_bytes_per_sec: profile.memory_bandwidth_bytes_per_sec(),
        format,
        peak_flops_per_sec: format.and_then(|format| profile.peak_flops_per_sec(format)),
        tdp_watts: profile.tdp_watts(),
        link_bytes_per_sec: profile.interconnect_bytes_per_sec(),
        evidence: {
            let figures = profile.specifications();
            let mut classes: Vec<_> = figures.iter().filter_map(|f| Some(f.provenance.as_ref()?.evidence)).collect();
            classes.sort_unstable();
            classes.dedup();
            classes
        },
        stacks: profile.stacks.clone(),
        offers: profile.offers.len(),
        newest_quote: profile.newest_quote(),
    }
}
