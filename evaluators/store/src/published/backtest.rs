//! How well published results of other accelerators predict an accelerator: the roofline put to the test.
//!
//! The model: a workload reaches the same share of a ceiling on every accelerator, so its throughput is proportional to
//! that ceiling (Williams, Waterman & Patterson, "Roofline", CACM 52(4), 2009). What an item costs in operations or
//! bytes need not be known: it is in the constant of proportionality, which the other accelerators give.
//!
//! Published workloads are mixtures of steps that arithmetic binds (prompts, convolutions) and steps that memory binds
//! (the next token), in shares that nobody states. The prediction is therefore the geometric mean of those under either
//! ceiling alone. The card has the errors of either alone beside it, so that a reader sees what the mixture is worth.

use std::collections::{BTreeMap, BTreeSet};

use assay_base::NumericFormat;
use serde::Serialize;

use super::spread::{median, spreads};
use super::table::{PublishedRow, contains};
use crate::importers::numeric_format;

/// The ceilings of an accelerator.
#[derive(Clone, Debug, PartialEq)]
pub struct Ceilings {
    /// The accelerator.
    pub accelerator: String,
    /// Parts of its name in published results, such as `H200-SXM`; of several accelerators that fit a result the one
    /// with the longest part counts.
    pub names: Vec<String>,
    /// Peak arithmetic by numeric format, dense.
    pub peak_flops_per_sec: BTreeMap<NumericFormat, f64>,
    /// Peak memory bandwidth.
    pub bandwidth_bytes_per_sec: f64,
}

/// What an accelerator reaches with a workload, against its ceilings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Efficiency {
    /// The accelerator, as in [`Ceilings`].
    pub accelerator: String,
    /// The workload: model, scenario and unit.
    pub workload: String,
    /// The numeric format.
    pub format: NumericFormat,
    /// Submitters behind it.
    pub submitters: usize,
    /// Items a second of one accelerator, the median of the submitters.
    pub items_per_sec: f64,
    /// Operations that the peak would do in the time of an item. Its inverse, times an item's operations, is the share of
    /// the peak that is reached.
    pub peak_flops_per_item: f64,
    /// Bytes that the peak bandwidth would move in the time of an item.
    pub peak_bytes_per_item: f64,
}

/// How far predictions were from what was published.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelCard {
    /// Each accelerator from all others, workload by workload; absent without predictions.
    pub from_several: Option<PredictionError>,
    /// Each accelerator from each single other: what carrying a throughput over from one device risks.
    pub from_one: Option<PredictionError>,
    /// Results that could not be predicted: fewer than two other accelerators ran the workload.
    pub not_predicted: usize,
    /// The median error from several if arithmetic alone bound every workload.
    pub compute_alone_pct_error: Option<f64>,
    /// The median error from several if memory alone bound every workload.
    pub memory_alone_pct_error: Option<f64>,
    /// Each accelerator when it was left out.
    pub by_accelerator: Vec<AcceleratorError>,
}

/// The errors of some predictions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PredictionError {
    /// Predictions: accelerator, workload and format each once.
    pub n: usize,
    /// The median of `|predicted - published| / published`, in percent.
    pub median_abs_pct_error: f64,
    /// Its 90th percentile (the smallest error that nine tenths do not exceed).
    pub p90_abs_pct_error: f64,
    /// The geometric standard deviation of predicted over published around 1: a factor for ranges.
    pub geometric_error: f64,
}

impl PredictionError {
    /// Of predicted over published; absent without any.
    fn of(ratios: &[f64]) -> Option<Self> {
        let mut errors: Vec<f64> = ratios.iter().map(abs_pct_error).collect();
        errors.sort_by(f64::total_cmp);
        let squares: f64 = ratios.iter().map(|ratio| ratio.ln().powi(2)).sum();
        Some(Self {
            n: errors.len(),
            p90_abs_pct_error: *errors.get((errors.len() * 9).div_ceil(10).checked_sub(1)?)?,
            median_abs_pct_error: median(errors)?,
            geometric_error: (squares / ratios.len() as f64).sqrt().exp(),
        })
    }

    /// The factor above (and below) a prediction that eight of ten results lie within, were the logarithms of the
    /// errors normally distributed: `geometric_error ^ z(0.9)`.
    pub fn p10_p90_factor(&self) -> f64 {
        self.geometric_error.powf(Z_P90)
    }
}

/// The 90th percentile of the standard normal distribution.
const Z_P90: f64 = 1.281_551_565_544_6;

fn abs_pct_error(ratio: &f64) -> f64 {
    (ratio - 1.0).abs() * 100.0
}

/// How far the predictions for one accelerator were.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AcceleratorError {
    /// The accelerator.
    pub accelerator: String,
    /// Predictions.
    pub n: usize,
    /// The median of `|predicted - published| / published`, in percent.
    pub median_abs_pct_error: f64,
    /// The median of predicted over published: above 1 the model flatters the accelerator.
    pub median_ratio: f64,
}

/// What the accelerators of some published results reach, where their ceilings and numeric format are known. Results
/// that were inferred or do not say how many accelerators there were count for nothing.
pub fn efficiencies<'a>(rows: impl IntoIterator<Item = PublishedRow<'a>>, ceilings: &[Ceilings]) -> Vec<Efficiency> {
    let of = |accelerator: &str| {
        let fitting = ceilings.iter().filter_map(|c| {
            let longest = c.names.iter().filter(|name| contains(accelerator, name)).map(String::len).max()?;
            Some((longest, c))
        });
        fitting.max_by_key(|(length, _)| *length).map(|(_, c)| c)
    };
    // The same accelerator under several names in the sources is one: its groups are joined by their submitters.
    let mut groups: BTreeMap<(String, String, NumericFormat), Vec<(usize, f64)>> = BTreeMap::new();
    for spread in spreads(rows.into_iter()) {
        let (Some(known), Some(format)) = (of(&spread.accelerator), spread.format.as_deref().and_then(numeric_format))
        else {
            continue;
        };
        let workload = workload(&spread.model, spread.scenario.as_deref(), &spread.unit);
        groups.entry((known.accelerator.clone(), workload, format)).or_default().push((spread.n, spread.median));
    }
    let efficiency =
        |((accelerator, workload, format), values): ((String, String, NumericFormat), Vec<(usize, f64)>)| {
            let known = ceilings.iter().find(|c| c.accelerator == accelerator)?;
            let peak = known.peak_flops_per_sec.get(&format).copied().filter(|peak| *peak > 0.0)?;
            let bandwidth = Some(known.bandwidth_bytes_per_sec).filter(|bandwidth| *bandwidth > 0.0)?;
            let submitters = values.iter().map(|(n, _)| n).sum();
            let items_per_sec = median(values.into_iter().map(|(_, value)| value).collect())?;
            let (peak_flops_per_item, peak_bytes_per_item) = (peak / items_per_sec, bandwidth / items_per_sec);
            Some(Efficiency {
                accelerator,
                workload,
                format,
                submitters,
                items_per_sec,
                peak_flops_per_item,
                peak_bytes_per_item,
            })
        };
    groups.into_iter().filter_map(efficiency).collect()
}

fn workload(model: &str, scenario: Option<&str>, unit: &str) -> String {
    format!("{model}{}, {unit}", scenario.map(|scenario| format!(" {scenario}")).unwrap_or_default())
}

/// Leaves each accelerator out, predicts it from the others, and compares with what was published of it.
///
/// Under one ceiling a prediction is `ceiling of the accelerator / geometric mean of the others' ceiling per item`; the
/// two are joined by their geometric mean. At least two other accelerators must have run the workload. Relatives stay
/// in: an H200 in another housing helps to predict an H200, as it will where a study has such a row.
pub fn backtest(points: &[Efficiency]) -> ModelCard {
    let mut ratios: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let (mut not_predicted, mut alone, mut from_one) = (0, [Vec::new(), Vec::new()], Vec::new());
    for point in points {
        let others: Vec<&Efficiency> =
            points.iter().filter(|p| p.workload == point.workload && p.accelerator != point.accelerator).collect();
        let ceilings = [point.peak_flops_per_item, point.peak_bytes_per_item].map(|each| each * point.items_per_sec);
        let of = |[compute, memory]: [f64; 2]| (compute * memory).sqrt() / point.items_per_sec;
        from_one.extend(others.iter().filter_map(|other| predict(ceilings, &[other])).map(of));
        match predict(ceilings, &others).filter(|_| accelerators(&others).len() > 1) {
            Some(predicted) => {
                ratios.entry(&point.accelerator).or_default().push(of(predicted));
                for (errors, one) in alone.iter_mut().zip(predicted) {
                    errors.push(abs_pct_error(&(one / point.items_per_sec)));
                }
            }
            None => not_predicted += 1,
        }
    }
    let [compute_alone, memory_alone] = alone;
    ModelCard {
        from_several: PredictionError::of(&ratios.values().flatten().copied().collect::<Vec<_>>()),
        from_one: PredictionError::of(&from_one),
        not_predicted,
        compute_alone_pct_error: median(compute_alone),
        memory_alone_pct_error: median(memory_alone),
        by_accelerator: ratios
            .into_iter()
            .filter_map(|(accelerator, ratios)| {
                Some(AcceleratorError {
                    accelerator: accelerator.to_owned(),
                    n: ratios.len(),
                    median_abs_pct_error: median(ratios.iter().map(abs_pct_error).collect())?,
                    median_ratio: median(ratios)?,
                })
            })
            .collect(),
    }
}

/// What the published results of other accelerators let one expect of an accelerator.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Items a second of one accelerator.
    pub items_per_sec: f64,
    /// The accelerators it rests on.
    pub from: Vec<String>,
    /// Their submitters, all together.
    pub submitters: usize,
}

/// Predicts a workload on an accelerator from the others that ran it, by the model that [`backtest`] puts to the test.
///
/// # Errors
/// A sentence: no peak of that format, or fewer than two other accelerators ran the workload (those are named).
pub fn project(
    points: &[Efficiency],
    target: &Ceilings,
    format: NumericFormat,
    (model, scenario, unit): (&str, Option<&str>, &str),
) -> Result<Prediction, String> {
    let peak = target.peak_flops_per_sec.get(&format).copied().filter(|peak| *peak > 0.0);
    let peak = peak.ok_or_else(|| format!("{} has no peak for {format}: name another format", target.accelerator))?;
    let workload = workload(model, scenario, unit);
    let others: Vec<&Efficiency> = points
        .iter()
        .filter(|p| p.workload.eq_ignore_ascii_case(&workload) && p.accelerator != target.accelerator)
        .collect();
    let from: Vec<String> = accelerators(&others).into_iter().map(str::to_owned).collect();
    let predicted = predict([peak, target.bandwidth_bytes_per_sec], &others).filter(|_| from.len() > 1);
    let Some([compute, memory]) = predicted else {
        let which = if from.is_empty() { String::new() } else { format!(" ({})", from.join(", ")) };
        return Err(format!(
            "`{workload}` was published of {} other accelerator(s) with known ceilings{which}, a projection needs two; \
             `assay results list --reference` shows what was published",
            from.len()
        ));
    };
    let submitters = others.iter().map(|p| p.submitters).sum();
    Ok(Prediction { items_per_sec: (compute * memory).sqrt(), from, submitters })
}

fn accelerators<'a>(points: &[&'a Efficiency]) -> BTreeSet<&'a str> {
    points.iter().map(|p| p.accelerator.as_str()).collect()
}

/// Items a second that others let one expect under the ceiling of arithmetic and under that of memory.
fn predict(ceilings: [f64; 2], others: &[&Efficiency]) -> Option<[f64; 2]> {
    type PerItem = fn(&Efficiency) -> f64;
    let per_item: [PerItem; 2] = [|p| p.peak_flops_per_item, |p| p.peak_bytes_per_item];
    let mut predicted = [0.0; 2];
    for ((predicted, ceiling), per_item) in predicted.iter_mut().zip(ceilings).zip(per_item) {
        let logs: f64 = others.iter().map(|p| per_item(p).ln()).sum();
        *predicted = ceiling / (logs / others.len() as f64).exp();
    }
    predicted.iter().all(|p| p.is_finite() && *p > 0.0).then_some(predicted)
}
