//! A million published results, listed with a filter; and pandas on the same Parquet file.
//!
//! `cargo bench -p assay-store --bench million`; pandas is asked where `ASSAY_PYTHON` (or `python3`) has it.

#![expect(clippy::unwrap_used, reason = "a bench")]

use std::fmt::Write as _;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use assay_store::Store;
use assay_store::published::{ImportRequest, PublishedFilter};
use criterion::{Criterion, criterion_group, criterion_main};

const ROWS: usize = 1_000_000;

/// Reads the file and filters as the list does, and prints the seconds.
const PANDAS: &str = "\
import sys, time
import pandas
for _ in range(int(sys.argv[2])):
    begun = time.perf_counter()
    rows = pandas.read_parquet(sys.argv[1])
    wanted = rows[rows['accelerator'].str.contains('acc 17', case=False, regex=False)]
    found = len(wanted)
    print(time.perf_counter() - begun, found)
";

/// A table of llama-bench with 32 accelerators, 50 models and 20 tests.
fn table() -> String {
    let mut text = "build_commit,cpu_info,gpu_info,backends,model_type,n_gpu_layers,n_prompt,n_gen,n_depth,test_time,avg_ns,avg_ts\n".to_owned();
    for row in 0..ROWS {
        let (accelerator, model, prompt) = (row % 32, row / 32 % 50, 128 * (1 + row / 1600 % 20));
        let rate = 1000.0 + (row % 977) as f64;
        let nanoseconds = prompt as f64 / rate * 1e9;
        writeln!(
            text,
            "abc,Cpu,Vendor Acc {accelerator} 80GB,CUDA,model {model} 7B,-1,{prompt},0,0,2026-01-01T00:00:00Z,{nanoseconds:.0},{rate}"
        )
        .unwrap();
    }
    text
}

fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

fn pandas_secs(parquet: &Path, repeats: u64) -> Option<Duration> {
    let python = std::env::var("ASSAY_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(python).args(["-c", PANDAS]).arg(parquet).arg(repeats.to_string()).output().ok()?;
    let seconds =
        output.stdout.lines().map_while(Result::ok).filter_map(|line| line.split(' ').next()?.parse::<f64>().ok());
    let (sum, count) = seconds.fold((0.0, 0), |(sum, count), secs| (sum + secs, count + 1));
    (count == repeats).then(|| Duration::from_secs_f64(sum))
}

fn list(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let file = folder.path().join("table.csv");
    std::fs::write(&file, table()).unwrap();
    let begun = Instant::now();
    let report = store.import_published(&file, &ImportRequest::default(), &mut |_| {}).unwrap();
    println!(
        "{} rows imported in {:.1} s, {} set aside",
        report.added,
        begun.elapsed().as_secs_f64(),
        report.quarantined.len()
    );
    let filter = PublishedFilter { accelerator: Some("acc 17".to_owned()), ..PublishedFilter::default() };
    let parquet: PathBuf = std::fs::read_dir(store.published_folder())
        .unwrap()
        .map(|item| item.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "parquet"))
        .unwrap();

    let mut group = criterion.benchmark_group("list of a million with a filter");
    group.sample_size(10);
    group.bench_function("assay", |bencher| {
        bencher.iter(|| store.published(&filter).unwrap().rows().filter_map(|row| row.throughput).sum::<f64>());
    });
    if pandas_secs(&parquet, 1).is_some() {
        group.bench_function("pandas", |bencher| bencher.iter_custom(|n| pandas_secs(&parquet, n).unwrap()));
    } else {
        println!("pandas is not here: name a Python that has it and pyarrow in ASSAY_PYTHON");
    }
    group.finish();
    println!("{} rows of {ROWS} were wanted", store.published(&filter).unwrap().len());
    if let Some(bytes) = peak_memory_bytes() {
        println!("the import, too, took no more than {:.2} GB of memory", bytes as f64 / 1e9);
    }
}

criterion_group!(benches, list);
criterion_main!(benches);
