//! Workers that misbehave. Each is a shell script in place of a worker; the supervisor survives all of them.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use assay_core::protocol::MeasureRequest;
use assay_core::runner::Plan;
use assay_core::supervisor::{Failure, Limits, Worker};
use assay_core::{NumericFormat, Shape, StackId, Workload};

const HELLO: &str = r#"echo '{"type":"hello","protocol":1,"version":"fake","pid":1}'"#;
static GO_ON: AtomicBool = AtomicBool::new(false);

fn limits() -> Limits {
    Limits {
        hello: Duration::from_secs(5),
        probe: Duration::from_secs(2),
        measurement: Duration::from_secs(4),
        silence: Duration::from_secs(2),
        memory_bytes: Some(300 << 20),
    }
}

fn start(script: &str) -> Result<Worker, Failure> {
    Worker::start(&["sh".to_owned(), "-c".to_owned(), script.to_owned()], limits(), &GO_ON)
}

fn measure(script: &str) -> Failure {
    let mut worker = start(&format!("{HELLO}; read request; {script}")).unwrap();
    let request = MeasureRequest {
        id: 0,
        workload: Workload {
            id: "w".to_owned(),
            format: NumericFormat::Fp32,
            shape: Shape::Softmax { rows: 1, columns: 1 },
        },
        device: "cpu".to_owned(),
        stack: StackId::new("native"),
        plan: Plan::default(),
        kernel: None,
    };
    worker.measure(request, &GO_ON, &mut |_| ()).unwrap_err()
}

#[test]
fn a_worker_that_is_killed_is_a_crash_with_its_last_words() {
    let failure = measure("echo 'about to die' >&2; kill -9 $$");
    let Failure::Crashed(reason) = failure else { panic!("{failure:?}") };
    assert!(reason.contains("signal: 9") && reason.contains("about to die"), "{reason}");
}

#[test]
fn a_worker_that_hangs_is_ended() {
    let started = Instant::now();
    let failure = measure("sleep 1000");
    assert!(matches!(failure, Failure::TimedOut(_)), "{failure:?}");
    assert!(started.elapsed() < Duration::from_secs(4));
}

#[test]
fn a_worker_that_only_beats_reaches_the_time_limit() {
    let failure = measure(r#"while :; do echo '{"type":"heartbeat"}'; sleep 0.2; done"#);
    let Failure::TimedOut(reason) = failure else { panic!("{failure:?}") };
    assert!(reason.contains("time limit"), "{reason}");
}

#[test]
fn a_worker_that_speaks_rubbish_is_ended() {
    for rubbish in ["echo '}{'", "head -c 5000 /dev/urandom; sleep 9", r#"echo '{"type":"outcome"}'"#] {
        let failure = measure(rubbish);
        assert!(matches!(failure, Failure::Crashed(_)), "{rubbish}: {failure:?}");
    }
}

#[test]
fn a_worker_that_allocates_without_end_is_ended() {
    // `tail` keeps everything of a stream without line breaks.
    let failure = measure(r#"(while :; do echo '{"type":"heartbeat"}'; sleep 0.5; done) & tail /dev/zero"#);
    assert!(matches!(failure, Failure::OutOfMemory(_)), "{failure:?}");
}

#[test]
fn a_banner_before_hello_is_fine_and_anything_else_is_not() {
    assert!(start(&format!("echo Welcome to the cluster; {HELLO}; read x")).is_ok());
    assert!(matches!(start("yes"), Err(Failure::Crashed(_))));
    assert!(matches!(start("exit 3"), Err(Failure::Crashed(_))));
    let old = HELLO.replace("\"protocol\":1", "\"protocol\":99");
    let reason = start(&format!("{old}; read x")).err().unwrap().to_string();
    assert!(reason.contains("99"), "{reason}");
}

#[test]
fn a_program_that_is_not_there_says_so() {
    let failure = Worker::start(&["/nonexistent/assay".to_owned()], limits(), &GO_ON).err().unwrap();
    assert!(matches!(failure, Failure::Start { .. }), "{failure:?}");
}

#[test]
fn cancelling_ends_at_once() {
    let cancel = AtomicBool::new(false);
    let mut worker =
        Worker::start(&["sh".to_owned(), "-c".to_owned(), format!("{HELLO}; sleep 1000")], limits(), &cancel).unwrap();
    cancel.store(true, Ordering::Relaxed);
    assert_eq!(worker.probe(&cancel).unwrap_err(), Failure::Cancelled);
}

#[test]
fn everything_the_worker_started_ends_with_it() {
    let marker = format!("{}", 900_000 + std::process::id());
    let worker = start(&format!("{HELLO}; sleep {marker} & read x")).unwrap();
    drop(worker);
    std::thread::sleep(Duration::from_millis(100));
    let alive = std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        std::fs::read(entry.path().join("cmdline")).is_ok_and(|c| String::from_utf8_lossy(&c).contains(&marker))
    });
    assert!(!alive, "a grandchild outlived its worker");
}
