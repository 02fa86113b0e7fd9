//! What the end-to-end tests share.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The binary under test.
pub fn assay() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    // The user's own study must neither be read nor written.
    command.env("XDG_DATA_HOME", std::env::temp_dir().join("assay-tests-without-a-study"));
    command
}

/// Runs the binary to its end.
pub fn run(arguments: &[&str]) -> Output {
    assay().args(arguments).output().unwrap()
}

/// Standard output of a successful run.
pub fn stdout(arguments: &[&str]) -> String {
    let output = run(arguments);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr).into_owned());
    assert!(output.status.success(), "{arguments:?} ended with {}: {err}", output.status);
    out
}

/// JSON that a successful run printed.
pub fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&stdout(arguments)).unwrap()
}

/// Standard error of a run that ended with this status.
pub fn failure(arguments: &[&str], status: i32) -> String {
    let output = run(arguments);
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {err}");
    err
}

/// A display that nobody sees, with a screen of 1280x800; it ends with this.
pub struct Display {
    /// What `DISPLAY` has to say.
    pub name: String,
    server: Child,
}

impl Display {
    /// `None` where there is no Xvfb. The server chooses a free number and says which when it is ready.
    pub fn start() -> Option<Self> {
        if !installed("Xvfb") {
            return None;
        }
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "+extension", "GLX"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb has no display to give");
        Some(Self { name: format!(":{}", number.trim()), server })
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// A folder with the sample study, reduced to a suite that is measured in moments.
pub fn small_study(folder: &Path) -> PathBuf {
    let study = folder.join("study");
    std::fs::create_dir_all(&study).unwrap();
    let suite = folder.join("small.yaml");
    std::fs::write(&suite, SMALL_SUITE).unwrap();
    let text = include_str!("../../../../assets/studies/sample/study.yaml")
        .replace("suite: quick", &format!("suite: {}", suite.display()))
        .replace("workload: encoder-block-fp32", "workload: block");
    std::fs::write(study.join("study.yaml"), text).unwrap();
    study
}

const SMALL_SUITE: &str = "\
schema: assay/suite/1
id: small
name: Small
description: Sizes that are measured in moments.
workloads:
  - {id: gemm, format: fp32, shape: {kind: gemm, m: 256, n: 256, k: 256}}
  - {id: triad, format: fp32, shape: {kind: triad, elements: 4194304}}
  - {id: block, format: fp32, shape: {kind: encoder-block, batch: 1, sequence: 32, hidden: 128, heads: 4, feed_forward: 256}}
";

/// A path as an argument.
pub fn arg(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Whether a program is installed; says so when a test is skipped.
pub fn installed(program: &str) -> bool {
    let found = ["/usr/sbin", "/usr/bin", "/bin", "/usr/local/bin"].iter().any(|d| Path::new(d).join(program).exists());
    if !found {
        eprintln!("skipped: `{program}` is not installed");
    }
    found
}
