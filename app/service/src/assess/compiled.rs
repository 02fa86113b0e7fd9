//! The throughput that a vendor's compiler expects of hardware that is not here.

use assay_base::{Evidence, format};
use assay_core::Workload;
use assay_core::estimate::Verdict;
use assay_cost_models::Estimate;
use assay_cost_models::roofline::EfficiencyRange;
use assay_hardware_profiles::Profile;
use assay_reports::content::ThroughputFacts;

use crate::estimates::{EstimateRecord, METHOD};

/// The throughput of one accelerator by a compiler's kept estimate. Starting the program is added; the range is that of
/// other projections, since nobody has tested this one.
///
/// # Errors
/// Why it is unknown, in one sentence.
pub fn throughput(
    records: &[EstimateRecord],
    (compiler, profile): (&str, &Profile),
    workload: &Workload,
    start_secs: f64,
    range: &EfficiencyRange,
) -> Result<ThroughputFacts, String> {
    let hash = workload.hash();
    let record = records
        .iter()
        .find(|record| record.compiler == compiler && record.accelerator == profile.id && record.workload_hash == hash)
        .ok_or_else(|| {
            format!(
                "{compiler} was not asked about `{}` in {} on {}; run `assay estimate --accelerator {}` on a suite that \
                 has it",
                workload.id, workload.format, profile.name, profile.id
            )
        })?;
    let said = record.compiler_and_version();
    if !record.is_of_the_program() {
        return Err(format!("{said} compiles kernels and expects no time; name another compiler"));
    }
    if let Some(reason) = record.refusal() {
        return Err(reason);
    }
    if let Verdict::Unsupported(reason) | Verdict::Failed(reason) = &record.estimate.verdict {
        return Err(format!("{said} could not say: {reason}"));
    }
    let secs = record.estimate.execution_secs.ok_or_else(|| {
        format!("{said} compiles `{}` for {} but gives no valid time", workload.id, record.accelerator_name)
    })?;
    let value = workload.items() / (secs + start_secs);
    Ok(ThroughputFacts {
        per_accelerator: Estimate::new(value, value * range.low_factor, value * range.high_factor, Evidence::Projected),
        source: format!(
            "projected, {METHOD}: {said} expects {} for `{}` on one {} ({}), and starting it takes {}",
            format::duration(secs),
            record.workload.id,
            record.accelerator_name,
            record.topology,
            format::duration(start_secs),
        ),
        measurement_id: None,
        projection: None,
        p99_secs: None,
        disturbed: false,
        to_repeat: Vec::new(),
        warnings: vec![format!(
            "its throughput is what {said} expects, without any execution: nobody has tested how far that is off"
        )],
    })
}
