//! What one input at a time does to the answer, and where it turns it: for documents, window and terminal.

use assay_cost_models::OptionInput;
use assay_cost_models::evaluation::{Driver, Flip, Metric, flips, tornado_of, usual_ranges};
use assay_reports::content::{Sensitivity, Swing};

use crate::assess::Assessment;

/// What the usual ranges of one input at a time do to the value of replacing the baseline: with the option recommended,
/// or where one stays, with the best alternative. The inputs are those of the study, of that option, of the baseline
/// and of the two best options; each says where it turns the answer within its range.
pub fn sensitivity(assessment: &Assessment) -> Option<Sensitivity> {
    let ranked = assessment.ranked();
    let option = ranked.iter().find(|e| !e.is_baseline)?;
    let npv = option.npv()?.amount;
    let baseline = assessment.evaluations.iter().find(|e| e.is_baseline)?;
    let options: Vec<OptionInput> = assessment.options.iter().map(|o| o.input.clone()).collect();
    let assumptions = &assessment.assumptions;
    let mut ids = vec![option.id.as_str(), baseline.id.as_str()];
    for best in ranked.iter().take(2).filter(|best| best.id != option.id && best.id != baseline.id) {
        ids.push(&best.id);
    }
    let mut swings: Vec<Swing> = usual_ranges(&options, assumptions, &ids)
        .into_iter()
        .filter_map(|range| {
            // An end at which the figure does not exist has no bar.
            let bars = tornado_of(&options, assumptions, &option.id, Metric::Npv, std::slice::from_ref(&range));
            let bar = bars.ok()?.into_iter().next()?;
            let now = range.driver.value(&options, assumptions)?;
            let found = flips(&options, assumptions, &range.driver, (range.low, range.high)).unwrap_or_default();
            let distance = |flip: &Flip| (flip.at - now).abs();
            let nearest = found.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
            Some(Swing {
                driver: range.driver,
                low: range.low,
                high: range.high,
                npv_at_low: bar.low,
                npv_at_high: bar.high,
                flip: nearest,
            })
        })
        .collect();
    swings.sort_by(|a, b| b.width().total_cmp(&a.width()));
    swings.retain(|swing| swing.width() > 0.0 || swing.flip.is_some());
    Some(Sensitivity { option: option.id.clone(), npv, swings })
}

/// Inputs beyond this factor of what is assumed are no news.
const NEAR: f64 = 4.0;

/// A flip of an input beyond its usual range, as a factor on what is assumed.
#[derive(Clone, Debug, PartialEq)]
pub struct NearFlip {
    /// The input.
    pub driver: Driver,
    /// The value at which the answer turns over the value assumed.
    pub factor: f64,
    /// Where it turns, and what to.
    pub flip: Flip,
}

/// Where demand, utilisation, and the price and throughput of the recommended option and its two nearest rivals turn
/// the answer, far beyond their usual ranges; the nearest first.
pub fn near_flips(assessment: &Assessment) -> Vec<NearFlip> {
    let ranked = assessment.ranked();
    let baseline = ranked.iter().find(|e| e.is_baseline);
    let mut ids: Vec<&str> = ranked.iter().take(2).chain(baseline).map(|e| e.id.as_str()).collect();
    ids.dedup();
    let options: Vec<OptionInput> = assessment.options.iter().map(|o| o.input.clone()).collect();
    let assumptions = &assessment.assumptions;
    let own = ids.into_iter().flat_map(|id| [Driver::PriceFactor(id.to_owned()), Driver::Throughput(id.to_owned())]);
    let mut found: Vec<NearFlip> = [Driver::of_demand(assumptions), Driver::Utilisation]
        .into_iter()
        .chain(own)
        .filter_map(|driver| Some((driver.value(&options, assumptions)?, driver)))
        .flat_map(|(now, driver)| {
            let most = if driver == Driver::Utilisation { 1.0 } else { now * NEAR };
            let found = flips(&options, assumptions, &driver, (now / NEAR, most)).unwrap_or_default();
            found.into_iter().map(move |flip| NearFlip { driver: driver.clone(), factor: flip.at / now, flip })
        })
        .collect();
    let far = |near: &NearFlip| near.factor.max(1.0 / near.factor);
    found.sort_by(|a, b| far(a).total_cmp(&far(b)));
    found
}
