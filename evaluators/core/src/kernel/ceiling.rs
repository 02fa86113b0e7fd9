//! What a device does at most, measured with a stack's own code once for each format.

use std::collections::BTreeMap;

use assay_base::NumericFormat;

use super::lab;
use crate::device::Device;
use crate::evaluator::{Evaluator, Job, Support};
use crate::runner::Cache;
use crate::workload::{Shape, Workload};

/// Ceilings of devices already measured, by device, format and name.
pub(crate) type Ceilings = BTreeMap<(String, NumericFormat, &'static str), Option<f64>>;

/// Which ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// Operations a second of a large matrix product.
    Gemm,
    /// Bytes a second of a triad.
    Triad,
}

impl Of {
    /// As reports name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gemm => "gemm",
            Self::Triad => "triad",
        }
    }

    fn shape(self) -> Shape {
        match self {
            Self::Gemm => Shape::Gemm { m: 8192, n: 8192, k: 8192 },
            Self::Triad => Shape::Triad { elements: 1 << 27 },
        }
    }
}

/// The ceiling in a format; `None` where the stack cannot measure it. The triad is taken in fp32 where a stack computes
/// nothing but products in the format: memory is as fast for all of them.
pub(crate) fn measured(
    evaluator: &dyn Evaluator,
    device: &Device,
    format: NumericFormat,
    of: Of,
    cache: &mut Cache,
) -> Option<f64> {
    let workload = |format| Workload { id: of.name().to_owned(), format, shape: of.shape() };
    let supported = |workload: &Workload| evaluator.support(device, workload) == Support::Supported;
    let mut workload = workload(format);
    if of == Of::Triad && !supported(&workload) {
        workload.format = NumericFormat::Fp32;
    }
    let key = (device.id.clone(), workload.format, of.name());
    if let Some(known) = cache.ceilings.get(&key) {
        return *known;
    }
    let rate = supported(&workload)
        .then(|| evaluator.prepare(device, &Job::new(&workload, 1)))
        .and_then(Result::ok)
        .and_then(|mut own| lab::sustained_secs(own.as_mut()).ok())
        .map(|secs| if of == Of::Gemm { workload.flops() } else { workload.bytes() } / secs);
    cache.ceilings.insert(key, rate);
    rate
}
