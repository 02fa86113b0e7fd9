//! When to stop timing.
//!
//! The rule is nvbench's `stdrel`: after a minimum of time and samples, stop when the relative noise is under its bound,
//! or when the noise itself no longer changes, so that more samples would not reduce it; else at the time limit.
//! Source: NVIDIA/nvbench, `stdrel_criterion.cxx`.

use std::collections::VecDeque;

use crate::measurement::StopReason;

/// Bounds of the stopping rule.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StopRule {
    /// At least this much timed execution.
    pub min_time_secs: f64,
    /// At least so many samples.
    pub min_samples: usize,
    /// Relative noise (standard deviation over mean) that is low enough.
    pub noise_bound: f64,
    /// Wall time after which timing ends in any case.
    pub max_time_secs: f64,
    /// Samples after which timing ends in any case.
    pub max_samples: usize,
}

impl Default for StopRule {
    fn default() -> Self {
        Self { min_time_secs: 0.5, min_samples: 10, noise_bound: 0.005, max_time_secs: 5.0, max_samples: 200_000 }
    }
}

/// Recent noise figures that are compared with each other.
const WINDOW: usize = 64;
/// Relative spread of recent noise figures under which the noise counts as stable.
const STABLE_BELOW: f64 = 0.05;

/// Follows the samples of one measurement.
#[derive(Clone, Debug)]
pub struct StoppingRule {
    rule: StopRule,
    count: usize,
    mean: f64,
    squares: f64,
    total_secs: f64,
    recent_noise: VecDeque<f64>,
}

impl StoppingRule {
    /// Starts with no samples.
    pub fn new(rule: StopRule) -> Self {
        Self { rule, count: 0, mean: 0.0, squares: 0.0, total_secs: 0.0, recent_noise: VecDeque::with_capacity(WINDOW) }
    }

    /// Takes a sample (Welford 1962).
    pub fn add(&mut self, latency_secs: f64) {
        self.count += 1;
        self.total_secs += latency_secs;
        let delta = latency_secs - self.mean;
        self.mean += delta / self.count as f64;
        self.squares += delta * (latency_secs - self.mean);
        if let Some(noise) = self.noise() {
            if self.recent_noise.len() == WINDOW {
                self.recent_noise.pop_front();
            }
            self.recent_noise.push_back(noise);
        }
    }

    /// Relative noise of the samples so far.
    pub fn noise(&self) -> Option<f64> {
        (self.count >= 2 && self.mean > 0.0).then(|| (self.squares / (self.count - 1) as f64).sqrt() / self.mean)
    }

    /// Whether to stop now, and why; `wall_secs` is the time since timing began.
    pub fn stop(&self, wall_secs: f64) -> Option<StopReason> {
        let rule = &self.rule;
        if self.count >= rule.max_samples {
            return Some(StopReason::SampleLimit);
        }
        // One sample is the least that means anything.
        if wall_secs >= rule.max_time_secs && self.count >= 1 {
            return Some(StopReason::TimeLimit);
        }
        if self.total_secs < rule.min_time_secs || self.count < rule.min_samples {
            return None;
        }
        if self.noise().is_some_and(|noise| noise <= rule.noise_bound) {
            return Some(StopReason::NoiseBound);
        }
        self.noise_is_stable().then_some(StopReason::NoiseStable)
    }

    fn noise_is_stable(&self) -> bool {
        if self.recent_noise.len() < WINDOW {
            return false;
        }
        let n = self.recent_noise.len() as f64;
        let mean = self.recent_noise.iter().sum::<f64>() / n;
        let variance = self.recent_noise.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
        mean > 0.0 && variance.sqrt() / mean < STABLE_BELOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(rule: StopRule, mut sample: impl FnMut(usize) -> f64) -> (usize, StopReason) {
        let mut stopping = StoppingRule::new(rule);
        let mut wall = 0.0;
        for i in 0.. {
            let latency = sample(i);
            wall += latency;
            stopping.add(latency);
            if let Some(reason) = stopping.stop(wall) {
                return (i + 1, reason);
            }
        }
        unreachable!("the time limit ends every run")
    }

    #[test]
    fn a_quiet_run_stops_at_the_minimum() {
        let (count, reason) = run(StopRule::default(), |_| 0.01);
        assert_eq!((count, reason), (50, StopReason::NoiseBound));
    }

    #[test]
    fn a_run_with_steady_noise_stops_when_more_samples_would_not_help() {
        let (count, reason) = run(StopRule::default(), |i| 0.01 * (1.0 + 0.2 * (i % 2) as f64));
        assert_eq!(reason, StopReason::NoiseStable);
        assert!(count < 300, "{count}");
    }

    #[test]
    fn a_run_whose_noise_keeps_growing_stops_at_the_limit() {
        let (_, reason) =
            run(StopRule { max_time_secs: 3.0, ..StopRule::default() }, |i| 0.001 * 1.05f64.powi(i as i32));
        assert_eq!(reason, StopReason::TimeLimit);
    }

    #[test]
    fn slow_executions_take_the_minimum_of_samples_or_the_limit() {
        let (count, _) = run(StopRule::default(), |_| 0.4);
        assert_eq!(count, 10);
        let (count, reason) = run(StopRule::default(), |_| 3.0);
        assert_eq!((count, reason), (2, StopReason::TimeLimit));
    }

    #[test]
    fn the_noise_is_that_of_the_statistics() {
        let samples = [1.0, 1.1, 0.9, 1.3];
        let mut stopping = StoppingRule::new(StopRule::default());
        samples.iter().for_each(|s| stopping.add(*s));
        let expected = crate::statistics::Statistics::of(&samples).unwrap().relative_noise.unwrap();
        assert!((stopping.noise().unwrap() - expected).abs() < 1e-12);
    }
}
