//! Segments under damage, and stores that take in others.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;
use std::sync::LazyLock;

use assay_core::Measurement;
use assay_store::{Problem, RunWriter, Store, StoreError};
use common::measurement;
use proptest::prelude::*;
use sha2::Digest as _;

const RUN: &str = "20261121T084207Z-3f2a";

/// A segment of some measurements and its bytes.
fn segment(folder: &Path, count: u64) -> (Vec<Measurement>, Vec<u8>) {
    let store = Store::open(folder);
    let mut writer = store.writer(RUN).unwrap();
    let written: Vec<_> = (0..count).map(|n| measurement(RUN, n, 3 + n as usize)).collect();
    for measurement in &written {
        writer.append(measurement).unwrap();
    }
    (written, std::fs::read(writer.path()).unwrap())
}

/// Four measurements and the bytes of their segment.
static FOUR: LazyLock<(Vec<Measurement>, Vec<u8>)> = LazyLock::new(|| segment(tempfile::tempdir().unwrap().path(), 4));

/// A line of a segment as its documentation describes it.
fn line(json: &str) -> String {
    let digest: String = sha2::Sha256::digest(json.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    format!("{{\"sha256\":\"{digest}\",\"measurement\":{json}}}\n")
}

/// Replaces the segment by bytes and reads the store.
fn load(folder: &Path, bytes: &[u8]) -> assay_store::Loaded {
    let store = Store::open(folder);
    std::fs::create_dir_all(store.folder()).unwrap();
    std::fs::write(store.folder().join(format!("{RUN}.jsonl")), bytes).unwrap();
    store.load().unwrap()
}

#[test]
fn what_is_written_is_read_to_the_last_bit() {
    let folder = tempfile::tempdir().unwrap();
    let (written, _) = segment(folder.path(), 20);
    let loaded = Store::open(folder.path()).load().unwrap();
    assert_eq!(loaded.measurements, written);
    assert_eq!(loaded.warnings, []);
    let store = Store::open(folder.path());
    assert_eq!(store.measurement(&written[7].id).unwrap().as_ref(), Some(&written[7]));
    assert_eq!(store.measurement("nothing").unwrap(), None);
    let (runs, _) = store.runs().unwrap();
    assert_eq!((runs.len(), runs[0].measurements, runs[0].passed), (1, 20, 20));
    assert_eq!(runs[0].started_at, written[0].started_at);
}

#[test]
fn a_study_without_measurements_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Store::open(folder.path()).load().unwrap(), assay_store::Loaded::default());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_cut_at_any_byte_keeps_every_complete_record() {
    let folder = tempfile::tempdir().unwrap();
    let (written, bytes) = segment(folder.path(), 3);
    // A record is complete from its last brace on, with or without the line end.
    let ends: Vec<usize> = (0..bytes.len()).filter(|&i| bytes[i] == b'\n').collect();
    for cut in 0..=bytes.len() {
        let complete = ends.iter().filter(|end| cut >= **end).count();
        let loaded = load(folder.path(), &bytes[..cut]);
        assert_eq!(loaded.measurements, written[..complete], "cut at {cut}");
        let torn = cut > 0 && !ends.contains(&cut) && !ends.contains(&(cut - 1));
        let problems: Vec<_> = loaded.warnings.iter().map(|w| (w.line, w.problem.clone())).collect();
        let expected = if torn { vec![(Some(complete + 1), Problem::Torn)] } else { vec![] };
        assert_eq!(problems, expected, "cut at {cut}");
    }
}

#[test]
fn a_writer_continues_on_a_fresh_line_after_any_cut() {
    let folder = tempfile::tempdir().unwrap();
    let (written, bytes) = segment(folder.path(), 2);
    let extra = measurement(RUN, 99, 5);
    for cut in (0..=bytes.len()).step_by(7).chain([bytes.len() - 1, bytes.len()]) {
        let before = load(folder.path(), &bytes[..cut]).measurements;
        Store::open(folder.path()).writer(RUN).unwrap().append(&extra).unwrap();
        let after = Store::open(folder.path()).load().unwrap().measurements;
        assert_eq!(after, [before.as_slice(), std::slice::from_ref(&extra)].concat(), "cut at {cut}");
        assert!(written.starts_with(&before));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_never_gives_a_wrong_measurement(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (written, original) = &*FOUR;
        let mut bytes = original.clone();
        for (position, value) in flips {
            let position = position.index(bytes.len());
            bytes[position] = value;
        }
        let loaded = load(folder.path(), &bytes);
        prop_assert!(loaded.measurements.iter().all(|read| written.contains(read)));
        // Lines that were not touched, and did not lose the line end before them, are all there.
        let same = |range: std::ops::Range<usize>| bytes[range.clone()] == original[range];
        let mut start = 0_usize;
        for (index, end) in original.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i).enumerate() {
            if same(start.saturating_sub(1)..end + 1) {
                prop_assert!(loaded.measurements.contains(&written[index]), "line {}", index + 1);
            }
            start = end + 1;
        }
        if bytes != *original {
            prop_assert!(loaded.measurements.len() == written.len() || !loaded.warnings.is_empty());
        }
    }

    #[test]
    fn rubbish_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let folder = tempfile::tempdir().unwrap();
        prop_assert!(load(folder.path(), &bytes).measurements.is_empty());
    }
}

#[test]
fn what_cannot_be_stored_faithfully_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = RunWriter::create(folder.path(), RUN).unwrap();
    let mut nan = measurement(RUN, 0, 3);
    nan.throughput.as_mut().unwrap().value = f64::NAN;
    let mut other_run = measurement(RUN, 1, 3);
    other_run.run_id = "another".to_owned();
    let mut zero = measurement(RUN, 2, 3);
    zero.workload.shape = assay_core::Shape::Gemm { m: 0, n: 1, k: 1 };
    let mut hidden_nan = measurement(RUN, 3, 3);
    hidden_nan.correctness.as_mut().unwrap().error_norm = Some(f64::INFINITY);
    for bad in [&nan, &other_run, &zero, &hidden_nan] {
        assert!(matches!(writer.append(bad), Err(StoreError::Refused { .. })), "{}", bad.id);
    }
    assert_eq!(std::fs::read(writer.path()).unwrap(), b"");
    for bad in ["", "../up", "a/b", ".hidden"] {
        assert!(matches!(RunWriter::create(folder.path(), bad), Err(StoreError::RunId(_))), "{bad}");
    }
}

#[test]
fn an_import_adds_once_and_never_overwrites() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mine, _) = segment(here.path(), 2);
    let theirs = Store::open(there.path());
    let mut writer = theirs.writer(RUN).unwrap();
    let mut changed = mine[1].clone();
    changed.seed = 1;
    let mut foreign = measurement(RUN, 50, 4);
    foreign.target = "cluster".to_owned();
    foreign.evidence = assay_base::Evidence::Published;
    foreign.environment.host = Some("far-away".to_owned());
    for measurement in [&mine[0], &changed, &foreign] {
        writer.append(measurement).unwrap();
    }
    // Damage after the good ones.
    let path = writer.path().to_owned();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend_from_slice(b"{\"sha256\":\"0000\n");
    std::fs::write(&path, &bytes).unwrap();

    let store = Store::open(here.path());
    let report = store.import(there.path()).unwrap();
    assert_eq!((report.added, report.duplicates), (vec![foreign.id.clone()], vec![mine[0].id.clone()]));
    let reasons: Vec<_> = report.rejected.iter().map(|r| (r.line, r.id.clone(), r.reason.clone())).collect();
    let conflict = Problem::Conflict { id: changed.id.clone() };
    assert_eq!(reasons, [(Some(4), None, Problem::Damaged), (Some(2), Some(changed.id.clone()), conflict)]);
    let loaded = store.load().unwrap();
    assert_eq!(loaded.measurements, [mine.as_slice(), std::slice::from_ref(&foreign)].concat());
    assert_eq!(loaded.warnings, []);

    let again = store.import(there.path()).unwrap();
    assert_eq!((again.added, again.duplicates.len(), again.rejected.len()), (vec![], 2, 2));
    let itself = store.import(here.path()).unwrap();
    assert_eq!((itself.added.len(), itself.duplicates.len(), itself.rejected.len()), (0, 3, 0));
    let nowhere = store.import(&here.path().join("nowhere"));
    assert!(matches!(nowhere, Err(StoreError::NoMeasurements(_))));
}

#[test]
fn an_import_cannot_leave_the_folder() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (_, bytes) = segment(there.path(), 1);
    // A record whose checksum is right and whose run id is a path.
    let text = String::from_utf8(bytes).unwrap();
    let json = text.split_once("\"measurement\":").unwrap().1.trim_end().strip_suffix('}').unwrap();
    let evil = json.replacen(&format!("\"run_id\":\"{RUN}\""), "\"run_id\":\"../../escaped\"", 1);
    assert_ne!(evil, json);
    load(there.path(), line(&evil).as_bytes());
    let report = Store::open(here.path()).import(there.path()).unwrap();
    assert_eq!((report.added.len(), report.rejected.len()), (0, 1));
    assert!(report.rejected[0].to_string().contains("cannot be a file name"), "{}", report.rejected[0]);
    assert_eq!(std::fs::read_dir(here.path()).unwrap().count(), 0);
}

#[test]
fn one_unreadable_segment_does_not_hide_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (written, _) = segment(folder.path(), 2);
    std::fs::create_dir(folder.path().join("measurements/folder.jsonl")).unwrap();
    std::fs::write(folder.path().join("measurements/notes.txt"), "not a segment").unwrap();
    let loaded = Store::open(folder.path()).load().unwrap();
    assert_eq!(loaded.measurements, written);
    assert!(matches!(loaded.warnings[0].problem, Problem::Unreadable(_)) && loaded.warnings.len() == 1);
}

#[test]
fn three_hundred_runs_are_read_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    std::fs::create_dir_all(store.folder()).unwrap();
    for run in 0..300 {
        let run_id = format!("run-{run:03}");
        let json = |n| serde_json::to_string(&measurement(&run_id, n, 200)).unwrap();
        let lines: String = (0..20).map(|n| line(&json(n))).collect();
        std::fs::write(store.folder().join(format!("{run_id}.jsonl")), lines).unwrap();
    }
    let began = std::time::Instant::now();
    let loaded = store.load().unwrap();
    let took = began.elapsed();
    eprintln!("300 runs of 20 measurements of 200 samples: {took:?}");
    assert_eq!((loaded.measurements.len(), loaded.warnings.len()), (6000, 0));
    // Generous: debug builds on a busy machine.
    assert!(took.as_secs() < 20, "{took:?}");
}
