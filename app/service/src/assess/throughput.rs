//! The throughput of an option: measured, projected by roofline, expected by the vendor's compiler, or assumed.

use std::collections::BTreeMap;

use assay_base::{Evidence, NumericFormat, format};
use assay_core::{Measurement, Workload};
use assay_cost_models::Estimate;
use assay_cost_models::roofline::{Bound, CEILING_TOLERANCE, EfficiencyRange, ItemWork, Roofline, project_by_roofline};
use assay_hardware_profiles::{HardwareKind, Profile};
use assay_reports::content::{Repeat, ThroughputFacts};
use assay_study::{Study, StudyOption, ThroughputSource};

use super::measured::{Measured, ceilings_of};
use super::{compiled, translate};
use crate::estimates::{self, EstimateRecord};

/// From this ratio on another format is worth a remark.
const FASTER_FROM: f64 = 1.1;

/// What is needed to find an option's throughput.
pub struct Resolver<'a> {
    /// The study.
    pub study: &'a Study,
    /// Its workload.
    pub workload: Option<&'a Workload>,
    /// Every measurement, the ceilings they make, and the published results.
    pub measured: &'a Measured,
}

impl Resolver<'_> {
    /// The study's workload in the format the option would run it in.
    pub fn workload_on(&self, option: &StudyOption) -> Option<Workload> {
        let workload = self.workload?;
        let is_other_work = self.study.demand.item_name().is_some();
        let format = match &option.throughput {
            ThroughputSource::Assumed { .. } if is_other_work => return None,
            ThroughputSource::Projected { published: Some(_), .. } => return None,
            ThroughputSource::Projected { format: Some(format), .. } => *format,
            // Of other work the roofline is another one.
            ThroughputSource::Measured { workload: Some(_), .. } | ThroughputSource::Published { .. } => return None,
            _ => workload.format,
        };
        Some(Workload { format, ..workload.clone() })
    }

    /// What an item of the demand is called in the singular.
    fn item(&self) -> &str {
        self.study.demand.item_name().unwrap_or("item")
    }

    fn no_workload(&self) -> String {
        format!("suite `{}` has no workload `{}` to project", self.study.suite, self.study.workload)
    }

    /// What the vendor's compiler says of the option's work on its hardware. It is not asked where the work ran there or is
    /// other work.
    pub fn feasibility(&self, option: &StudyOption, profile: &Profile) -> Option<&EstimateRecord> {
        let ran = matches!(option.throughput, ThroughputSource::Measured { .. });
        let workload = self.workload_on(option).filter(|_| !ran)?;
        estimates::feasibility(self.measured.estimates(), &profile.id, &workload)
    }

    /// The throughput of one accelerator of the option.
    ///
    /// # Errors
    /// Why it is unknown, in one sentence.
    pub fn resolve(&self, option: &StudyOption, profile: Option<&Profile>) -> Result<ThroughputFacts, String> {
        match &option.throughput {
            ThroughputSource::Measured { device, stack, target, workload } => {
                let id = workload.as_deref().unwrap_or(&self.study.workload);
                self.measured(id, device.as_deref(), stack.as_deref(), Some(target.as_deref().unwrap_or("local")))
            }
            ThroughputSource::Projected { format, published, compiler } => {
                let profile = profile.ok_or("the option names no hardware profile to project onto")?;
                match (published, compiler) {
                    (None, None) => self.projected(profile, *format),
                    (None, Some(compiler)) => {
                        let workload = self.workload_on(option).ok_or_else(|| self.no_workload())?;
                        let range = range(self.study, self.measured);
                        let start_secs = self.study.assumptions.launch_overhead_secs;
                        compiled::throughput(
                            self.measured.estimates(),
                            (compiler, profile),
                            &workload,
                            start_secs,
                            &range,
                        )
                    }
                    (Some(work), _) => {
                        let own = self.workload.map(|workload| workload.format);
                        let format = format.or(own).ok_or("the projection names no numeric format")?;
                        self.measured.published().project(work, profile, format, self.item())
                    }
                }
            }
            ThroughputSource::Published { .. } => self.measured.published().throughput(&option.throughput, self.item()),
            ThroughputSource::Assumed { items_per_sec, low, high, source } => Ok(ThroughputFacts {
                per_accelerator: {
                    let stated = translate::estimate(items_per_sec, Evidence::Assumed);
                    Estimate { low: low.unwrap_or(stated.low), high: high.unwrap_or(stated.high), ..stated }
                },
                source: source.clone(),
                measurement_id: None,
                projection: None,
                p99_secs: None,
                disturbed: false,
                to_repeat: Vec::new(),
                warnings: Vec::new(),
            }),
        }
    }

    /// The newest measurement of each stack that passed; of those, the fastest. A compiler that was not tuned is taken
    /// where it is named, never chosen.
    fn measured(
        &self,
        workload: &str,
        device: Option<&str>,
        stack: Option<&str>,
        target: Option<&str>,
    ) -> Result<ThroughputFacts, String> {
        let matching = |m: &&Measurement| {
            device.is_none_or(|d| m.device.id == d)
                && stack.map_or(m.stack.is_tuned(), |s| m.stack.as_str() == s)
                && target.is_none_or(|t| m.target == t)
        };
        let mut newest: Vec<&Measurement> = Vec::new();
        let mut last_failure = None;
        for m in self.measured.of_workload(workload).filter(matching) {
            if m.status.passed() && estimate(m).is_some() {
                newest.retain(|n| (&n.stack, &n.device.id, &n.target) != (&m.stack, &m.device.id, &m.target));
                newest.push(m);
            } else {
                last_failure = Some(m);
            }
        }
        let best =
            newest.into_iter().filter_map(|m| Some((m, estimate(m)?))).max_by(|a, b| a.1.value.total_cmp(&b.1.value));
        let Some((m, per_accelerator)) = best else {
            let place = device.map(|d| format!(" on `{d}`")).unwrap_or_default();
            return Err(match last_failure {
                Some(m) => format!(
                    "`{workload}`{place} has no measurement that passed; the last one is {}{}",
                    m.status.label(),
                    m.status.reason().map(|r| format!(" ({r})")).unwrap_or_default()
                ),
                None => format!("`{workload}`{place} has not been measured; run the suite `{}`", self.study.suite),
            });
        };
        let statistics = m.timing.as_ref().map(|t| &t.statistics);
        Ok(ThroughputFacts {
            per_accelerator,
            source: format!("measured: {} with {} ({})", m.device.name, m.stack, m.id),
            measurement_id: Some(m.id.clone()),
            projection: None,
            p99_secs: statistics.and_then(|s| s.certified_p99_secs.or(s.p99_secs)),
            disturbed: m.disturbance().is_some(),
            to_repeat: to_repeat(m).into_iter().collect(),
            warnings: Vec::new(),
        })
    }

    /// Carries the efficiency measured on a device with known ceilings over to the profile's roofline.
    fn projected(&self, profile: &Profile, target_format: Option<NumericFormat>) -> Result<ThroughputFacts, String> {
        let workload = self.workload.ok_or_else(|| self.no_workload())?;
        let measured = self.measured(&workload.id, None, None, None)?;
        let source = self
            .measured
            .of_workload(&workload.id)
            .find(|m| Some(&m.id) == measured.measurement_id.as_ref())
            .ok_or("the measurement behind the projection is gone")?;
        let ceilings = ceilings_of(self.measured.ceilings(), source).ok_or_else(|| {
            format!(
                "the ceilings of {} in {} have not been measured (GEMM and triad of the suite)",
                source.device.name, workload.format
            )
        })?;
        let target_format = target_format.unwrap_or(workload.format);
        let target = target_roofline(profile, target_format, self.study.assumptions.vendor_peak_fraction)?;
        let target_workload = Workload { format: target_format, ..workload.clone() };
        let (here, there) = ((workload, &ceilings.roofline), (&target_workload, &target));
        let mut projected = project(&measured, here, there, profile, (self.study, self.measured))?;
        let behind = ceilings.measurement_ids.iter().filter_map(|id| self.measured.measurement(id));
        for ceiling in behind {
            projected.disturbed |= ceiling.disturbance().is_some();
            projected.to_repeat.extend(to_repeat(ceiling));
        }
        Ok(projected)
    }
}

/// Whether and why a measurement should be repeated before anything rests on it.
fn to_repeat(m: &Measurement) -> Option<Repeat> {
    let noise = m.timing.as_ref().and_then(|timing| timing.statistics.relative_noise);
    let noisy = m
        .is_noisy()
        .then(|| format!("is noisy ({} relative noise)", format::or_unknown(noise, |n| format::percent(n, 1))));
    let disturbed = m.disturbance().map(|what| format!("was disturbed ({what})"));
    let doubt =
        [noisy, disturbed].into_iter().flatten().reduce(|noisy, disturbed| format!("{noisy} and {disturbed}"))?;
    Some(Repeat { workload: m.workload.id.clone(), doubt })
}

/// The same work, measured on the same device in another format, where it was a good deal faster: an option that is
/// compared in a wider format than it could use is compared unfairly. Of each format and stack the newest measurement counts.
pub fn faster_format(measured: &Measured, taken: &Measurement) -> Option<String> {
    let rate = |m: &Measurement| estimate(m).map(|estimate| estimate.value);
    let own = rate(taken)?;
    let same_work = |m: &&Measurement| {
        m.status.passed()
            && m.workload.format != taken.workload.format
            && (&m.device.id, &m.target) == (&taken.device.id, &taken.target)
    };
    let all = measured.of_shape(&taken.workload.shape).filter(same_work);
    let newest: BTreeMap<_, _> = all.map(|m| ((m.workload.format, &m.stack), m)).collect();
    let faster = newest.into_values().filter_map(|m| Some((m, rate(m)? / own)));
    let (m, ratio) = faster.filter(|(_, ratio)| *ratio > FASTER_FROM).max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(format!(
        "`{}` ran {} times as fast on the same device: compare with that, if {} is accurate enough",
        m.workload.id,
        format::significant(ratio, 2),
        m.workload.format
    ))
}

/// The range of a projection from one device: what the study assumes, and no narrower than what such projections missed
/// published results by.
pub fn range(study: &Study, measured: &Measured) -> EfficiencyRange {
    let a = &study.assumptions;
    let missed_by = measured.published().missed_by().unwrap_or(1.0);
    EfficiencyRange {
        low_factor: a.projection_low_factor.min(1.0 / missed_by),
        high_factor: a.projection_high_factor.max(missed_by),
    }
}

/// Items a second of one accelerator that the specification's own peaks allow.
pub fn specified_ceiling(profile: &Profile, workload: &Workload) -> Option<f64> {
    let roofline = target_roofline(profile, workload.format, 1.0).ok()?;
    let items = workload.items();
    let work = ItemWork { flops: workload.flops() / items, bytes: workload.bytes() / items };
    Some(roofline.attainable_items_per_sec(&work)).filter(|ceiling| ceiling.is_finite() && *ceiling > 0.0)
}

/// Items a second at the median, with the interval of the median.
fn estimate(m: &Measurement) -> Option<Estimate> {
    let statistics = &m.timing.as_ref()?.statistics;
    let items = m.workload.items();
    let (low_secs, high_secs) =
        statistics.median_interval_secs.unwrap_or((statistics.median_secs, statistics.median_secs));
    let value = items / statistics.median_secs;
    let (low, high) = (items / high_secs, items / low_secs);
    (value.is_finite() && low.is_finite() && high.is_finite())
        .then(|| Estimate::new(value, low.min(value), high.max(value), m.evidence))
}

fn target_roofline(
    profile: &Profile,
    target_format: NumericFormat,
    vendor_peak_fraction: f64,
) -> Result<Roofline, String> {
    let peak = profile.peak_flops_per_sec(target_format).ok_or_else(|| {
        format!("profile `{}` has no peak for {target_format}: name another format, or measure", profile.id)
    })?;
    let bandwidth = profile
        .memory_bandwidth_bytes_per_sec()
        .ok_or_else(|| format!("profile `{}` has no memory bandwidth", profile.id))?;
    Ok(Roofline {
        peak_flops_per_sec: peak * vendor_peak_fraction,
        bandwidth_bytes_per_sec: bandwidth * vendor_peak_fraction,
    })
}

/// Projects what was measured of a workload under its roofline here to the workload under the roofline there.
fn project(
    measured: &ThroughputFacts,
    (workload, source): (&Workload, &Roofline),
    (target_workload, target): (&Workload, &Roofline),
    profile: &Profile,
    (study, known): (&Study, &Measured),
) -> Result<ThroughputFacts, String> {
    let items = workload.items();
    let work = |w: &Workload| ItemWork { flops: w.flops() / items, bytes: w.bytes() / items };
    let (source_work, target_work) = (work(workload), work(target_workload));
    // The efficiency is that of the source's own work: a narrower format moves fewer bytes on the target.
    let scaled_source = Roofline {
        bandwidth_bytes_per_sec: source.bandwidth_bytes_per_sec * target_work.bytes / source_work.bytes,
        ..*source
    };
    let mut projection =
        project_by_roofline(&measured.per_accelerator, &target_work, &scaled_source, target, &range(study, known))
            .map_err(|e| e.to_string())?;
    // Each operation of the workload has to be started; small work on a fast device is bound by that.
    let starts = match profile.kind {
        HardwareKind::Cpu => 0.0,
        _ => assay_core::graph::build(workload).nodes.len() as f64,
    };
    let overhead_secs = starts * study.assumptions.launch_overhead_secs;
    let with_overhead = |items_per_sec: f64| items / (items / items_per_sec + overhead_secs);
    let e = projection.throughput;
    projection.throughput =
        Estimate::new(with_overhead(e.value), with_overhead(e.low), with_overhead(e.high), e.evidence);

    let mut warnings = measured.warnings.clone();
    if projection.source_efficiency > CEILING_TOLERANCE {
        warnings.push(format!(
            "the work ran at {} of the ceilings measured here, so those were measured under load; measure again on a \
             quiet machine",
            format::percent(projection.source_efficiency, 0)
        ));
    }
    if projection.source_bound != projection.target_bound {
        warnings.push(format!(
            "projected across different bottlenecks ({} here, {} there): measure it to be sure",
            bound_label(projection.source_bound),
            bound_label(projection.target_bound)
        ));
    }
    Ok(ThroughputFacts {
        per_accelerator: projection.throughput,
        source: format!(
            "projected onto the roofline of {} in {} from {} of the attainable rate here",
            profile.name,
            target_workload.format,
            format::percent(projection.source_efficiency, 0)
        ),
        measurement_id: measured.measurement_id.clone(),
        projection: Some(projection),
        p99_secs: None,
        disturbed: measured.disturbed,
        to_repeat: measured.to_repeat.clone(),
        warnings,
    })
}

/// The words for a ceiling.
fn bound_label(bound: Bound) -> &'static str {
    match bound {
        Bound::Compute => "compute",
        Bound::Memory => "memory bandwidth",
    }
}
