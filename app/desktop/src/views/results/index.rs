//! What the table and the plots need of each measurement, small enough for hundreds of thousands of them: names once,
//! numbers in rows. It is filled a few milliseconds a frame and handed to other threads without a copy.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assay_service::SourceCeilings;
use assay_service::core::Measurement;
use assay_service::core::measurement::NOISY_ABOVE;
use assay_service::cost_models::roofline::Roofline;

/// Rows in a block that is shared between threads.
const BLOCK: usize = 8192;
/// Time spent on new rows in one frame.
const BUDGET: Duration = Duration::from_millis(6);
/// How many rows are taken between two looks at the clock.
const STRIDE: usize = 256;

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What was measured where: a position among the subjects.
    pub subject: u32,
    /// The run, a name.
    pub run: u32,
    /// When it began, in milliseconds since 1970.
    pub began_ms: i64,
    pub median_secs: Option<f64>,
    /// Certified where it could be, else empirical.
    pub p99_secs: Option<f64>,
    pub p99_certified: bool,
    pub noise: Option<f64>,
    pub noisy: bool,
    pub throughput: Option<f64>,
    pub error_norm: Option<f64>,
    /// Energy of one item over the timed window, where its measurement is valid.
    pub joules_per_item: Option<f64>,
    pub mean_power_watts: Option<f64>,
}

/// What measurements of the same work at the same place with the same outcome have in common.
#[derive(Clone, Debug)]
pub struct Subject {
    pub workload: u32,
    pub kind: u32,
    pub stack: u32,
    /// The device's id, with the target where it is not this machine.
    pub device: u32,
    pub device_name: u32,
    pub status: u32,
    pub passed: bool,
    /// The unit of its throughput.
    pub unit: u32,
    /// What a filter looks at, in small letters.
    text: Arc<str>,
    /// Operations of one execution and operations a byte, where both are known.
    work: Option<(f64, f64)>,
    place: Place,
}

/// Where ceilings hold: target, device's id and name, numeric format.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place(u32, u32, u32, assay_base::NumericFormat);

/// A run.
#[derive(Clone, Debug)]
pub struct RunFacts {
    pub run: u32,
    pub suite: Option<String>,
    pub began_ms: i64,
    pub measurements: usize,
    pub passed: usize,
}

#[derive(Clone, Debug, Default)]
struct Names {
    texts: Vec<Arc<str>>,
    known: HashMap<Arc<str>, u32>,
}

impl Names {
    fn of(&mut self, text: &str) -> u32 {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let (name, shared) = (self.texts.len() as u32, Arc::<str>::from(text));
        self.texts.push(Arc::clone(&shared));
        self.known.insert(shared, name);
        name
    }
}

/// Rows of all measurements, growing with them.
#[derive(Debug, Default)]
pub struct Index {
    blocks: Vec<Arc<[Row]>>,
    tail: Vec<Row>,
    names: Names,
    subjects: Vec<Subject>,
    known: HashMap<(u32, u32, u32, u32, Place), u32>,
    work: HashMap<String, (Option<(f64, f64)>, f64)>,
    runs: Vec<RunFacts>,
    run_places: HashMap<u32, usize>,
}

impl Index {
    /// Takes in measurements that are new, for a limited time. `true` once all are in.
    pub fn extend(&mut self, measurements: &[Measurement]) -> bool {
        let begun = Instant::now();
        while self.len() < measurements.len() {
            let from = self.len();
            for m in measurements.iter().skip(from).take(STRIDE) {
                let row = self.row_of(m);
                self.tail.push(row);
                if self.tail.len() == BLOCK {
                    self.blocks.push(std::mem::take(&mut self.tail).into());
                }
            }
            if begun.elapsed() > BUDGET {
                break;
            }
        }
        self.len() >= measurements.len()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.blocks.len() * BLOCK + self.tail.len()
    }

    /// A name.
    pub fn name(&self, name: u32) -> &str {
        self.names.texts.get(name as usize).map_or("", |text| text)
    }

    /// The runs, in the order in which they appeared.
    pub fn runs(&self) -> &[RunFacts] {
        &self.runs
    }

    /// What other threads need: shared blocks, the names so far, and the ceilings that hold now.
    pub fn snapshot(&self, ceilings: &[SourceCeilings]) -> Snapshot {
        let mut blocks = self.blocks.clone();
        if !self.tail.is_empty() {
            blocks.push(self.tail.clone().into());
        }
        let names = self.names.texts.clone();
        let roofline = |subject: &Subject| {
            let Place(target, device, name, format) = subject.place;
            let same = |name: u32, text: &str| names.get(name as usize).is_some_and(|n| **n == *text);
            let holds = |c: &&SourceCeilings| {
                c.format == format
                    && same(target, &c.target)
                    && same(device, &c.device.id)
                    && same(name, &c.device.name)
            };
            ceilings.iter().find(holds).map(|c| c.roofline)
        };
        let rooflines = self.subjects.iter().map(roofline).collect();
        Snapshot { blocks, subjects: self.subjects.clone(), names, rooflines }
    }

    fn row_of(&mut self, m: &Measurement) -> Row {
        let subject = self.subject_of(m);
        let run = self.names.of(&m.run_id);
        let began_ms = m.started_at.as_millisecond();
        let place = *self.run_places.entry(run).or_insert_with(|| {
            self.runs.push(RunFacts { run, suite: m.suite.clone(), began_ms, measurements: 0, passed: 0 });
            self.runs.len() - 1
        });
        if let Some(facts) = self.runs.get_mut(place) {
            facts.measurements += 1;
            facts.passed += usize::from(m.status.passed());
            facts.began_ms = facts.began_ms.min(began_ms);
        }
        let statistics = m.timing.as_ref().map(|t| &t.statistics);
        let energy = m.telemetry.as_ref().and_then(|t| t.energy.as_ref()?.joules());
        let items = self.work.get(&m.workload_hash).map_or(0.0, |(_, items)| *items);
        let executed = statistics.map_or(0.0, |s| s.count as f64) * items;
        Row {
            subject,
            run,
            began_ms,
            median_secs: statistics.map(|s| s.median_secs),
            p99_secs: statistics.and_then(|s| s.certified_p99_secs.or(s.p99_secs)),
            p99_certified: statistics.is_some_and(|s| s.certified_p99_secs.is_some()),
            noise: statistics.and_then(|s| s.relative_noise),
            noisy: statistics.is_some_and(|s| s.relative_noise.is_none_or(|noise| noise > NOISY_ABOVE)),
            throughput: m.throughput.as_ref().map(|t| t.value),
            error_norm: m.correctness.as_ref().and_then(|c| c.error_norm),
            joules_per_item: energy.map(|joules| joules / executed).filter(|v| v.is_finite()),
            mean_power_watts: m.telemetry.as_ref().and_then(|t| t.mean_power_watts),
        }
    }

    fn subject_of(&mut self, m: &Measurement) -> u32 {
        let place = Place(
            self.names.of(&m.target),
            self.names.of(&m.device.id),
            self.names.of(&m.device.name),
            m.workload.format,
        );
        let hash = self.names.of(&m.workload_hash);
        let (work, _) = *self.work.entry(m.workload_hash.clone()).or_insert_with(|| {
            let (flops, bytes) = (m.workload.flops(), m.workload.bytes());
            let known = m.workload.flops_are_known() && flops > 0.0 && bytes > 0.0;
            (known.then_some((flops, flops / bytes)), m.workload.items())
        });
        let stack = self.names.of(m.stack.as_str());
        let status = self.names.of(m.status.label());
        // One work may go under several names.
        let workload = self.names.of(&m.workload.id);
        let key = (hash, workload, stack, status, place.clone());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let device = if m.target == "local" { m.device.id.clone() } else { format!("{} at {}", m.device.id, m.target) };
        let text = [&m.workload.id, m.stack.as_str(), &m.device.id, &m.device.name, &m.target, m.status.label()];
        let subject = Subject {
            workload,
            kind: self.names.of(m.workload.shape.kind()),
            stack,
            device: self.names.of(&device),
            device_name: place.2,
            status,
            passed: m.status.passed(),
            unit: self.names.of(&m.workload.shape.item().per_sec()),
            text: text.join(" ").to_lowercase().into(),
            work,
            place,
        };
        let at = self.subjects.len() as u32;
        self.subjects.push(subject);
        self.known.insert(key, at);
        at
    }
}

/// The index as it was at a moment, for other threads.
#[derive(Clone, Debug)]
pub struct Snapshot {
    blocks: Vec<Arc<[Row]>>,
    subjects: Vec<Subject>,
    names: Vec<Arc<str>>,
    rooflines: Vec<Option<Roofline>>,
}

impl Snapshot {
    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.blocks.iter().flat_map(|block| block.iter())
    }

    /// A row by the position of its measurement.
    pub fn row(&self, at: u32) -> Option<&Row> {
        let at = at as usize;
        self.blocks.get(at / BLOCK)?.get(at % BLOCK)
    }

    /// The subject of a row.
    pub fn subject(&self, row: &Row) -> Option<&Subject> {
        self.subjects.get(row.subject as usize)
    }

    /// A name.
    pub fn name(&self, name: u32) -> &str {
        self.names.get(name as usize).map_or("", |text| text)
    }

    /// The rank of each name in alphabetical order.
    pub fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.names.len() as u32).collect();
        order.sort_by_key(|name| self.name(*name));
        let mut ranks = vec![0; order.len()];
        for (rank, name) in order.into_iter().enumerate() {
            if let Some(slot) = ranks.get_mut(name as usize) {
                *slot = rank as u32;
            }
        }
        ranks
    }

    /// For each subject and each name of a run: whether it has a word. Answers a test of rows against all words.
    pub fn matcher(&self, filter: &str) -> impl Fn(&Row) -> bool {
        let words: Vec<String> = filter.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let tables: Vec<(Vec<bool>, Vec<bool>)> = words
            .iter()
            .map(|word| {
                let subjects = self.subjects.iter().map(|s| s.text.contains(word.as_str())).collect();
                let names = self.names.iter().map(|name| name.to_lowercase().contains(word.as_str())).collect();
                (subjects, names)
            })
            .collect();
        let has = |table: &[bool], at: u32| table.get(at as usize).copied().unwrap_or_default();
        move |row| tables.iter().all(|(subjects, names)| has(subjects, row.subject) || has(names, row.run))
    }

    /// Achieved over the measured ceiling, where there is one.
    pub fn of_ceiling(&self, row: &Row) -> Option<f64> {
        of_ceiling(row, self.subject(row)?, self.rooflines.get(row.subject as usize).copied().flatten())
    }
}

fn of_ceiling(row: &Row, subject: &Subject, roofline: Option<Roofline>) -> Option<f64> {
    let (flops, intensity) = subject.work.filter(|_| subject.passed)?;
    let attainable = roofline?.attainable(intensity);
    Some(flops / row.median_secs? / attainable).filter(|v| v.is_finite())
}
