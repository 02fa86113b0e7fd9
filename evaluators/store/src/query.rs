//! Selecting measurements.

use std::collections::HashMap;

use assay_base::Evidence;
use assay_core::Measurement;

/// Which measurements are wanted. What is absent does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Workload: its name or its hash.
    pub workload: Option<String>,
    /// Device: its name or its id on its host.
    pub device: Option<String>,
    /// Stack.
    pub stack: Option<String>,
    /// Target.
    pub target: Option<String>,
    /// Run.
    pub run_id: Option<String>,
    /// Suite.
    pub suite: Option<String>,
    /// Evidence.
    pub evidence: Option<Evidence>,
    /// Only those that passed.
    pub passed_only: bool,
}

impl Filter {
    /// Whether a measurement is wanted.
    pub fn accepts(&self, measurement: &Measurement) -> bool {
        let any = |wanted: &Option<String>, values: &[&str]| wanted.as_deref().is_none_or(|w| values.contains(&w));
        any(&self.workload, &[&measurement.workload.id, &measurement.workload_hash])
            && any(&self.device, &[&measurement.device.name, &measurement.device.id])
            && any(&self.stack, &[measurement.stack.as_str()])
            && any(&self.target, &[&measurement.target])
            && any(&self.run_id, &[&measurement.run_id])
            && any(&self.suite, measurement.suite.as_deref().as_slice())
            && self.evidence.is_none_or(|evidence| evidence == measurement.evidence)
            && (!self.passed_only || measurement.status.passed())
    }

    /// The wanted measurements, in their order.
    pub fn select<'a>(&self, measurements: &'a [Measurement]) -> Vec<&'a Measurement> {
        measurements.iter().filter(|measurement| self.accepts(measurement)).collect()
    }
}

/// What a measurement is one of: the same work, on the same kind of device of the same host, with the same stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Hash of the workload's definition.
    pub workload_hash: String,
    /// Target.
    pub target: String,
    /// The device's name.
    pub device: String,
    /// Stack.
    pub stack: String,
}

impl Key {
    /// Of a measurement.
    pub fn of(measurement: &Measurement) -> Self {
        Self {
            workload_hash: measurement.workload_hash.clone(),
            target: measurement.target.clone(),
            device: measurement.device.name.clone(),
            stack: measurement.stack.to_string(),
        }
    }
}

/// The newest of the wanted measurements that passed.
pub fn latest_passed<'a>(measurements: &'a [Measurement], filter: &Filter) -> Option<&'a Measurement> {
    let wanted = measurements.iter().filter(|m| m.status.passed() && filter.accepts(m));
    wanted.max_by(|a, b| age(a).cmp(&age(b)))
}

/// The wanted measurement that passed with the highest throughput; among equals the newest. Compilers that were not tuned
/// are left out. Noisy ones count: ask [`Measurement::is_noisy`] and say so. `None` as well when the throughputs have different units, since they cannot
/// be compared.
pub fn best_passed<'a>(measurements: &'a [Measurement], filter: &Filter) -> Option<&'a Measurement> {
    let passed = measurements.iter().filter(|m| m.status.passed() && m.stack.is_tuned() && filter.accepts(m));
    let wanted: Vec<_> = passed.filter_map(|m| Some((m.throughput.as_ref()?, m))).collect();
    let (first, _) = wanted.first()?;
    if wanted.iter().any(|(throughput, _)| throughput.unit != first.unit) {
        return None;
    }
    let best = wanted.iter().max_by(|(a, m), (b, n)| a.value.total_cmp(&b.value).then_with(|| age(m).cmp(&age(n))));
    best.map(|(_, measurement)| *measurement)
}

/// The newest measurement of each [`Key`], whether it passed or not, in the order of the measurements.
pub fn latest_of_each(measurements: &[Measurement]) -> Vec<&Measurement> {
    let mut newest: HashMap<Key, &Measurement> = HashMap::new();
    for measurement in measurements {
        let kept = newest.entry(Key::of(measurement)).or_insert(measurement);
        if age(measurement) >= age(kept) {
            *kept = measurement;
        }
    }
    let chosen = |m: &&Measurement| newest.get(&Key::of(m)).is_some_and(|kept| std::ptr::eq(*kept, *m));
    measurements.iter().filter(chosen).collect()
}

fn age(measurement: &Measurement) -> (jiff::Timestamp, &str) {
    (measurement.started_at, &measurement.id)
}
