//! How long an evaluation and a simulation take, on one core.
//!
//! `cargo bench -p assay-cost-models`. Targets: 200 microseconds for twelve options over twenty quarters, 0.15 seconds
//! for a million samples of a three-year NPV with ten uncertain inputs. `npv.py` is the same NPV in NumPy.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

mod study;

use assay_cost_models::evaluate;
use criterion::{Criterion, criterion_group, criterion_main};

fn deterministic(c: &mut Criterion) {
    let (options, assumptions) = study::twelve();
    c.bench_function("evaluate 12 options over 20 quarters", |b| {
        b.iter(|| evaluate(&options, &assumptions).unwrap());
    });
}

fn simulation(c: &mut Criterion) {
    let simulation = study::npv();
    let mut group = c.benchmark_group("simulation");
    group.sample_size(10);
    group.bench_function("1,000,000 samples of a three-year NPV", |b| {
        b.iter(|| simulation.run(1_000_000, 1).unwrap());
    });
    group.finish();
}

criterion_group!(benches, deterministic, simulation);
criterion_main!(benches);
