//! How far the projections of a study can be believed, in words.

use assay_base::format;
use assay_core::estimate::LIMITS;
use assay_reports::content::ModelCard;
use assay_store::published::{AcceleratorError, PredictionError};
use assay_study::{Study, ThroughputSource};

use super::{Measured, throughput};
use crate::estimates::METHOD;

/// An accelerator that is missed by more than this, as a median, is named.
const NAMED_ABOVE_PCT: f64 = 15.0;

/// A card for each kind of projection that a study's options rest on, where it could be tested, and for each compiler. The
/// test reads every published result, so a study without a projection does not ask for it.
pub(super) fn model_cards(study: &Study, measured: &Measured) -> Vec<ModelCard> {
    let mut from_here = false;
    let mut from_published = false;
    let mut compilers: Vec<&str> = Vec::new();
    for option in &study.options {
        match &option.throughput {
            ThroughputSource::Projected { published: Some(_), .. } => from_published = true,
            ThroughputSource::Projected { compiler: Some(compiler), .. } => compilers.push(compiler),
            ThroughputSource::Projected { .. } => from_here = true,
            _ => {}
        }
    }
    compilers.sort_unstable();
    compilers.dedup();
    let mut cards =
        if from_here || from_published { tested(study, measured, from_here, from_published) } else { Vec::new() };
    cards.extend(compilers.into_iter().map(|compiler| untested(study, measured, compiler)));
    cards
}

/// A vendor's compiler: nobody has held its expectations against known results.
fn untested(study: &Study, measured: &Measured, compiler: &str) -> ModelCard {
    let range = throughput::range(study, measured);
    ModelCard {
        method: format!("{METHOD}: {compiler}"),
        fitted_on: "nothing: its error is not known".to_owned(),
        range_used: Some([range.low_factor, range.high_factor]),
        limits: LIMITS.split_inclusive(". ").map(|limit| limit.trim_end_matches(['.', ' ']).to_owned()).collect(),
        ..ModelCard::default()
    }
}

fn tested(study: &Study, measured: &Measured, from_here: bool, from_published: bool) -> Vec<ModelCard> {
    let Some(tested) = measured.published().card() else { return Vec::new() };
    let one = tested.from_one.filter(|_| from_here).map(|error| {
        let method = "roofline, from one device that was measured";
        let range = throughput::range(study, measured);
        let limits = vec![
            "Tested among data-centre accelerators of five generations; none is a CPU, so a projection from a CPU is \
             worth less than this"
                .to_owned(),
            "The published results give no operation counts: the test joins the ceilings of arithmetic and memory, \
             the projection uses the workload's own"
                .to_owned(),
        ];
        card(method, "each accelerator from each single other", error, [range.low_factor, range.high_factor], limits)
    });
    let several = tested.from_several.filter(|_| from_published).map(|error| {
        let factor = error.p10_p90_factor();
        let mut card = card(
            "roofline, from published results of several accelerators",
            "each accelerator left out and predicted from all others that ran the work",
            error,
            [1.0 / factor, factor],
            tested.by_accelerator.iter().filter_map(missed).collect(),
        );
        card.not_predicted = tested.not_predicted;
        card
    });
    one.into_iter().chain(several).collect()
}

fn card(method: &str, how: &str, error: PredictionError, range: [f64; 2], limits: Vec<String>) -> ModelCard {
    ModelCard {
        method: method.to_owned(),
        fitted_on: format!("MLPerf Inference v5.1 (closed, data centre) and what the study imported: {how}"),
        n: error.n,
        not_predicted: 0,
        median_error: Some(error.median_abs_pct_error / 100.0),
        p90_error: Some(error.p90_abs_pct_error / 100.0),
        range_used: Some(range),
        limits,
    }
}

/// An accelerator that the model does not do justice to.
fn missed(a: &AcceleratorError) -> Option<String> {
    let (by, side) = match a.median_ratio {
        ratio if ratio > 1.0 => (ratio - 1.0, "above"),
        ratio => (1.0 - ratio, "below"),
    };
    (by * 100.0 > NAMED_ABOVE_PCT).then(|| {
        let (by, n) = (format::percent(by, 0), a.n);
        format!("{}: predicted {by} {side} what was published (median of {n})", a.accelerator)
    })
}
