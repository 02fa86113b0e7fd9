//! Documents prove their numbers: what is written verifies, and what is changed is found.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_service::{Command, ReportKind, Workbench, sample, verify};
use support::measurements;

fn workbench(folder: &std::path::Path) -> Workbench {
    sample::create_sample(folder, 2).unwrap();
    let mut workbench = Workbench::open(folder).unwrap();
    for measurement in measurements() {
        workbench.add_measurement(measurement).unwrap();
    }
    workbench
}

fn written(workbench: &Workbench, kind: ReportKind) -> Vec<u8> {
    let report = workbench.write_report(kind, None, None).unwrap();
    std::fs::read(report.path).unwrap()
}

#[test]
fn every_document_follows_from_the_evidence_it_carries() {
    let folder = tempfile::tempdir().unwrap();
    let workbench = workbench(folder.path());
    for kind in ReportKind::ALL {
        let found = verify(&written(&workbench, kind)).unwrap();
        assert!(found.holds(), "{}: {found:#?}", kind.id());
        assert!(found.comparison.unwrap().values > 5);
    }
}

#[test]
fn a_document_of_a_scenario_follows_from_its_evidence_without_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut workbench = workbench(folder.path());
    workbench.apply(Command::SelectScenario(Some("half-demand".to_owned()))).unwrap();
    let pdf = written(&workbench, ReportKind::Dossier);
    drop(workbench);
    drop(folder);
    assert!(verify(&pdf).unwrap().holds());
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let pdf = written(&workbench(folder.path()), ReportKind::Briefing);
    // A fixed walk over the file: every part of it is hit.
    let step = pdf.len() / 40;
    for at in (step / 2..pdf.len()).step_by(step) {
        let mut changed = pdf.clone();
        changed[at] ^= 0x01;
        let holds = verify(&changed).is_ok_and(|found| found.holds());
        assert!(!holds, "the change at byte {at} was not found");
    }
}
