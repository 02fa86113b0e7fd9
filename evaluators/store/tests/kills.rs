//! A writer killed at random moments loses nothing that it acknowledged.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use assay_store::{Problem, Store};
use common::measurement;

const RUN: &str = "killed";
const KILLS: u64 = 100;
/// Set in the child: where to append.
const FOLDER: &str = "ASSAY_TEST_APPEND_TO";
/// Set in the child: the number of its first measurement.
const FIRST: &str = "ASSAY_TEST_FIRST";

/// The size varies, so that writes are cut in small and large records.
fn numbered(number: u64) -> assay_core::Measurement {
    measurement(RUN, number, if number.is_multiple_of(4) { 3_000 } else { 20 })
}

/// Appends until it is killed; says each number after the append returned.
fn append_for_ever(folder: &Path, first: u64) {
    let mut writer = Store::open(folder).writer(RUN).unwrap();
    let mut out = std::io::stdout();
    for number in first.. {
        writer.append(&numbered(number)).unwrap();
        writeln!(out, "\nappended {number}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn a_hundred_kills_lose_no_acknowledged_measurement() {
    if let (Some(folder), Ok(first)) = (std::env::var_os(FOLDER), std::env::var(FIRST)) {
        return append_for_ever(Path::new(&folder), first.parse().unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["a_hundred_kills_lose_no_acknowledged_measurement", "--exact", "--nocapture"])
            .env(FOLDER, folder.path())
            .env(FIRST, (kill * 1000).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let number = |line: String| line.strip_prefix("appended ").map(|n| n.parse::<u64>().unwrap());
        // Let it begin, then choose a moment that differs each time (multiples of the golden ratio are spread evenly).
        let begun = lines.by_ref().map(Result::unwrap).find_map(number);
        acknowledged.push(begun.unwrap());
        let share = (kill as f64 * 0.618_033_988_75).fract();
        std::thread::sleep(Duration::from_secs_f64(0.06 * share));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        acknowledged.extend(lines.map(Result::unwrap).filter_map(number));
    }
    let loaded = Store::open(folder.path()).load().unwrap();
    for number in &acknowledged {
        let expected = numbered(*number);
        let read = loaded.measurements.iter().find(|m| m.id == expected.id);
        assert_eq!(read, Some(&expected), "number {number} of {}", acknowledged.len());
    }
    // Besides, each kill may leave one that was written and not yet acknowledged, or one torn line.
    let unacknowledged = loaded.measurements.len() - acknowledged.len();
    assert!(unacknowledged + loaded.warnings.len() <= KILLS as usize, "{unacknowledged}, {:?}", loaded.warnings);
    assert!(loaded.warnings.iter().all(|w| matches!(w.problem, Problem::Damaged | Problem::Torn)));
    eprintln!(
        "{KILLS} kills, {} acknowledged, {unacknowledged} written but not acknowledged, {} torn",
        acknowledged.len(),
        loaded.warnings.len()
    );
    assert!(acknowledged.len() > KILLS as usize);
}
