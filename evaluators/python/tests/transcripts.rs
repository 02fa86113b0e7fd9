//! Interpreters that answer from a transcript, and such that misbehave: shell scripts in place of Python.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use assay_core::device::{Device, DeviceKind};
use assay_core::evaluator::{Evaluator as _, EvaluatorError, Job};
use assay_core::{NumericFormat, Shape, Workload};

/// Says in a child process what to do.
const CHILD: &str = "ASSAY_PYTHON_TEST_CHILD";
const HELLO: &str = r#"echo '{"type":"hello","protocol":1,"version":"fake","pid":1}'"#;

fn device(id: &str, kind: DeviceKind) -> Device {
    Device::new(id, kind, "")
}

/// Not a test of its own: it is what the children run, since interpreters are named in the environment.
#[test]
fn child() {
    let Some(task) = std::env::var_os(CHILD) else { return };
    let devices = [device("cpu", DeviceKind::Cpu), device("cuda:0", DeviceKind::Gpu)];
    let found = assay_python::evaluators(&devices);
    for evaluator in &found {
        for (device, status) in evaluator.probe() {
            println!("{} on {}: {:?} {:?}", status.id, device.id, status.version, status.reason);
        }
    }
    if task == "again" {
        let shape = Shape::Gemm { m: 2, n: 2, k: 2 };
        let job = Job::new(&Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape }, 1);
        for _ in 0..5 {
            println!("prepared: {:?}", found[0].prepare(&devices[0], &job).map(|_| ()));
        }
    }
    if task == "prepare" {
        let shape = Shape::Gemm { m: 2, n: 2, k: 2 };
        let job = Job::new(&Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape }, 1);
        let told = match found[0].prepare(&devices[0], &job) {
            Err(error) => format!("{error:?}"),
            Ok(mut prepared) => {
                let samples: Vec<_> = (0..4).map(|_| prepared.execute()).collect();
                let output = prepared.output();
                let kind = matches!(output, Err(EvaluatorError::Failed(_)));
                format!("{:?} {samples:?} {output:?} {kind} {:?}", prepared.timing(), prepared.notes())
            }
        };
        println!("prepared: {told}");
    }
}

/// What the child prints with a script as its only interpreter.
fn run(task: &str, script: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let python = folder.path().join("python3");
    std::fs::write(&python, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    run_with(task, &python)
}

fn run_with(task: &str, python: &Path) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(CHILD, task)
        .env("ASSAY_PYTHON", python)
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    text
}

/// Recorded on a host with an NVIDIA device, shortened.
const STACKS: &str = r#"{"type":"stacks","stacks":[
{"id":"torch-eager","version":"2.15.0","devices":{"cpu":null,"cuda:0":null}},
{"id":"triton","version":"3.6.0","devices":{"cpu":"Triton compiles kernels for GPUs","cuda:0":null}},
{"id":"jax","version":"0.10.2","devices":{"cpu":null,"cuda:0":"this build of jax is not for NVIDIA devices"}}]}"#;

fn transcript(then: &str) -> String {
    let stacks = STACKS.replace('\n', "");
    // The first process is asked for its stacks, the next one to load the framework and to prepare.
    let loaded = r#"echo '{"type":"loaded","import_secs":1.5}'; read line"#;
    format!(
        "{HELLO}\nread line\ncase \"$line\" in\n*probe*) echo '{stacks}' ;;\n*) {loaded}\n{then} ;;\nesac\nread line"
    )
}

#[test]
fn stacks_and_reasons_come_from_the_interpreter() {
    let text = run("probe", &transcript("exit 1"));
    assert!(text.contains(r#"torch-eager on cuda:0: Some("2.15.0") None"#), "{text}");
    assert!(text.contains(r#"triton on cuda:0: Some("3.6.0") None"#), "{text}");
    assert!(text.contains(r#"triton on cpu: None Some("Triton compiles kernels for GPUs")"#), "{text}");
    assert!(text.contains(r#"jax on cuda:0: None Some("this build of jax is not for NVIDIA devices")"#), "{text}");
}

#[test]
fn a_measurement_follows_the_transcript() {
    let then = r#"echo '{"type":"prepared","notes":[["threads","2"]],"compile_secs":0.25,"device_events":true}'
read line; echo '{"type":"executed","latency_secs":[0.01]}'
read line; echo '{"type":"executed","latency_secs":[0.02,0.03]}'
read line; echo '{"type":"executed","latency_secs":[0.04,0.05717]}'
read line; echo '{"type":"outputs","outputs":[{"file":"/etc/hosts","shape":[2,2],"kind":"real"}],"memory":{}}'"#;
    let text = run("prepare", &transcript(then));
    for expected in [
        "DeviceEvents",
        "0.01",
        "0.02",
        "0.03",
        "0.04",
        "import time",
        "1.5",
        "compile time, cold",
        "250",
        "not in the folder of the job",
    ] {
        assert!(text.contains(expected), "{expected} is missing: {text}");
    }
    assert!(!text.contains("0.05717"), "{text}");
}

#[test]
fn what_a_framework_says_is_what_the_measurement_ends_with() {
    for (answer, expected) in [
        (r#"{"type":"failed","kind":"unsupported","message":"no fp8 here"}"#, "Unsupported(\"no fp8 here\")"),
        (r#"{"type":"failed","kind":"out-of-memory","message":"80 GB"}"#, "OutOfMemory(\"80 GB\")"),
        (r#"{"type":"failed","kind":"unavailable","message":"ImportError"}"#, "Unavailable(\"ImportError\")"),
        (r#"{"type":"failed","kind":"other","message":"odd"}"#, "Failed(\"odd\")"),
        (r#"{"type":"executed","latency_secs":[]}"#, "did not say how it prepared"),
        ("Segmentation fault", "something else than the protocol"),
    ] {
        let text = run("prepare", &transcript(&format!("echo '{answer}'")));
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn an_interpreter_that_crashes_is_told_with_its_last_words() {
    let text = run("prepare", &transcript("echo 'libfoo.so: undefined symbol' >&2; kill -9 $$"));
    assert!(text.contains("signal: 9") && text.contains("undefined symbol"), "{text}");
}

#[test]
fn an_interpreter_that_is_none_has_no_stacks() {
    assert!(run("probe", "echo hello; exit 0").contains("something else than the protocol"));
    assert!(run("probe", "exit 3").contains("exit status: 3"));
    assert!(run_with("probe", Path::new("/nowhere/python3")).contains("/nowhere/python3"));
    let other = r#"echo '{"type":"hello","protocol":99,"version":"new","pid":1}'"#;
    assert!(run("probe", other).contains("does not speak the worker protocol"));
}

/// A package in PyTorch's place that crashes with the first workload, refuses the next two, fails with the fourth, and
/// notes which process imports it and which computes.
#[cfg(target_os = "linux")]
#[test]
fn a_workload_has_a_process_of_its_own_and_the_interpreter_outlives_what_is_well() {
    let of_environment = || std::env::var("VIRTUAL_ENV").map(|folder| format!("{folder}/bin/python"));
    let python = std::env::var("ASSAY_PYTHON").or_else(|_| of_environment()).unwrap_or_else(|_| "python3".to_owned());
    if !Command::new(&python).args(["-c", "import numpy"]).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: {python} has no NumPy; name a Python that has in ASSAY_PYTHON");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let package = format!(
        "import os, signal\n\
         def note(what):\n    with open({log:?}, 'a') as log: log.write(f'{{what}} {{os.getpid()}}\\n')\n\
         note('import')\n\
         def set_num_threads(threads):\n    note('compute')\n    \
         done = open({log:?}).read().count('compute')\n    \
         if done == 1: os.kill(os.getpid(), signal.SIGSEGV)\n    \
         if done in (2, 3): raise NotImplementedError('not here')\n    \
         raise RuntimeError('odd')\n"
    );
    std::fs::write(folder.path().join("torch.py"), package).unwrap();
    let script = format!("export PYTHONPATH={}\nexec {python} \"$@\"", folder.path().display());
    let text = run("again", &script);
    let told: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("prepared: ")).collect();
    assert!(told[0].contains("workload's process ended (signal 11)"), "{told:?}");
    assert!(told[1].contains("Unsupported") && told[2].contains("Unsupported"), "{told:?}");
    assert!(told[3].contains("Failed(\"RuntimeError: odd\")") && told[4].contains("odd"), "{told:?}");
    let log = std::fs::read_to_string(log).unwrap();
    let noted: Vec<(&str, &str)> = log.lines().filter_map(|line| line.split_once(' ')).collect();
    let what: Vec<&str> = noted.iter().map(|(what, _)| *what).collect();
    // A new interpreter after the crash and after the failure, and none between the workloads that were refused.
    let expected = ["import", "compute", "import", "compute", "compute", "compute", "import", "compute"];
    assert_eq!(what, expected, "{log}");
    let processes: std::collections::BTreeSet<&str> = noted.iter().map(|(_, process)| *process).collect();
    assert_eq!(processes.len(), noted.len(), "each its own: {log}");
}

/// `worker.py` itself, in the Python on the path, which need not have any framework.
#[test]
fn worker_py_speaks_the_protocol() {
    let python = ["python3", "python"].into_iter().find(|name| {
        Command::new(name)
            .args(["-c", "import sys; sys.exit(sys.version_info < (3, 9))"])
            .status()
            .is_ok_and(|s| s.success())
    });
    let Some(python) = python else {
        eprintln!("skipped: there is no Python 3.9 or newer on the path");
        return;
    };
    let mut child = Command::new(python)
        .arg("worker.py")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let requests = concat!(
        "nonsense\n",
        r#"{"type":"dance"}"#,
        "\n",
        r#"{"type":"load","stack":"nothing"}"#,
        "\n",
        r#"{"type":"probe","devices":["cpu"]}"#,
        "\n",
        r#"{"type":"shutdown"}"#,
        "\n"
    );
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), requests.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let kinds: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["hello", "refused", "refused", "failed", "stacks"], "{text}");
    assert!(output.status.success());
}
