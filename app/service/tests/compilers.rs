//! Stacks against one that does not compile, from measured results.
#![expect(clippy::unwrap_used, reason = "tests")]

use assay_core::measurement::Status;
use assay_core::{Measurement, StackId};
use assay_service::compilers::{CompilerRow, EAGER, PaysBack, compilers};
use assay_service::store::verdict::Verdict;

mod support;

fn with(stack: &str, latency_secs: f64, compile_secs: Option<f64>) -> Measurement {
    let mut m = support::measurement("encoder-block-fp32", latency_secs, Status::Passed);
    m.stack = StackId::new(stack);
    m.id = format!("r-{stack}");
    m.timing.as_mut().unwrap().compile_secs = compile_secs;
    m
}

fn row<'a>(rows: &'a [CompilerRow], stack: &str) -> &'a CompilerRow {
    rows.iter().find(|row| row.stack.as_str() == stack).unwrap()
}

#[test]
fn compiling_pays_back_after_what_it_cost_over_what_it_saves() {
    let rows = compilers(
        &[
            with(EAGER, 0.020, None),
            with("inductor", 0.010, Some(30.0)),
            with("jax", 0.010, None),
            with("iree", 0.040, Some(2.0)),
            with("onnxruntime", 0.019, Some(0.0)),
            with("tvm-untuned", 0.001, Some(5.0)),
        ],
        EAGER,
    );
    let inductor = row(&rows, "inductor");
    assert!((inductor.speed_up.unwrap() - 2.0).abs() < 1e-6);
    assert_eq!(inductor.verdict, Some(Verdict::Faster));
    let PaysBack::After { executions, items } = inductor.pays_back else { panic!("{inductor:?}") };
    // 30 s over 10 ms; the samples of a test spread by a thousandth.
    assert!((2990.0..=3000.0).contains(&executions), "{executions}");
    assert!(items > executions, "an encoder block of many tokens");
    // What is not known is not made up, and what is slower never pays back.
    assert_eq!(row(&rows, "jax").pays_back, PaysBack::Unknown);
    assert_eq!(row(&rows, "iree").pays_back, PaysBack::Never);
    assert_eq!(row(&rows, "onnxruntime").pays_back, PaysBack::AtOnce);
    // The untuned compiler is the fastest here, and is shown last, without rank.
    let last = rows.last().unwrap();
    assert_eq!((last.stack.as_str(), last.speed_up, last.verdict), ("tvm-untuned", None, None));
    assert_eq!(last.pays_back, PaysBack::Unknown);
    assert!(rows.iter().all(|row| row.stack.as_str() != EAGER));
}

#[test]
fn only_the_same_work_on_the_same_device_is_compared() {
    let mut elsewhere = with("inductor", 0.010, Some(1.0));
    elsewhere.device.name = "Another CPU".to_owned();
    let mut broken = with("jax", 0.001, Some(1.0));
    broken.status = Status::Failed { reason: "x".to_owned() };
    assert_eq!(compilers(&[with(EAGER, 0.02, None), elsewhere, broken], EAGER), []);
    let against_ort = [with("onnxruntime", 0.02, Some(0.5)), with(EAGER, 0.01, None)];
    let rows = compilers(&against_ort, "onnxruntime");
    assert_eq!(row(&rows, EAGER).pays_back, PaysBack::Unknown, "it does not tell that it compiles");
}
