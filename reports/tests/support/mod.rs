//! Shared by the integration tests: a document that uses everything, and a structural check of PDFs.
#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(dead_code, reason = "each test file uses its part")]

pub mod capacity;
pub mod check;
pub mod facts;
pub mod forge;
pub mod gallery;
pub mod large;
pub mod migration;
pub mod more_charts;
pub mod report_input;

use std::path::PathBuf;
use std::process::Command;

/// Writes bytes where a developer can look at them, and external tools can read them.
pub fn keep(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Runs a tool and returns what it prints, or `None` with a message when it is not installed.
pub fn tool(name: &str, arguments: &[&str]) -> Option<(bool, String)> {
    match Command::new(name).args(arguments).output() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            Some((output.status.success(), text))
        }
        Err(error) => {
            eprintln!("skipped: {name} cannot be run here ({error})");
            None
        }
    }
}
