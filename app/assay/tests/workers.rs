//! Worker processes of the real binary: isolation, rubbish, kills, and a worker behind ssh.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::{arg, assay, json, small_study};

/// Libraries that only a worker may load.
const FOREIGN: [&str; 8] =
    ["libonnxruntime", "libcuda", "libnvrtc", "libcublas", "libnvidia-ml", "libcudart", "libtpu", "xla_cpu_pjrt"];

/// Files that a process has mapped, and those of its children.
fn mapped(pid: u32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default()
}

#[test]
fn the_command_lines_own_process_loads_no_gpu_or_onnx_library() {
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let mut child = assay().args(["run", arg(&study)]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (mut looked, deadline) = (0, Instant::now() + Duration::from_secs(120));
    while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
        let maps = mapped(child.id());
        looked += usize::from(!maps.is_empty());
        for library in FOREIGN {
            assert!(!maps.contains(library), "the command line has loaded {library}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(child.wait().unwrap().code().is_some_and(|c| c < 2));
    assert!(looked > 10, "the process was looked at only {looked} times");
}

#[test]
fn the_desktops_own_process_loads_no_gpu_compute_or_onnx_library() {
    let Some(display) = support::Display::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let mut window = assay()
        .arg(arg(&study))
        .env("DISPLAY", &display.name)
        .env_remove("WAYLAND_DISPLAY")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut drew = false;
    let deadline = Instant::now() + Duration::from_secs(8);
    while Instant::now() < deadline && window.try_wait().unwrap().is_none() {
        let maps = mapped(window.id());
        drew |= maps.contains("libGL") || maps.contains("libEGL");
        for library in FOREIGN {
            assert!(!maps.contains(library), "the desktop has loaded {library}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let alive = window.try_wait().unwrap().is_none();
    window.kill().ok();
    window.wait().unwrap();
    assert!(alive, "the window closed by itself");
    assert!(drew, "the window never loaded OpenGL: it was not really open");
}

fn worker() -> Child {
    assay().arg("worker").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_worker_that_is_fed_rubbish_refuses_and_goes_on() {
    let mut child = worker();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("\"hello\""));
    let rubbish: [&[u8]; 6] = [
        b"}{\n",
        b"\xff\xfe\x00\n",
        b"{\"type\":\"measure\"}\n",
        b"{\"type\":\"nonsense\"}\n",
        b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n",
        b"null\n",
    ];
    for line in rubbish {
        stdin.write_all(line).unwrap();
        let answer = lines.by_ref().map(Result::unwrap).find(|l| !l.contains("heartbeat")).unwrap();
        assert!(answer.contains("\"refused\""), "{answer}");
    }
    // A well-formed request for something impossible is an outcome.
    let request = r#"{"type":"measure","id":1,"workload":{"id":"w","format":"fp32","shape":{"kind":"gemm","m":18446744073709551615,"n":9,"k":9}},"device":"cpu","stack":"native","plan":{"stop":{"min_time_secs":0.1,"min_samples":1,"noise_bound":0.1,"max_time_secs":1.0,"max_samples":9},"warm_up_secs":0.0,"cold_executions":0,"seed":1}}"#;
    writeln!(stdin, "{request}").unwrap();
    let answer = lines.by_ref().map(Result::unwrap).find(|l| !l.contains("heartbeat")).unwrap();
    assert!(answer.contains("\"outcome\"") && answer.contains("too large"), "{answer}");
    writeln!(stdin, r#"{{"type":"shutdown"}}"#).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_worker_ends_with_its_parent() {
    let mut child = worker();
    drop(child.stdin.take());
    let deadline = Instant::now() + Duration::from_secs(10);
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "the worker outlived its parent");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_killed_worker_is_an_outcome_and_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let mut child = assay()
        .args(["run", arg(&study), "--stack", "native", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A line is told when the first measurement is stored; the worker then goes on with the second.
    let parent = child.id();
    let stderr = child.stderr.take().unwrap();
    let killer = std::thread::spawn(move || {
        let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
        lines.by_ref().find(|line| line.contains("FLOP/s")).unwrap();
        let worker = child_of(parent).unwrap();
        Command::new("kill").args(["-9", &worker.to_string()]).status().unwrap();
        lines.count()
    });
    let output = child.wait_with_output().unwrap();
    killer.join().unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let statuses: Vec<&str> = rows.as_array().unwrap().iter().map(|r| r["status"].as_str().unwrap()).collect();
    assert_eq!(statuses.len(), 3, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|s| **s == "crashed").count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|s| **s == "passed").count(), 2, "{statuses:?}");
    let crashed = rows.as_array().unwrap().iter().find(|r| r["status"] == "crashed").unwrap();
    assert!(crashed["reason"].as_str().unwrap().contains("signal: 9"), "{crashed}");
}

#[test]
fn a_run_that_was_killed_goes_on_until_everything_is_measured_once() {
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let refused = support::failure(&["run", "--continue", arg(&study)], 2);
    assert!(refused.contains("no run was interrupted"), "{refused}");
    let of_run = |arguments: &[&str]| {
        let mut command = assay();
        command.arg("run").args(arguments).arg(arg(&study)).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    };
    // Killed after the first measurement, and the rest after the second one.
    for arguments in [&["--stack", "native", "--stack", "rten"][..], &["--continue"]] {
        let mut child = of_run(arguments).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        lines.find(|line| line.contains("FLOP/s") || line.contains("sequences/s")).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let output = of_run(&["--continue"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.contains("4 of 6 are left"), "{told}");
    let rows = json(&["results", "list", arg(&study), "--format", "json"]);
    let jobs: Vec<String> =
        rows.as_array().unwrap().iter().map(|r| format!("{} {}", r["stack"], r["workload"])).collect();
    assert_eq!(jobs.iter().collect::<std::collections::BTreeSet<_>>().len(), 6, "{jobs:?}");
    assert_eq!(jobs.len(), 6, "{jobs:?}");
    let runs = std::fs::read_dir(study.join("measurements")).unwrap().count();
    assert_eq!(runs, 1, "one run");
    support::failure(&["run", "--continue", arg(&study)], 2);
}

/// The process whose parent is `pid`.
fn child_of(pid: u32) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    let direct = children.split_whitespace().next().and_then(|c| c.parse().ok());
    direct.or_else(|| {
        // The worker is started from the run's own thread.
        std::fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten().find_map(|task| {
            let text = std::fs::read_to_string(task.path().join("children")).ok()?;
            text.split_whitespace().next()?.parse().ok()
        })
    })
}

/// A hundred runs are killed at random moments; every measurement that a run has told of is there afterwards.
#[test]
fn a_hundred_kills_lose_no_completed_measurement() {
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let mut told = 0;
    let mut seed = u64::from(std::process::id());
    for _ in 0..100 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let delay = Duration::from_millis(200 + (seed >> 33) % 4000);
        told += run_and_kill(&study, delay);
    }
    let kept = json(&["results", "list", arg(&study), "--format", "json"]).as_array().unwrap().len();
    assert!(kept >= told, "{told} measurements were told of, {kept} are there");
    assert!(told >= 5, "only {told} measurements were completed: the test proves little");
    eprintln!("{told} measurements told of, {kept} kept after 100 kills");
}

/// Measurements that the run told of before it was killed: a line is printed once the measurement is stored.
fn run_and_kill(study: &Path, delay: Duration) -> usize {
    let mut child = assay()
        .args(["run", arg(study), "--stack", "native", "--workload", "gemm", "--workload", "block"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        BufReader::new(stderr)
            .lines()
            .map_while(Result::ok)
            .filter(|l| l.contains("FLOP/s") || l.contains("sequences/s"))
            .count()
    });
    std::thread::sleep(delay);
    child.kill().ok();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn a_worker_behind_ssh_measures_beside_the_local_one() {
    if !support::installed("sshd") || !support::installed("ssh-keygen") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = Sshd::start(folder.path()) else {
        eprintln!("skipped: sshd does not start here");
        return;
    };
    let study = small_study(folder.path());
    let file = study.join("study.yaml");
    let mut text = std::fs::read_to_string(&file).unwrap();
    let launch = server.launch.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    text.push_str(&format!(
        "\ntargets:\n  - id: loopback\n    launch: [{launch}]\n    executable: {}\n",
        env!("CARGO_BIN_EXE_assay")
    ));
    std::fs::write(&file, text).unwrap();

    let devices = json(&["devices", "--study", arg(&study), "--target", "loopback", "--format", "json"]);
    let targets: Vec<&str> =
        devices["devices"].as_array().unwrap().iter().map(|d| d["target"].as_str().unwrap()).collect();
    assert!(targets.contains(&"local") && targets.contains(&"loopback"), "{targets:?}");

    let rows = json(&[
        "run",
        arg(&study),
        "--target",
        "local",
        "--target",
        "loopback",
        "--stack",
        "native",
        "--workload",
        "gemm",
        "--format",
        "json",
    ]);
    let of = |target: &str| rows.as_array().unwrap().iter().find(|r| r["target"] == target).unwrap().clone();
    assert_eq!((&of("local")["status"], &of("loopback")["status"]), (&"passed".into(), &"passed".into()));
    let id = of("loopback")["id"].as_str().unwrap().to_owned();
    let shown = json(&["results", "show", &id, "--study", arg(&study), "--format", "json"]);
    assert!(shown["environment"]["kernel"].is_string(), "the host's own environment travels with the measurement");
}

/// An ssh server on loopback with keys of its own.
struct Sshd {
    child: Child,
    launch: Vec<String>,
}

impl Sshd {
    fn start(folder: &Path) -> Option<Self> {
        let key = |name: &str| folder.join(name);
        for name in ["host", "user"] {
            let status =
                Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", arg(&key(name))]).status();
            status.ok().filter(std::process::ExitStatus::success)?;
        }
        std::fs::copy(key("user.pub"), key("authorized")).ok()?;
        std::fs::create_dir_all("/run/sshd").ok();
        let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
             PasswordAuthentication no\nStrictModes no\nPermitRootLogin yes\n",
            key("host").display(),
            key("authorized").display()
        );
        std::fs::write(key("sshd_config"), config).ok()?;
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-f", arg(&key("sshd_config"))])
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let launch = [
            "ssh",
            "-p",
            &port.to_string(),
            "-i",
            arg(&key("user")),
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "-o",
            "BatchMode=yes",
            "127.0.0.1",
        ]
        .map(str::to_owned)
        .to_vec();
        let server = Self { child, launch };
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            let probe =
                Command::new(&server.launch[0]).args(&server.launch[1..]).arg("true").stderr(Stdio::null()).status();
            if probe.is_ok_and(|s| s.success()) {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        None
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
