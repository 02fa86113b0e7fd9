//! Measurements with what follows from them alone, whatever the study says. A measurement that arrives during a run is
//! added to it without a look at all the others.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use assay_base::NumericFormat;
use assay_core::{Device, Measurement, Shape, Suite};
use assay_cost_models::roofline::{Bound, ItemWork, Roofline};
use assay_hardware_profiles::Catalog;
use assay_store::Store;

use super::published::Published;
use crate::estimates::EstimateRecord;

/// The measured ceilings of one device in one format.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceCeilings {
    /// The target whose worker measured.
    pub target: String,
    /// The device.
    pub device: Device,
    /// The format of the compute ceiling.
    pub format: NumericFormat,
    /// The best dense GEMM and the best triad over all stacks.
    pub roofline: Roofline,
    /// The measurements they come from: GEMM, triad.
    pub measurement_ids: [String; 2],
}

impl SourceCeilings {
    fn is_of_device(&self, m: &Measurement) -> bool {
        self.target == m.target && self.device.id == m.device.id && self.device.name == m.device.name
    }
}

/// A passed measurement on its roofline.
#[derive(Clone, Debug, PartialEq)]
pub struct RooflinePoint {
    /// The measurement.
    pub measurement_id: String,
    /// The workload.
    pub workload: String,
    /// Its format.
    pub format: NumericFormat,
    /// The stack.
    pub stack: String,
    /// The device's id.
    pub device: String,
    /// The target.
    pub target: String,
    /// Operations a byte of compulsory traffic.
    pub intensity_flops_per_byte: f64,
    /// Achieved operations a second.
    pub flops_per_sec: f64,
    /// Achieved over the device's measured ceiling at this intensity; may exceed 1 when caches help. Absent without
    /// ceilings.
    pub of_ceiling: Option<f64>,
    /// The ceiling that binds.
    pub bound: Option<Bound>,
}

/// Points in a block of [`RooflinePoints`].
const BLOCK: usize = 1024;

/// Points on rooflines, oldest first, in blocks: a copy shares them, and adding a point copies one block at most.
#[derive(Clone, Debug, Default)]
pub struct RooflinePoints(Vec<Arc<Vec<RooflinePoint>>>);

impl RooflinePoints {
    fn push(&mut self, point: RooflinePoint) {
        match self.0.last_mut().filter(|block| block.len() < BLOCK) {
            Some(block) => Arc::make_mut(block).push(point),
            None => self.0.push(Arc::new(vec![point])),
        }
    }

    /// All points, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &RooflinePoint> {
        self.0.iter().flat_map(|block| block.iter())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        // All blocks but the last are full.
        self.0.last().map_or(0, |last| (self.0.len() - 1) * BLOCK + last.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a workload does, worked out once however often it was measured.
#[derive(Debug, Default)]
struct Works(HashMap<String, Work>);

#[derive(Clone, Copy, Debug)]
struct Work {
    /// Absent where the operations are not counted.
    flops: Option<f64>,
    bytes: f64,
}

impl Works {
    fn of(&mut self, m: &Measurement) -> Work {
        if let Some(known) = self.0.get(&m.workload_hash) {
            return *known;
        }
        let flops = m.workload.flops_are_known().then(|| m.workload.flops());
        let work = Work { flops, bytes: m.workload.bytes() };
        self.0.insert(m.workload_hash.clone(), work);
        work
    }

    fn flops_per_sec(&mut self, m: &Measurement) -> Option<f64> {
        let median_secs = m.timing.as_ref()?.statistics.median_secs;
        Some(self.of(m).flops? / median_secs)
    }

    fn bytes_per_sec(&mut self, m: &Measurement) -> Option<f64> {
        let median_secs = m.timing.as_ref()?.statistics.median_secs;
        Some(self.of(m).bytes / median_secs)
    }
}

/// Measurements, published results and compilers' estimates, with what follows from them alone.
#[derive(Debug, Default)]
pub struct Measured {
    measurements: Vec<Measurement>,
    by_id: HashMap<String, usize>,
    by_workload: HashMap<String, Vec<usize>>,
    /// By the hash of shape and format.
    by_work: BTreeMap<String, Vec<usize>>,
    /// How many passed.
    passed: usize,
    works: Works,
    ceilings: Arc<[SourceCeilings]>,
    roofline: RooflinePoints,
    published: Published,
    estimates: Vec<EstimateRecord>,
    /// The suite last asked for.
    suite: Mutex<Option<(String, Option<Arc<Suite>>)>>,
}

impl Measured {
    /// Takes the measurements of a study, oldest first, without published results.
    pub fn of(measurements: Vec<Measurement>) -> Self {
        let mut measured = Self { measurements, ..Self::default() };
        (0..measured.measurements.len()).for_each(|at| measured.index(at));
        measured.derive_all();
        measured
    }

    /// Takes the published results of a study's folder, too, on the accelerators of a catalogue.
    #[must_use]
    pub fn with_published(self, store: Store, catalog: &Catalog) -> Self {
        Self { published: Published::of(store, catalog), ..self }
    }

    /// Takes what vendors' compilers say of accelerators that are not here, too.
    #[must_use]
    pub fn with_estimates(self, estimates: Vec<EstimateRecord>) -> Self {
        Self { estimates, ..self }
    }

    /// What vendors' compilers say of accelerators that are not here.
    pub fn estimates(&self) -> &[EstimateRecord] {
        &self.estimates
    }

    /// The measurements.
    pub fn measurements(&self) -> &[Measurement] {
        &self.measurements
    }

    /// The measurements of a workload, oldest first.
    pub fn of_workload(&self, id: &str) -> impl DoubleEndedIterator<Item = &Measurement> {
        let places = self.by_workload.get(id).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|at| self.measurements.get(*at))
    }

    /// The measurement with an id.
    pub(crate) fn measurement(&self, id: &str) -> Option<&Measurement> {
        self.measurements.get(*self.by_id.get(id)?)
    }

    /// The newest measurement of each workload among those wanted.
    pub(crate) fn newest_of_each_workload(
        &self,
        is_wanted: impl Fn(&&Measurement) -> bool,
    ) -> impl Iterator<Item = &Measurement> {
        self.by_workload.keys().filter_map(move |id| self.of_workload(id).rev().find(&is_wanted))
    }

    /// How many measurements passed.
    pub(crate) fn passed(&self) -> usize {
        self.passed
    }

    /// The measurements of work of a shape in any format, whatever its name.
    pub(super) fn of_shape(&self, shape: &Shape) -> impl Iterator<Item = &Measurement> {
        let all = self.by_work.values().map(|places| places.iter().filter_map(|at| self.measurements.get(*at)));
        all.filter(move |places| places.clone().next().is_some_and(|m| m.workload.shape == *shape)).flatten()
    }

    /// The measured ceilings of each device and format.
    pub fn ceilings(&self) -> &Arc<[SourceCeilings]> {
        &self.ceilings
    }

    /// Every passed measurement that computes something, on its roofline.
    pub fn roofline(&self) -> &RooflinePoints {
        &self.roofline
    }

    /// The published results.
    pub(super) fn published(&self) -> &Published {
        &self.published
    }

    /// A suite by its name, read once; `None` where it cannot be read.
    pub(super) fn suite(&self, name: &str) -> Option<Arc<Suite>> {
        let mut known = self.suite.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match known.as_ref().filter(|(of, _)| of == name) {
            Some((_, suite)) => suite.clone(),
            None => {
                let suite = Suite::load(name).ok().map(Arc::new);
                *known = Some((name.to_owned(), suite.clone()));
                suite
            }
        }
    }

    /// Adds a measurement.
    pub fn push(&mut self, measurement: Measurement) {
        let raises = self.raises_a_ceiling(&measurement);
        if !raises && let Some(point) = point(&mut self.works, &self.ceilings, &measurement) {
            self.roofline.push(point);
        }
        self.measurements.push(measurement);
        self.index(self.measurements.len() - 1);
        if raises {
            self.derive_all();
        }
    }

    /// Makes the measurement at a place findable.
    fn index(&mut self, at: usize) {
        let Some(m) = self.measurements.get(at) else { return };
        self.passed += usize::from(m.status.passed());
        self.by_id.entry(m.id.clone()).or_insert(at);
        self.by_workload.entry(m.workload.id.clone()).or_default().push(at);
        self.by_work.entry(m.workload_hash.clone()).or_default().push(at);
    }

    fn derive_all(&mut self) {
        self.ceilings = ceilings(&mut self.works, &self.measurements).into();
        let mut points = RooflinePoints::default();
        for m in &self.measurements {
            point(&mut self.works, &self.ceilings, m).into_iter().for_each(|point| points.push(point));
        }
        self.roofline = points;
    }

    /// Whether a measurement may change a ceiling, and with it where others stand.
    fn raises_a_ceiling(&mut self, m: &Measurement) -> bool {
        let mut own = self.ceilings.iter().filter(|c| c.is_of_device(m));
        match m.workload.shape.kind() {
            _ if !m.status.passed() => false,
            "gemm" => {
                let rate = self.works.flops_per_sec(m);
                let known = own.find(|c| c.format == m.workload.format);
                rate.is_some_and(|rate| known.is_none_or(|c| rate > c.roofline.peak_flops_per_sec))
            }
            "triad" => {
                let rate = self.works.bytes_per_sec(m);
                let known = own.next();
                rate.is_some_and(|rate| known.is_none_or(|c| rate >= c.roofline.bandwidth_bytes_per_sec))
            }
            _ => false,
        }
    }
}

/// The best GEMM of each device and format, with the device's best triad. Devices without both have no ceilings.
fn ceilings(works: &mut Works, measurements: &[Measurement]) -> Vec<SourceCeilings> {
    let same_device = |a: &Measurement, b: &Measurement| {
        a.target == b.target && a.device.id == b.device.id && a.device.name == b.device.name
    };
    let mut gemms: Vec<(&Measurement, f64)> = Vec::new();
    let mut triads: Vec<(&Measurement, f64)> = Vec::new();
    for m in measurements.iter().filter(|m| m.status.passed()) {
        match m.workload.shape.kind() {
            "gemm" => {
                let Some(rate) = works.flops_per_sec(m) else { continue };
                match gemms.iter_mut().find(|(g, _)| same_device(g, m) && g.workload.format == m.workload.format) {
                    Some(best) if best.1 < rate => *best = (m, rate),
                    Some(_) => {}
                    None => gemms.push((m, rate)),
                }
            }
            "triad" => {
                let Some(rate) = works.bytes_per_sec(m) else { continue };
                match triads.iter_mut().find(|(t, _)| same_device(t, m)) {
                    Some(best) if best.1 <= rate => *best = (m, rate),
                    Some(_) => {}
                    None => triads.push((m, rate)),
                }
            }
            _ => {}
        }
    }
    let with_triad = |(gemm, peak_flops_per_sec): (&Measurement, f64)| {
        let (triad, bandwidth_bytes_per_sec) = *triads.iter().find(|(t, _)| same_device(t, gemm))?;
        Some(SourceCeilings {
            target: gemm.target.clone(),
            device: gemm.device.clone(),
            format: gemm.workload.format,
            roofline: Roofline { peak_flops_per_sec, bandwidth_bytes_per_sec },
            measurement_ids: [gemm.id.clone(), triad.id.clone()],
        })
    };
    gemms.into_iter().filter_map(with_triad).collect()
}

/// The ceilings under which a measurement was made.
pub(super) fn ceilings_of<'a>(ceilings: &'a [SourceCeilings], m: &Measurement) -> Option<&'a SourceCeilings> {
    ceilings.iter().find(|c| c.is_of_device(m) && c.format == m.workload.format)
}

/// A measurement that passed on its roofline; `None` where its operations are not counted.
fn point(works: &mut Works, ceilings: &[SourceCeilings], m: &Measurement) -> Option<RooflinePoint> {
    if !m.status.passed() {
        return None;
    }
    let Work { flops, bytes } = works.of(m);
    let work = ItemWork { flops: flops?, bytes };
    let flops_per_sec = work.flops / m.timing.as_ref()?.statistics.median_secs;
    let roofline = ceilings_of(ceilings, m).map(|c| c.roofline);
    Some(RooflinePoint {
        measurement_id: m.id.clone(),
        workload: m.workload.id.clone(),
        format: m.workload.format,
        stack: m.stack.to_string(),
        device: m.device.id.clone(),
        target: m.target.clone(),
        intensity_flops_per_byte: work.intensity(),
        flops_per_sec,
        of_ceiling: roofline.map(|r| flops_per_sec / r.attainable(work.intensity())),
        bound: roofline.map(|r| r.bound(&work)),
    })
}
