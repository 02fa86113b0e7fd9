//! What takes longer than a frame: samples of everything uncertain, break-evens, and cost along a driver.

use assay_cost_models::evaluation::{CostCurves, Driver, Metric, cost_curves};

use crate::assess::Assessment;
use crate::uncertainty::{CashBand, Uncertainty, cash_bands, simulate};
use crate::what_if::{OptionBreakEven, break_evens, range_of};
use crate::workbench::WorkbenchError;

/// Samples for the figures of a whole horizon.
const SAMPLES: usize = 20_000;
/// Full evaluations for the bands month by month.
const BAND_SAMPLES: usize = 400;
/// Places along a driver.
const POINTS: usize = 80;

/// What takes longer than a frame. Each part says why it is missing.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Samples of everything uncertain; `None` where nothing is.
    pub uncertainty: Result<Option<Uncertainty>, String>,
    /// Cumulative cash as the samples spread it.
    pub bands: Result<Vec<CashBand>, String>,
    /// Where options become cheaper than others.
    pub break_evens: Result<Vec<OptionBreakEven>, String>,
    /// The present value of all options along the driver that was asked for.
    pub curves: Result<CostCurves, String>,
}

/// The drivers along which cost can be looked at: of the study, and of each of its ranked options.
pub fn drivers(assessment: &Assessment) -> Vec<Driver> {
    let options: Vec<_> = assessment.options.iter().map(|option| option.input.clone()).collect();
    let ranked = assessment.ranked();
    let own = ranked.iter().flat_map(|e| [Driver::PriceFactor(e.id.clone()), Driver::Throughput(e.id.clone())]);
    [
        Driver::of_demand(&assessment.assumptions),
        Driver::Utilisation,
        Driver::Horizon,
        Driver::ElectricityPrice,
        Driver::DiscountRate,
    ]
    .into_iter()
    .chain(own)
    .filter(|driver| driver.value(&options, &assessment.assumptions).is_some())
    .collect()
}

/// Works out everything, with the curves along `driver`.
pub fn analyse(assessment: &Assessment, driver: &Driver, seed: u64) -> Analysis {
    let text = |error: WorkbenchError| error.to_string();
    Analysis {
        uncertainty: simulate(assessment, SAMPLES, seed).map_err(text),
        bands: cash_bands(assessment, BAND_SAMPLES, seed).map_err(text),
        break_evens: break_evens(assessment).map_err(text),
        curves: curves(assessment, driver).map_err(text),
    }
}

fn curves(assessment: &Assessment, driver: &Driver) -> Result<CostCurves, WorkbenchError> {
    let options: Vec<_> = assessment.options.iter().map(|option| option.input.clone()).collect();
    let of_demand = Driver::of_demand(&assessment.assumptions);
    let driver = if *driver == Driver::Volume { &of_demand } else { driver };
    let now = driver.value(&options, &assessment.assumptions).filter(|now| *now > 0.0);
    let now = now.ok_or_else(|| WorkbenchError::Other(format!("the study has no {}", driver.label())))?;
    let range = match driver {
        Driver::ElectricityPrice | Driver::DiscountRate => (now * 0.2, (now * 3.0).min(0.95)),
        _ => range_of(driver, now),
    };
    cost_curves(&options, &assessment.assumptions, driver, range, POINTS, Metric::PresentValue)
        .map_err(WorkbenchError::from)
}
