//! What was found out about a kernel besides its timing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::workload::Shape;

/// What was found out about a kernel besides its timing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KernelReport {
    /// The kernel's id.
    pub id: String,
    /// The parameters it was measured with.
    pub parameters: BTreeMap<String, u32>,
    /// Every combination of parameters that was tried.
    pub trials: Vec<Trial>,
    /// Checks against the fp64 reference at other sizes.
    pub checks: Vec<Check>,
    /// What it takes of the device.
    pub resources: Option<Resources>,
    /// How it compares with what else computes the workload.
    pub comparisons: Vec<Comparison>,
    /// How near it comes to what the device can do.
    pub ceiling: Option<Ceiling>,
    /// What is used instead, where the kernel is wrong or does not apply.
    pub fallback: Option<String>,
}

impl KernelReport {
    /// What was found out, a sentence each.
    pub fn sentences(&self) -> Vec<String> {
        let mut said = Vec::new();
        for other in &self.comparisons {
            said.push(match (other.speed_up, other.speed_up_interval, &other.reason) {
                (Some(times), Some((low, high)), _) => format!(
                    "{times:.2} times as fast as {} (95 % interval {low:.2} to {high:.2}, {} rounds in turns)",
                    other.against, other.rounds
                ),
                (Some(times), None, _) => format!("{times:.2} times as fast as {}", other.against),
                (None, _, reason) => {
                    let reason = reason.as_deref().unwrap_or("no reason is known");
                    format!("not compared with {}: {reason}", other.against)
                }
            });
        }
        if let Some(ceiling) = &self.ceiling {
            let percent = ceiling.share() * 100.0;
            said.push(format!("{percent:.1} % of what the device's own {} reached in this run", ceiling.of));
        }
        if let Some(resources) = &self.resources {
            said.push(format!(
                "{} registers, {} B of local memory, {} B of shared memory, occupancy {:.0} % (calculated)",
                resources.registers,
                resources.local_bytes,
                resources.shared_bytes,
                resources.occupancy * 100.0
            ));
        }
        if !self.parameters.is_empty() {
            let chosen = self.parameters.iter().map(|(name, value)| format!("{name} {value}"));
            let chosen = chosen.collect::<Vec<_>>().join(", ");
            said.push(format!("fastest of {} combinations: {chosen}", self.trials.len()));
        }
        let ran = self.checks.iter().filter(|check| check.not_applicable.is_none()).count();
        if !self.checks.is_empty() {
            said.push(format!(
                "checked at {ran} other sizes with new inputs; {} sizes do not apply",
                self.checks.len() - ran
            ));
        }
        said.extend(self.fallback.as_ref().map(|fallback| format!("used instead: {fallback}")));
        said
    }
}

/// One combination of parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The combination.
    pub parameters: BTreeMap<String, u32>,
    /// The median of a few executions, where the result was correct.
    pub latency_secs: Option<f64>,
    /// Why it was not timed.
    pub reason: Option<String>,
}

/// A check against the fp64 reference with inputs of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The sizes.
    pub shape: Shape,
    /// Seed of the inputs, new in each run.
    pub seed: u64,
    /// `‖out − ref‖₂ / ‖ref‖₂`; absent when the output held a NaN or infinity, or the kernel did not run.
    pub error_norm: Option<f64>,
    /// The largest error that counts as correct.
    pub tolerance: f64,
    /// Why the kernel did not run at these sizes.
    pub not_applicable: Option<String>,
}

impl Check {
    /// Whether the kernel ran and was wrong.
    pub fn failed(&self) -> bool {
        self.not_applicable.is_none() && !self.error_norm.is_some_and(|error| error <= self.tolerance)
    }
}

/// What a kernel takes of the device.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resources {
    /// Registers of a thread.
    pub registers: u32,
    /// Local memory of a thread in bytes: spilled registers and arrays that could not stay in them.
    pub local_bytes: u32,
    /// Static and dynamic shared memory of a block in bytes.
    pub shared_bytes: u32,
    /// Threads of a block.
    pub block_threads: u32,
    /// Blocks of a launch.
    pub blocks: u64,
    /// Threads that fit on a multiprocessor together, as a share of those it can hold; calculated, not measured.
    pub occupancy: f64,
}

/// A kernel against something else, executed in turns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What it was compared with.
    pub against: String,
    /// The other's median time.
    pub latency_secs: Option<f64>,
    /// Median over the rounds of the other's time over the kernel's: above 1 the kernel is faster.
    pub speed_up: Option<f64>,
    /// The 95 % confidence interval of that median.
    pub speed_up_interval: Option<(f64, f64)>,
    /// Rounds in which both were executed.
    pub rounds: usize,
    /// Why there is no comparison.
    pub reason: Option<String>,
}

/// How near a kernel comes to what the device was measured to do in the same run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    /// `triad` (bytes a second) or `gemm` (operations a second).
    pub of: String,
    /// What the device did.
    pub measured: f64,
    /// What the kernel did, counting compulsory traffic only.
    pub achieved: f64,
}

impl Ceiling {
    /// Achieved over measured; never clamped.
    pub fn share(&self) -> f64 {
        self.achieved / self.measured
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_was_found() {
        let comparison = Comparison {
            against: "its naive version".to_owned(),
            latency_secs: Some(2e-6),
            speed_up: Some(2.0),
            speed_up_interval: Some((1.9, 2.1)),
            rounds: 40,
            reason: None,
        };
        let absent = Comparison {
            against: "another".to_owned(),
            speed_up: None,
            reason: Some("it is unsupported".to_owned()),
            ..comparison.clone()
        };
        let ceiling = Some(Ceiling { of: "triad".to_owned(), measured: 4.0e12, achieved: 3.8e12 });
        let report = KernelReport { comparisons: vec![comparison, absent], ceiling, ..KernelReport::default() };
        let said = report.sentences();
        assert!(said[0].starts_with("2.00 times as fast as its naive version (95 % interval 1.90 to 2.10"), "{said:?}");
        assert!(said[1].contains("it is unsupported"), "{said:?}");
        assert!(said[2].starts_with("95.0 %"), "{said:?}");
    }

    #[test]
    fn a_check_that_did_not_run_is_no_failure_and_nan_is_one() {
        let shape = Shape::Triad { elements: 3 };
        let check = Check { shape, seed: 1, error_norm: None, tolerance: 1e-5, not_applicable: None };
        assert!(check.failed());
        assert!(Check { error_norm: Some(1.0), ..check.clone() }.failed());
        assert!(!Check { error_norm: Some(1e-6), ..check.clone() }.failed());
        assert!(!Check { not_applicable: Some("odd".to_owned()), ..check }.failed());
    }
}
