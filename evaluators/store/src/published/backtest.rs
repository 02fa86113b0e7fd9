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
    /// A part of its name in published results, such as `H200-SXM`; of several that fit a result the longest counts.
    pub accelerator: String,
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
    /// Predictions: accelerator, workload and format each once.
    pub n: usize,
    /// Results that could not be predicted: fewer than two other accelerators ran the workload.
    pub not_predicted: usize,
    /// The median of `|predicted - published| / published`; absent without predictions.
    pub median_abs_pct_error: Option<f64>,
    /// Its 90th percentile (the smallest error that nine tenths do not exceed).
    pub p90_abs_pct_error: Option<f64>,
    /// The median error if arithmetic alone bound every workload.
    pub compute_alone_pct_error: Option<f64>,
    /// The median error if memory alone bound every workload.
    pub memory_alone_pct_error: Option<f64>,
    /// The geometric standard deviation of predicted over published around 1: a factor for ranges.
    pub geometric_error: Option<f64>,
    /// Each accelerator when it was left out.
    pub by_accelerator: Vec<AcceleratorError>,
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
        let fitting = ceilings.iter().filter(|c| contains(accelerator, &c.accelerator));
        fitting.max_by_key(|c| c.accelerator.len())
    };
    // The same accelerator under several names in the sources is one: its groups are joined by their submitters.
    let mut groups: BTreeMap<(String, String, NumericFormat), Vec<(usize, f64)>> = BTreeMap::new();
    for spread in spreads(rows.into_iter()) {
        let (Some(known), Some(format)) = (of(&spread.accelerator), spread.format.as_deref().and_then(numeric_format))
        else {
            continue;
        };
        let scenario = spread.scenario.map(|scenario| format!(" {scenario}")).unwrap_or_default();
        let workload = format!("{}{scenario}, {}", spread.model, spread.unit);
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

/// Leaves each accelerator out, predicts it from the others, and compares with what was published of it.
///
/// Under one ceiling a prediction is `ceiling of the accelerator / geometric mean of the others' ceiling per item`; the
/// two are joined by their geometric mean. At least two other accelerators must have run the workload. Relatives stay
/// in: an H200 in another housing helps to predict an H200, as it will where a study has such a row.
pub fn backtest<'a>(rows: impl IntoIterator<Item = PublishedRow<'a>>, ceilings: &[Ceilings]) -> ModelCard {
    let points = efficiencies(rows, ceilings);
    let mut ratios: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let (mut not_predicted, mut alone) = (0, [Vec::new(), Vec::new()]);
    for point in &points {
        let others: Vec<&Efficiency> =
            points.iter().filter(|p| p.workload == point.workload && p.accelerator != point.accelerator).collect();
        match predict(point, &others) {
            Some([compute, memory]) => {
                let of = |predicted: f64| predicted / point.items_per_sec;
                ratios.entry(&point.accelerator).or_default().push(of((compute * memory).sqrt()));
                alone[0].push((of(compute) - 1.0).abs() * 100.0);
                alone[1].push((of(memory) - 1.0).abs() * 100.0);
            }
            None => not_predicted += 1,
        }
    }
    let percent = |ratio: &f64| (ratio - 1.0).abs() * 100.0;
    let mut errors: Vec<f64> = ratios.values().flatten().map(percent).collect();
    errors.sort_by(f64::total_cmp);
    let p90 = (errors.len() * 9).div_ceil(10).checked_sub(1).and_then(|index| errors.get(index).copied());
    let squares: f64 = ratios.values().flatten().map(|ratio| ratio.ln().powi(2)).sum();
    let n = errors.len();
    let [compute_alone, memory_alone] = alone;
    ModelCard {
        n,
        not_predicted,
        median_abs_pct_error: median(errors),
        p90_abs_pct_error: p90,
        compute_alone_pct_error: median(compute_alone),
        memory_alone_pct_error: median(memory_alone),
        geometric_error: (n > 0).then(|| (squares / n as f64).sqrt().exp()),
        by_accelerator: ratios
            .into_iter()
            .filter_map(|(accelerator, ratios)| {
                Some(AcceleratorError {
                    accelerator: accelerator.to_owned(),
                    n: ratios.len(),
                    median_abs_pct_error: median(ratios.iter().map(percent).collect())?,
                    median_ratio: median(ratios)?,
                })
            })
            .collect(),
    }
}

/// Items a second that the others let one expect under the ceiling of arithmetic and under that of memory.
fn predict(point: &Efficiency, others: &[&Efficiency]) -> Option<[f64; 2]> {
    if others.iter().map(|p| &p.accelerator).collect::<BTreeSet<_>>().len() < 2 {
        return None;
    }
    type PerItem = fn(&Efficiency) -> f64;
    let ceilings: [PerItem; 2] = [|p| p.peak_flops_per_item, |p| p.peak_bytes_per_item];
    let predicted = ceilings.map(|per_item| {
        let logs = others.iter().map(|p| per_item(p).ln()).sum::<f64>();
        // The point's own ceiling, from what is known of it without looking at its throughput.
        per_item(point) * point.items_per_sec / (logs / others.len() as f64).exp()
    });
    predicted.iter().all(|p| p.is_finite() && *p > 0.0).then_some(predicted)
}
