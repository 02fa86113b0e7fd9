//! The profile of a plan: its kernels by time, the gaps between them, and what each achieves.
//!
//! Times and geometry are CUPTI's; the work of a kernel is counted from the plan, and its occupancy is calculated.

use assay_core::EvaluatorError;
use assay_core::profile::{Profile, ProfiledKernel, Roofs, Timeline};

use crate::cupti::{Activity, Cupti};
use crate::detection;
use crate::gpu::Gpu;
use crate::plan::{HOLD, Launch, Plan, Work};

mod occupancy;

use occupancy::Multiprocessor;

/// Profiled executions; the one of median length is kept.
const EXECUTIONS: usize = 5;

/// Executes a plan a few times under CUPTI. `whole` enqueues all of it as it is timed, behind `hold`.
///
/// # Errors
/// Why there is no profile.
pub(crate) fn take(
    gpu: &Gpu,
    plan: &Plan,
    hold: &Launch,
    whole: &dyn Fn() -> Result<(), EvaluatorError>,
) -> Result<Profile, EvaluatorError> {
    let driver = detection::driver().map_err(EvaluatorError::Unavailable)?;
    let cupti = Cupti::load(driver.major()).map_err(EvaluatorError::Unavailable)?;
    let recording = cupti.start()?;
    // Each step alone, to learn which kernels are its.
    let mut owners = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        step.enqueue(gpu)?;
        gpu.synchronize()?;
        owners.extend(recording.take()?.iter().map(|activity| Owner { step: index, kernel: activity.is_kernel() }));
    }
    let mut executions = Vec::new();
    for _ in 0..EXECUTIONS {
        hold.enqueue(gpu)?;
        // The first after a pause is slower: the second stands for executions one after the other.
        whole()?;
        whole()?;
        gpu.synchronize()?;
        let mut activities = recording.take()?;
        activities.retain(|activity| activity.name != HOLD);
        executions.push(activities.split_off(activities.len() / 2));
    }
    drop(recording);
    executions.sort_by_key(|activities| Busy::of(activities).span_ns);
    let Some(execution) = executions.get(EXECUTIONS / 2).filter(|activities| !activities.is_empty()) else {
        return Err(EvaluatorError::Failed(format!("{} told of no kernel", cupti.name())));
    };
    let multiprocessor = Multiprocessor::of(&gpu.context)?;
    Ok(Profile::Taken(timeline(cupti.name(), execution, &works(&plan.work, &owners, execution.len()), &multiprocessor)))
}

/// Whose an activity is, and whether it is a kernel or moves memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    step: usize,
    kernel: bool,
}

/// The work of each activity in order; unknown for all when their number is not that of the single steps.
fn works(plan: &[Work], owners: &[Owner], activities: usize) -> Vec<Work> {
    if owners.len() != activities {
        return vec![Work::default(); activities];
    }
    let kernels = |step: usize| owners.iter().filter(|other| other.step == step && other.kernel).count();
    let work = |owner: &Owner| {
        let work = plan.get(owner.step).copied().unwrap_or_default();
        // Of a step of several kernels it is not known which did what.
        if owner.kernel && kernels(owner.step) == 1 { work } else { Work::default() }
    };
    owners.iter().map(work).collect()
}

/// When something ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Busy {
    span_ns: u64,
    busy_ns: u64,
    gaps: usize,
    longest_gap_ns: u64,
}

impl Busy {
    /// Of activities by their start.
    fn of(activities: &[Activity]) -> Self {
        let mut found = Self::default();
        let Some(first) = activities.first() else { return found };
        let mut until = first.start_ns;
        for activity in activities {
            if activity.start_ns > until {
                found.gaps += 1;
                found.longest_gap_ns = found.longest_gap_ns.max(activity.start_ns - until);
            }
            found.busy_ns += activity.end_ns.saturating_sub(activity.start_ns.max(until));
            until = until.max(activity.end_ns);
        }
        found.span_ns = until - first.start_ns;
        found
    }
}

fn timeline(profiler: String, activities: &[Activity], works: &[Work], multiprocessor: &Multiprocessor) -> Timeline {
    let mut kernels: Vec<ProfiledKernel> = Vec::new();
    for (activity, work) in activities.iter().zip(works) {
        let secs = activity.end_ns.saturating_sub(activity.start_ns) as f64 * 1e-9;
        let same = |kernel: &&mut ProfiledKernel| {
            (&kernel.name, kernel.grid, kernel.block, kernel.shared_bytes)
                == (&activity.name, activity.grid, activity.block, activity.shared_bytes)
        };
        match kernels.iter_mut().find(same) {
            Some(kernel) => {
                kernel.launches += 1;
                kernel.total_secs += secs;
                kernel.flops = kernel.flops.zip(work.flops).map(|(a, b)| a + b);
                kernel.bytes = kernel.bytes.zip(work.bytes).map(|(a, b)| a + b);
            }
            None => kernels.push(ProfiledKernel {
                name: activity.name.clone(),
                launches: 1,
                total_secs: secs,
                grid: activity.grid,
                block: activity.block,
                registers: activity.registers,
                shared_bytes: activity.shared_bytes,
                local_bytes: activity.local_bytes,
                occupancy: multiprocessor.occupancy(activity),
                flops: work.flops,
                bytes: work.bytes,
            }),
        }
    }
    kernels.sort_by(|a, b| b.total_secs.total_cmp(&a.total_secs));
    let Busy { span_ns, busy_ns, gaps, longest_gap_ns } = Busy::of(activities);
    Timeline {
        profiler,
        span_secs: span_ns as f64 * 1e-9,
        busy_secs: busy_ns as f64 * 1e-9,
        gaps,
        longest_gap_secs: (gaps > 0).then_some(longest_gap_ns as f64 * 1e-9),
        kernels,
        roofs: Roofs::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity(name: &str, start_ns: u64, end_ns: u64) -> Activity {
        Activity {
            name: name.to_owned(),
            start_ns,
            end_ns,
            grid: [8, 1, 1],
            block: [256, 1, 1],
            registers: 32,
            shared_bytes: 0,
            local_bytes: 0,
        }
    }

    #[test]
    fn time_is_busy_or_a_gap_and_overlap_counts_once() {
        let trace = [activity("a", 100, 200), activity("b", 150, 250), activity("a", 300, 400)];
        assert_eq!(Busy::of(&trace), Busy { span_ns: 300, busy_ns: 250, gaps: 1, longest_gap_ns: 50 });
        assert_eq!(Busy::of(&[]), Busy::default());
    }

    #[test]
    fn work_is_that_of_the_only_kernel_of_a_step() {
        let (a, b) = (Work::known(1.0, 2.0), Work::known(3.0, 4.0));
        let owner = |step, kernel| Owner { step, kernel };
        // Memory is filled before the first step's kernel; the second step has two kernels.
        let owners = [owner(0, false), owner(0, true), owner(1, true), owner(1, true)];
        let none = Work::default();
        assert_eq!(works(&[a, b], &owners, 4), [none, a, none, none]);
        assert_eq!(works(&[a, b], &owners, 3), [none; 3]);
    }

    #[test]
    fn launches_of_one_kernel_are_one_line_and_unknown_work_stays_unknown() {
        let trace = [activity("a", 0, 100), activity("b", 100, 500), activity("a", 500, 700)];
        let known = Work { flops: Some(10.0), bytes: Some(1.0) };
        let device = Multiprocessor::H200;
        let timeline = timeline("CUPTI".to_owned(), &trace, &[known, Work::default(), known], &device);
        let found: Vec<_> = timeline.kernels.iter().map(|k| (k.name.as_str(), k.launches, k.flops, k.bytes)).collect();
        assert_eq!(found, [("b", 1, None, None), ("a", 2, Some(20.0), Some(2.0))]);
        assert!((timeline.kernels[1].total_secs - 300e-9).abs() < 1e-15);
        assert_eq!((timeline.gaps, timeline.longest_gap_secs), (0, None));
    }
}
