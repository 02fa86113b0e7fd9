//! What a device executed, kernel by kernel, as its own profiler tells it.

use assay_base::format;
use serde::{Deserialize, Serialize};

/// The profile of one execution of a workload, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Profile {
    /// There is none.
    Absent {
        /// Why, and what to install or allow.
        reason: String,
    },
    /// The profiler told.
    Taken(Timeline),
}

/// The kernels of one execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// The profiler with its version.
    pub profiler: String,
    /// From the start of the first kernel to the end of the last.
    pub span_secs: f64,
    /// Time during which at least one kernel ran.
    pub busy_secs: f64,
    /// Times without a kernel between two kernels.
    pub gaps: usize,
    /// The longest of them.
    pub longest_gap_secs: Option<f64>,
    /// The kernels, the one with the most time first.
    pub kernels: Vec<ProfiledKernel>,
    /// What the device was measured to do at most in the same process.
    #[serde(default)]
    pub roofs: Roofs,
}

/// All launches of one kernel with one geometry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfiledKernel {
    /// Its name in the device's code.
    pub name: String,
    /// How often it was launched.
    pub launches: usize,
    /// The time of all launches.
    pub total_secs: f64,
    /// Blocks of a launch.
    pub grid: [u32; 3],
    /// Threads of a block.
    pub block: [u32; 3],
    /// Registers of a thread.
    pub registers: u32,
    /// Static and dynamic shared memory of a block in bytes.
    pub shared_bytes: u32,
    /// Local memory of a thread in bytes.
    pub local_bytes: u32,
    /// Threads that fit on a multiprocessor together, as a share of those it can hold; calculated, not measured.
    pub occupancy: Option<f64>,
    /// Operations of all launches; `None` where the kernel does only a part of an operation.
    pub flops: Option<f64>,
    /// Compulsory traffic of all launches: operands read once, results written once.
    pub bytes: Option<f64>,
}

/// What a device was measured to do at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Roofs {
    /// Operations a second of a large matrix product in the workload's format.
    pub flops_per_sec: Option<f64>,
    /// Bytes a second of a triad.
    pub bytes_per_sec: Option<f64>,
}

/// Which roof binds a kernel and how near it comes (Williams, Waterman and Patterson 2009, "Roofline").
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnderRoof {
    /// Whether memory binds; else computing does.
    pub memory: bool,
    /// Achieved over what the roof allows; never clamped.
    pub share: f64,
}

impl ProfiledKernel {
    /// Operations a second.
    pub fn flops_per_sec(&self) -> Option<f64> {
        rate(self.flops, self.total_secs)
    }

    /// Bytes of compulsory traffic a second.
    pub fn bytes_per_sec(&self) -> Option<f64> {
        rate(self.bytes, self.total_secs)
    }

    /// The binding roof: time at the one over the other decides, so that a kernel without operations is bound by memory.
    pub fn under(&self, roofs: Roofs) -> Option<UnderRoof> {
        let compute = rate(self.flops, roofs.flops_per_sec.unwrap_or(0.0));
        let memory = rate(self.bytes, roofs.bytes_per_sec.unwrap_or(0.0));
        let (memory, least_secs) = match (compute, memory) {
            (Some(compute), Some(memory)) if compute > memory => (false, compute),
            (_, Some(memory)) => (true, memory),
            _ => return None,
        };
        rate(Some(least_secs), self.total_secs).map(|share| UnderRoof { memory, share })
    }
}

fn rate(amount: Option<f64>, per: f64) -> Option<f64> {
    amount.filter(|_| per > 0.0).map(|amount| amount / per)
}

/// Kernels that are named one by one in text.
const SHOWN: usize = 6;

impl Profile {
    /// What was found, a sentence each.
    pub fn sentences(&self) -> Vec<String> {
        match self {
            Self::Absent { reason } => vec![format!("no profile: {reason}")],
            Self::Taken(timeline) => timeline.sentences(),
        }
    }
}

impl Timeline {
    fn sentences(&self) -> Vec<String> {
        let launches: usize = self.kernels.iter().map(|kernel| kernel.launches).sum();
        let gaps = match self.longest_gap_secs {
            Some(longest) => format!("{} gaps, the longest {}", self.gaps, format::duration(longest)),
            None => "no gap".to_owned(),
        };
        let busy = rate(Some(self.busy_secs), self.span_secs);
        let mut said = vec![format!(
            "{}: {launches} launches of {} kernels in {}, busy {}, {gaps}",
            self.profiler,
            self.kernels.len(),
            format::duration(self.span_secs),
            format::or_unknown(busy, |share| format::percent(share, 1)),
        )];
        said.extend(self.kernels.iter().take(SHOWN).map(|kernel| self.kernel_sentence(kernel)));
        if let Some(rest) = self.kernels.len().checked_sub(SHOWN).filter(|rest| *rest > 0) {
            said.push(format!("and {rest} kernels with less time"));
        }
        said
    }

    fn kernel_sentence(&self, kernel: &ProfiledKernel) -> String {
        let share = rate(Some(kernel.total_secs), self.busy_secs);
        let mut parts = vec![format!(
            "{} {}: {} x {}",
            format::or_unknown(share, |share| format::percent(share, 1)),
            kernel.name,
            kernel.launches,
            format::duration(kernel.total_secs / kernel.launches.max(1) as f64),
        )];
        parts.extend(kernel.bytes_per_sec().map(format::bandwidth));
        parts.extend(kernel.flops_per_sec().map(format::flop_rate));
        parts.extend(kernel.under(self.roofs).map(|roof| {
            let of = if roof.memory { "triad" } else { "matrix product" };
            format!("{} of the device's own {of}", format::percent(roof.share, 1))
        }));
        parts.extend(kernel.occupancy.map(|share| format!("occupancy {} (calculated)", format::percent(share, 0))));
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel(flops: Option<f64>, bytes: Option<f64>) -> ProfiledKernel {
        ProfiledKernel {
            name: "k".to_owned(),
            launches: 2,
            total_secs: 2.0,
            grid: [1; 3],
            block: [32, 1, 1],
            registers: 16,
            shared_bytes: 0,
            local_bytes: 0,
            occupancy: Some(0.5),
            flops,
            bytes,
        }
    }

    #[test]
    fn the_roof_that_takes_longer_binds() {
        let roofs = Roofs { flops_per_sec: Some(100.0), bytes_per_sec: Some(10.0) };
        // 1.5 s of computing and 1 s of traffic in 2 s.
        assert_eq!(kernel(Some(150.0), Some(10.0)).under(roofs), Some(UnderRoof { memory: false, share: 0.75 }));
        assert_eq!(kernel(Some(50.0), Some(18.0)).under(roofs), Some(UnderRoof { memory: true, share: 0.9 }));
        assert_eq!(kernel(None, Some(18.0)).under(roofs), Some(UnderRoof { memory: true, share: 0.9 }));
        // Without its traffic nobody knows whether memory binds; without roofs nothing is known.
        assert_eq!(kernel(Some(150.0), None).under(roofs), None);
        assert_eq!(kernel(Some(150.0), Some(10.0)).under(Roofs::default()), None);
    }

    #[test]
    fn a_profile_says_where_the_time_went_or_why_it_is_absent() {
        let timeline = Timeline {
            profiler: "CUPTI 13.0".to_owned(),
            span_secs: 4.0,
            busy_secs: 3.0,
            gaps: 1,
            longest_gap_secs: Some(1.0),
            kernels: vec![kernel(Some(150.0), Some(10.0))],
            roofs: Roofs { flops_per_sec: Some(100.0), bytes_per_sec: Some(10.0) },
        };
        let said = Profile::Taken(timeline).sentences().join("\n");
        for part in ["2 launches of 1 kernels", "busy 75", "75.0", "matrix product", "occupancy 50"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let absent = Profile::Absent { reason: "CUPTI was not found".to_owned() };
        assert_eq!(absent.sentences(), ["no profile: CUPTI was not found"]);
    }
}
