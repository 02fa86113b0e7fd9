//! Cumulative cash month by month, as the samples spread it.

use assay_cost_models::uncertainty::LatinHypercube;
use assay_cost_models::{Evaluation, OptionInput, evaluate};

use super::{correlation, inputs};
use crate::assess::Assessment;
use crate::workbench::WorkbenchError;

/// How an option's cumulative cost spreads.
#[derive(Clone, Debug, PartialEq)]
pub struct CashBand {
    /// The option.
    pub option: String,
    /// After month 0, 1, ... a tenth of the samples is below.
    pub p10: Vec<f64>,
    /// Half of them.
    pub p50: Vec<f64>,
    /// Nine tenths of them.
    pub p90: Vec<f64>,
}

/// The bands of every ranked option from full evaluations of `samples` samples; empty where nothing is uncertain.
/// A sample beyond what an input can be counts as the value assumed.
///
/// # Errors
/// As [`super::simulate`].
pub fn cash_bands(assessment: &Assessment, samples: usize, seed: u64) -> Result<Vec<CashBand>, WorkbenchError> {
    let inputs = inputs::collect(assessment)?;
    if inputs.is_empty() {
        return Ok(Vec::new());
    }
    let correlation = correlation(assessment, &inputs)?;
    let cube = LatinHypercube::new(samples, seed)?;
    let dimensions: Vec<_> = (0..inputs.len()).map(|input| cube.dimension(input)).collect();
    let together = inputs::erring_together(assessment, &inputs);
    let given: Vec<OptionInput> = assessment.options.iter().map(|option| option.input.clone()).collect();
    let ranked: Vec<String> = assessment.ranked().iter().map(|evaluation| evaluation.id.clone()).collect();
    let mut drawn: Vec<Vec<Vec<f64>>> = vec![Vec::with_capacity(samples); ranked.len()];
    for sample in 0..samples {
        let mut point: Vec<f64> = dimensions.iter().map(|dimension| dimension.at(sample)).collect();
        if let Some(correlation) = &correlation {
            correlation.apply(&mut point);
        }
        for group in &together {
            let first = group.first().and_then(|first| point.get(*first).copied());
            for member in group {
                if let Some((value, first)) = point.get_mut(*member).zip(first) {
                    *value = first;
                }
            }
        }
        let (mut options, mut assumptions) = (given.clone(), assessment.assumptions.clone());
        for (input, p) in inputs.iter().zip(point) {
            let value = input.distribution.quantile(p)?;
            // What cannot be set stays as it is.
            input.driver.set(&mut options, &mut assumptions, value).ok();
        }
        let evaluations = evaluate(&options, &assumptions)?;
        for (id, drawn) in ranked.iter().zip(&mut drawn) {
            let found = evaluations.iter().find(|evaluation| evaluation.id == *id);
            drawn.extend(found.and_then(|e: &Evaluation| e.tco.as_ref()).map(|tco| tco.cumulative()));
        }
    }
    Ok(ranked.into_iter().zip(drawn).map(|(option, drawn)| band(option, &drawn)).collect())
}

fn band(option: String, drawn: &[Vec<f64>]) -> CashBand {
    let months = drawn.iter().map(Vec::len).min().unwrap_or_default();
    let mut band = CashBand { option, p10: Vec::new(), p50: Vec::new(), p90: Vec::new() };
    for month in 0..months {
        let mut sums: Vec<f64> = drawn.iter().filter_map(|sample| sample.get(month).copied()).collect();
        sums.sort_by(f64::total_cmp);
        let at = |p: f64| sums.get((p * sums.len().saturating_sub(1) as f64).round() as usize).copied();
        band.p10.extend(at(0.1));
        band.p50.extend(at(0.5));
        band.p90.extend(at(0.9));
    }
    band
}
