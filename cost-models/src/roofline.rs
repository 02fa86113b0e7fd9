//! The roofline: what a device can attain, and what a measurement on one device says of another.

use assay_base::Evidence;
use serde::{Deserialize, Serialize};

use crate::error::{CostError, check, positive};
use crate::evaluation::Estimate;

/// A device's two ceilings. Source: Williams, Waterman & Patterson, CACM 52(4), 2009.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Roofline {
    /// Peak arithmetic of the numeric format used, measured or specified.
    pub peak_flops_per_sec: f64,
    /// Peak memory bandwidth, measured or specified.
    pub bandwidth_bytes_per_sec: f64,
}

/// The ceiling that binds a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Arithmetic.
    Compute,
    /// Memory bandwidth.
    Memory,
}

/// The arithmetic and the memory traffic of one item of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemWork {
    /// Floating-point (or integer) operations of one item.
    pub flops: f64,
    /// Bytes moved between memory and the device for one item.
    pub bytes: f64,
}

impl ItemWork {
    /// Operations a byte.
    pub fn intensity(&self) -> f64 {
        self.flops / self.bytes
    }

    fn validated(&self) -> Result<(), CostError> {
        positive("work.flops", self.flops)?;
        positive("work.bytes", self.bytes)?;
        Ok(())
    }
}

impl Roofline {
    /// Attainable operations a second at `intensity` operations a byte: `min(peak, intensity * bandwidth)`.
    pub fn attainable(&self, intensity: f64) -> f64 {
        self.peak_flops_per_sec.min(intensity * self.bandwidth_bytes_per_sec)
    }

    /// Attainable items a second of a workload.
    pub fn attainable_items_per_sec(&self, work: &ItemWork) -> f64 {
        self.attainable(work.intensity()) / work.flops
    }

    /// The ceiling that binds a workload.
    pub fn bound(&self, work: &ItemWork) -> Bound {
        if work.intensity() * self.bandwidth_bytes_per_sec < self.peak_flops_per_sec {
            Bound::Memory
        } else {
            Bound::Compute
        }
    }

    fn validated(&self, name: &str) -> Result<(), CostError> {
        positive("peak_flops_per_sec", self.peak_flops_per_sec).map_err(|error| error.within(name))?;
        positive("bandwidth_bytes_per_sec", self.bandwidth_bytes_per_sec).map_err(|error| error.within(name))?;
        Ok(())
    }
}

/// How far the efficiency on another device may differ, as factors on the measured one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EfficiencyRange {
    /// At worst, (0, 1].
    pub low_factor: f64,
    /// At best, 1 or above; the efficiency itself never exceeds 1.
    pub high_factor: f64,
}

impl Default for EfficiencyRange {
    /// From half the measured efficiency to one and a half times it: an assumption, to be stated with the projection.
    fn default() -> Self {
        Self { low_factor: 0.5, high_factor: 1.5 }
    }
}

/// A throughput carried over from another device.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    /// Items a second on the target, of class [`Evidence::Projected`] or weaker.
    pub throughput: Estimate,
    /// Achieved over attainable on the source. Above 1 the ceilings were measured under worse conditions than the work;
    /// the projection then takes 1.
    pub source_efficiency: f64,
    /// What binds the workload on the source.
    pub source_bound: Bound,
    /// What binds it on the target. Where it differs from the source's, the efficiency is of another kind: say so.
    pub target_bound: Bound,
}

/// Measured rates exceed a specified ceiling by noise and clock boost, but not by more than this.
pub const CEILING_TOLERANCE: f64 = 1.05;

/// A rate so far above the roofline is of other work, or the ceilings are of another device.
const IMPOSSIBLE: f64 = 1.5;

/// Projects a measured throughput to another device: the efficiency on the source (achieved over attainable under
/// the source's ceilings) is applied to the target's roofline.
///
/// The range is the measurement's own interval times `range`, its efficiency at most 1. Both rooflines must be of
/// the same kind (both measured or both specified) for the efficiency to mean the same.
/// Source: Williams, Waterman & Patterson, "Roofline", CACM 52(4), 2009.
///
/// # Errors
/// A ceiling or amount of work not above 0, factors outside their range, or a measured throughput far above the source's
/// roofline: then the ceilings, the work or the measurement are wrong. (One a little above it, as when other programs
/// ran while the ceilings were measured, is taken as the roofline itself.)
pub fn project_by_roofline(
    measured: &Estimate,
    work: &ItemWork,
    source: &Roofline,
    target: &Roofline,
    range: &EfficiencyRange,
) -> Result<Projection, CostError> {
    measured.validated_positive("measured")?;
    work.validated()?;
    source.validated("source")?;
    target.validated("target")?;
    let low_factor = range.low_factor;
    check("low_factor", low_factor, low_factor > 0.0 && low_factor <= 1.0, "above 0, at most 1")?;
    let high_factor = range.high_factor;
    check("high_factor", high_factor, high_factor.is_finite() && high_factor >= 1.0, "1 or above")?;

    let source_attainable = source.attainable_items_per_sec(work);
    let target_attainable = target.attainable_items_per_sec(work);
    let efficiency = measured.value / source_attainable;
    if efficiency > IMPOSSIBLE {
        return Err(CostError::invalid(
            "measured",
            format!(
                "{} items/s is {efficiency:.2} times what the source's roofline allows; check its ceilings and the work",
                measured.value
            ),
        ));
    }
    let believed = efficiency.min(1.0);
    let low = (measured.low / source_attainable).min(1.0) * low_factor;
    let high = (measured.high / source_attainable * high_factor).min(1.0).max(believed);
    Ok(Projection {
        throughput: Estimate {
            value: believed * target_attainable,
            low: low * target_attainable,
            high: high * target_attainable,
            evidence: measured.evidence.weaker(Evidence::Projected),
        },
        source_efficiency: efficiency,
        source_bound: source.bound(work),
        target_bound: target.bound(work),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPU: Roofline = Roofline { peak_flops_per_sec: 100e9, bandwidth_bytes_per_sec: 10e9 };
    const GPU: Roofline = Roofline { peak_flops_per_sec: 50e12, bandwidth_bytes_per_sec: 2e12 };

    #[test]
    fn efficiency_moves_to_the_target() {
        let work = ItemWork { flops: 1e9, bytes: 1e6 };
        let measured = Estimate::new(60.0, 58.0, 61.0, Evidence::Measured);
        let range = EfficiencyRange { low_factor: 0.5, high_factor: 1.5 };
        let projection = project_by_roofline(&measured, &work, &CPU, &GPU, &range).unwrap();
        assert!((projection.source_efficiency - 0.6).abs() < 1e-12);
        assert!((projection.throughput.value - 30_000.0).abs() < 1e-6);
        assert!((projection.throughput.low - 14_500.0).abs() < 1e-6);
        assert!((projection.throughput.high - 45_750.0).abs() < 1e-6);
        assert_eq!(projection.throughput.evidence, Evidence::Projected);
        assert_eq!((projection.source_bound, projection.target_bound), (Bound::Compute, Bound::Compute));
    }

    #[test]
    fn the_binding_ceiling_is_named_and_may_differ() {
        let work = ItemWork { flops: 15e6, bytes: 1e6 };
        let measured = Estimate::exact(1_000.0, Evidence::Measured);
        let projection = project_by_roofline(&measured, &work, &CPU, &GPU, &EfficiencyRange::default()).unwrap();
        assert_eq!((projection.source_bound, projection.target_bound), (Bound::Compute, Bound::Memory));
        assert!(projection.throughput.high <= GPU.attainable_items_per_sec(&work));
    }

    #[test]
    fn a_rate_above_the_roofline_is_the_roofline_and_far_above_it_refused() {
        let work = ItemWork { flops: 1e9, bytes: 1e6 };
        let project = |rate| {
            let measured = Estimate::exact(rate, Evidence::Measured);
            project_by_roofline(&measured, &work, &CPU, &GPU, &EfficiencyRange::default())
        };
        let projection = project(120.0).unwrap();
        assert!((projection.source_efficiency - 1.2).abs() < 1e-12);
        assert_eq!(projection.throughput.value, GPU.attainable_items_per_sec(&work));
        assert!(projection.throughput.low <= 0.5 * projection.throughput.value);
        let error = project(160.0).unwrap_err();
        assert!(error.to_string().contains("1.60 times"), "{error}");
    }
}
