//! Documents prove their numbers: what is written verifies, and what is changed is found.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_service::proof::SigningKey;
use assay_service::{Command, ReportKind, Workbench, sample, verify};
use support::measurements;

fn workbench(folder: &std::path::Path) -> Workbench {
    sample::create_sample(folder, 2).unwrap();
    let mut workbench = Workbench::open(folder).unwrap();
    for measurement in measurements() {
        workbench.add_measurements([measurement]).unwrap();
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

/// Two private keys that serve nothing but these tests.
const OWN: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";
const OTHER: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

#[test]
fn a_reader_accepts_the_expected_signature_alone() {
    let folder = tempfile::tempdir().unwrap();
    let workbench = workbench(folder.path());
    let own = SigningKey::from_pem(OWN).unwrap();
    let other = SigningKey::from_pem(OTHER).unwrap().public_key();
    let (pdf, _) = workbench.render_report(ReportKind::Briefing, Some(own.clone())).unwrap();
    let signed = verify(&pdf.bytes).unwrap();
    assert!(signed.holds());
    assert!(signed.clone().expecting(own.public_key()).holds());
    let refused = signed.expecting(other);
    assert!(!refused.holds() && refused.statements()[0].text.contains("not with the expected"));
    let unsigned = verify(&written(&workbench, ReportKind::Briefing)).unwrap();
    assert!(unsigned.holds());
    let refused = unsigned.expecting(own.public_key());
    assert!(!refused.holds() && refused.statements()[0].text.starts_with("not signed, but"));
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
fn a_document_in_the_look_and_language_of_a_house_follows_from_its_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let mut workbench = workbench(folder.path());
    // The smallest PNG: one pixel.
    let png = [
        137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 58, 126,
        155, 85, 0, 0, 0, 10, 73, 68, 65, 84, 120, 156, 99, 104, 0, 0, 0, 130, 0, 129, 119, 205, 114, 182, 0, 0, 0, 0,
        73, 69, 78, 68, 174, 66, 96, 130,
    ];
    std::fs::create_dir(folder.path().join("art")).unwrap();
    std::fs::write(folder.path().join("art/logo.png"), png).unwrap();
    let set = |path: &str, value: &str| (path.to_owned(), serde_json::Value::from(value));
    let values = [
        set("documents.language", "de"),
        set("documents.paper", "letter"),
        set("documents.classification", "Vertraulich"),
        set("documents.logo", "art/logo.png"),
        set("documents.primary_color", "#402060"),
        set("narrative.sections.summary.text", "Das sagen wir."),
    ];
    workbench.override_values(&values).unwrap();
    let (pdf, document) = workbench.render_report(ReportKind::Briefing, None).unwrap();
    assert_eq!((document.meta.language.as_str(), document.meta.classification.as_deref()), ("de", Some("Vertraulich")));
    let found = verify(&pdf.bytes).unwrap();
    assert!(found.holds(), "{found:#?}");
    workbench.override_values(&[set("documents.logo", "nowhere.png")]).unwrap();
    let error = workbench.render_report(ReportKind::Briefing, None).unwrap_err().to_string();
    assert!(error.contains("nowhere.png") && error.contains("documents.logo"), "{error}");
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
