//! The sample study.

use std::path::Path;

use assay_study::{Study, StudyFolder};

use crate::workbench::WorkbenchError;

/// The text of the sample study.
pub const SAMPLE_STUDY: &str = include_str!("../../../assets/studies/sample/study.yaml");

/// The hourly rate of one virtual processor in the sample: an AWS m8i.xlarge has 4 for 0.21168 USD
/// (on demand, us-east-1, 2026; hardware-profiles/catalog has the quote).
pub const SAMPLE_USD_PER_VCPU_HOUR: f64 = 0.21168 / 4.0;

/// Creates the sample study in a folder, its baseline priced for a machine of `logical_cpus`.
/// A study that is already there is kept.
///
/// # Errors
/// When the folder cannot be written, or holds something that is no study.
pub fn create_sample(folder: &Path, logical_cpus: usize) -> Result<Study, WorkbenchError> {
    if folder.join("study.yaml").exists() {
        return Ok(StudyFolder::open(folder)?.1);
    }
    let (mut on_disk, study) = StudyFolder::create(folder, SAMPLE_STUDY)?;
    // Rounded to a ten-thousandth of a cent, so that the file reads well.
    let price = (logical_cpus as f64 * SAMPLE_USD_PER_VCPU_HOUR * 1e6).round() / 1e6;
    let price_path = "options.this-machine.price.price_per_unit_hour";
    let source_path = "options.this-machine.price.source";
    let source = format!(
        "{logical_cpus} vCPU at the hourly rate of an AWS m8i.xlarge, 0.21168 USD for 4 vCPU (assumed equivalent)"
    );
    let study = assay_study::set_paths(&study, [(price_path, price.into()), (source_path, source.into())])?;
    on_disk.save(&study, [price_path, source_path])?;
    Ok(study)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_keeps_its_comments_when_it_is_priced() {
        let folder = tempfile::tempdir().unwrap();
        create_sample(folder.path(), 64).unwrap();
        let text = std::fs::read_to_string(folder.path().join("study.yaml")).unwrap();
        let comments = |text: &str| text.lines().filter(|l| l.trim_start().starts_with('#')).count();
        assert_eq!(comments(&text), comments(SAMPLE_STUDY));
        assert!(text.contains("3.38688") && text.contains("64 vCPU"), "{text}");
    }
}
