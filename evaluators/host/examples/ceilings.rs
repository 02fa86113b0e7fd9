//! Measures the native stack's two ceilings, and every workload of a suite when one is named.
//!
//! ```sh
//! cargo run -p assay-host --release --example ceilings          # GEMM 1024 and triad 64 Mi
//! cargo run -p assay-host --release --example ceilings quick    # every workload of the suite `quick`
//! ```
//!
//! What to set them beside, in the same minute on the same machine, with as many threads:
//!
//! ```sh
//! # NumPy (OpenBLAS), GFLOP/s of its best run:
//! python3 -c 'import numpy as np, time
//! n = 1024; a, b = (np.random.randn(n, n).astype("f4") for _ in "ab"); c = a @ b; best = 9
//! for _ in range(300): t = time.perf_counter(); np.matmul(a, b, out=c); best = min(best, time.perf_counter() - t)
//! print(2 * n**3 / best / 1e9, "GFLOP/s")'
//!
//! # STREAM's triad in C, GB/s of its best run:
//! cat > triad.c <<'C'
//! #include <omp.h>
//! #include <stdio.h>
//! #define N (64L << 20)
//! static float a[N], b[N], c[N];
//! int main(void) {
//!   double best = 1e9;
//! #pragma omp parallel for
//!   for (long i = 0; i < N; i++) a[i] = 0, b[i] = 1, c[i] = 2;
//!   for (int run = 0; run < 20; run++) {
//!     double t = omp_get_wtime();
//! #pragma omp parallel for
//!     for (long i = 0; i < N; i++) a[i] = b[i] + 3.0f * c[i];
//!     if ((t = omp_get_wtime() - t) < best) best = t;
//!   }
//!   printf("%.1f GB/s\n", 12.0 * N / best / 1e9);
//!   return a[N / 2] != 7;
//! }
//! C
//! gcc -O3 -march=native -fopenmp -mcmodel=medium triad.c -o triad && ./triad
//! ```

use std::time::Instant;

use assay_base::format;
use assay_core::evaluator::Job;
use assay_core::reference::Reference;
use assay_core::suite::Suite;
use assay_core::{Evaluator, NumericFormat, Shape, Support, Workload};
use assay_host::NativeEvaluator;

/// Time for each workload after its first execution.
const SECS: f64 = 2.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let evaluator = NativeEvaluator::new()?;
    let Some((device, _)) = evaluator.probe().into_iter().next() else { return Ok(()) };
    println!("{}, {} threads", device.name, std::thread::available_parallelism()?);
    let ceiling = |id: &str, shape| Workload { id: id.to_owned(), format: NumericFormat::Fp32, shape };
    let workloads = match std::env::args().nth(1) {
        Some(suite) => Suite::load(&suite)?.workloads,
        None => vec![
            ceiling("gemm-fp32", Shape::Gemm { m: 1024, n: 1024, k: 1024 }),
            ceiling("triad-fp32", Shape::Triad { elements: 1 << 26 }),
        ],
    };
    println!(
        "{:<26} {:>10} {:>10} {:>14} {:>12} {:>9} {:>9} {:>9}",
        "workload", "best", "median", "FLOP/s", "B/s", "error", "data", "check"
    );
    for workload in &workloads {
        if let Support::Unsupported { reason } = evaluator.support(&device, workload) {
            println!("{:<26} unsupported: {reason}", workload.id);
            continue;
        }
        let start = Instant::now();
        let job = Job::new(workload, 1);
        let data_secs = start.elapsed().as_secs_f64();
        let mut prepared = evaluator.prepare(&device, &job)?;
        prepared.execute()?;
        let mut latencies = Vec::new();
        let start = Instant::now();
        while start.elapsed().as_secs_f64() < SECS {
            latencies.push(prepared.execute()?.latency_secs);
        }
        latencies.sort_by(f64::total_cmp);
        let (best, median) = (latencies[0], latencies[latencies.len() / 2]);
        let output = prepared.output()?;
        let start = Instant::now();
        let error = Reference::compute(&job).error_norm(&output);
        println!(
            "{:<26} {:>10} {:>10} {:>14} {:>12} {:>9} {:>9} {:>9}",
            workload.id,
            format::duration(best),
            format::duration(median),
            format::flop_rate(workload.flops() / best),
            format::bandwidth(workload.bytes() / best),
            error.map_or_else(|| "failed".to_owned(), |error| format!("{error:.1e}")),
            format::duration(data_secs),
            format::duration(start.elapsed().as_secs_f64()),
        );
    }
    Ok(())
}
