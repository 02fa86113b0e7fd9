//! Frames, files, selections and comparisons.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use assay_base::{Currency, Evidence, Money};
use assay_core::Measurement;
use assay_core::device::StackId;
use assay_core::measurement::Throughput;
use assay_store::compare::{OfferRow, compare};
use assay_store::query::{Filter, best_passed, latest_of_each, latest_passed};
use assay_store::verdict::{Verdict, compare_runs};
use assay_store::{StoreError, frame};
use common::{failed, measurement, with_samples};
use polars::prelude::{AnyValue, CsvReadOptions, ParquetReader, SerReader as _};

#[test]
fn a_frame_has_what_is_known_and_null_for_the_rest() {
    let rows = [measurement("r", 0, 40), failed("r", 1)];
    let frame = frame::measurements(&rows).unwrap();
    assert_eq!(frame.height(), 2);
    let at = |column: &str, row| frame.column(column).unwrap().get(row).unwrap().into_static();
    let statistics = &rows[0].timing.as_ref().unwrap().statistics;
    assert_eq!(at("median_secs", 0), AnyValue::Float64(statistics.median_secs));
    assert_eq!(at("flops", 0), AnyValue::Float64(2.0 * 64.0 * 64.0 * 64.0));
    assert_eq!(at("flops_per_sec", 0), AnyValue::Float64(rows[0].flops_per_sec().unwrap()));
    assert_eq!(at("cold_median_secs", 0), AnyValue::Float64(3e-3));
    assert_eq!(at("seed", 0), AnyValue::UInt64(u64::MAX));
    assert_eq!(at("host", 0).get_str(), Some("bench-1"));
    assert_eq!(at("notes", 0).get_str(), Some(r#"[["algorithm","blocked"]]"#));
    assert_eq!(
        (at("status", 1).get_str(), at("reason", 1).get_str()),
        (Some("incorrect"), Some("the error norm is 0.3"))
    );
    for (column, row) in [
        ("throughput", 1),
        ("p99_secs", 0),
        ("standard_deviation_secs", 1),
        ("mean_power_watts", 0),
        ("kernel", 0),
        ("versions", 0),
        ("stack_version", 0),
        ("provenance", 0),
        ("steal", 1),
    ] {
        assert_eq!(at(column, row), AnyValue::Null, "{column} of row {row}");
    }
    assert_eq!(frame::measurements(&[]).unwrap().shape(), (0, frame.width()));
}

#[test]
fn parquet_reads_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<Measurement> = (0..30).map(|n| measurement("r", n, 50)).chain([failed("r", 30)]).collect();
    for (name, mut frame) in
        [("measurements", frame::measurements(&rows).unwrap()), ("samples", frame::samples(&rows).unwrap())]
    {
        let path = folder.path().join(name).with_extension("parquet");
        frame::write_parquet(&mut frame, &path).unwrap();
        let read = ParquetReader::new(std::fs::File::open(&path).unwrap()).finish().unwrap();
        assert!(read.equals_missing(&frame), "{name}");
    }
    assert_eq!(frame::samples(&rows).unwrap().shape(), (30 * (50 + 3) + 1 + 3, 4));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    let into_a_file = folder.path().join("samples.parquet/x.parquet");
    let refused = frame::write_parquet(&mut frame::samples(&rows).unwrap(), &into_a_file);
    assert!(matches!(refused, Err(StoreError::Io { .. })));
}

#[test]
fn csv_has_a_header_and_quotes_what_needs_it() {
    let mut table = frame::measurements(&[measurement("r", 0, 5)]).unwrap();
    let text = String::from_utf8(frame::csv(&mut table).unwrap()).unwrap();
    assert!(text.starts_with("id,run_id,suite,workload,"), "{text}");
    assert!(text.contains("\"Test processor, \"\"quoted\"\"\nand broken\""), "{text}");
    let options = CsvReadOptions::default().with_schema(Some(table.schema().clone()));
    let read = options.into_reader_with_file_handle(std::io::Cursor::new(text)).finish().unwrap();
    assert!(read.equals_missing(&table));
}

fn offer(option: &str, profile: &str, stack: Option<&str>, price: Option<f64>) -> OfferRow {
    OfferRow {
        option: option.to_owned(),
        offer: "on-demand".to_owned(),
        profile: profile.to_owned(),
        stack: stack.map(str::to_owned),
        price_per_unit_hour: price.map(|amount| Money::new(amount, Currency::USD)),
        accelerators_per_unit: 8.0,
        evidence: Evidence::Published,
    }
}

fn on(device: &str, stack: &str, number: u64, items_per_sec: f64) -> Measurement {
    let mut m = measurement("r", number, 20);
    m.device.name = device.to_owned();
    m.stack = StackId::new(stack);
    m.throughput = Some(Throughput { value: items_per_sec, unit: "tokens/s".to_owned() });
    m
}

/// The test's hardware profiles: the device's name in small letters, where it is one word.
fn profile_of(m: &Measurement) -> Option<String> {
    (!m.device.name.contains(' ')).then(|| m.device.name.to_lowercase())
}

#[test]
fn the_comparison_prices_what_passed() {
    let mut bad = failed("r", 3);
    bad.device.name = "Fast".to_owned();
    let rows = [
        on("Slow", "native", 0, 100.0),
        on("Fast", "native", 1, 1000.0),
        on("Fast", "cuda", 2, 4000.0),
        bad,
        on("Not known", "native", 4, 1.0),
    ];
    let offers = [
        offer("slow", "slow", None, Some(8.0)),
        offer("fast", "fast", None, Some(16.0)),
        offer("fast-cuda", "fast", Some("cuda"), Some(32.0)),
        offer("unpriced", "fast", Some("cuda"), None),
        offer("absent", "absent", None, Some(1.0)),
    ];
    let compared = compare(&rows, profile_of, &offers).unwrap();
    let brief: Vec<_> = compared
        .iter()
        .map(|r| (r.measurement_id.as_str(), r.option.as_deref(), r.cost_per_million.map(|c| c.amount), r.rank))
        .collect();
    // 16 USD / 8 accelerators / 3600 s / 4000 tokens/s x 1e6 = 0.13888...
    let cost = |price: f64, rate: f64| Some(price / 8.0 / (rate * 3600.0 / 1e6));
    let expected = [
        ("r-00002", Some("fast"), cost(16.0, 4000.0), Some(1)),
        ("r-00002", Some("fast-cuda"), cost(32.0, 4000.0), Some(2)),
        ("r-00001", Some("fast"), cost(16.0, 1000.0), Some(3)),
        ("r-00000", Some("slow"), cost(8.0, 100.0), Some(4)),
        ("r-00002", Some("unpriced"), None, None),
        ("r-00003", None, None, None),
        ("r-00004", None, None, None),
    ];
    assert_eq!(brief, expected);
    assert!((compared[0].cost_per_million.unwrap().amount - 0.138_888_888_9).abs() < 1e-9);
    assert_eq!(compared[0].evidence, Evidence::Published);
    assert_eq!(
        (compared[5].status, compared[5].throughput.clone(), compared[5].evidence),
        ("incorrect", None, Evidence::Measured)
    );
}

#[test]
fn currencies_are_not_ranked_against_each_other() {
    let euro =
        OfferRow { price_per_unit_hour: Some(Money::new(1.0, Currency::EUR)), ..offer("euro", "fast", None, None) };
    let compared =
        compare(&[on("Fast", "native", 0, 10.0)], profile_of, &[offer("dollar", "fast", None, Some(9.0)), euro]);
    let ranks: Vec<_> = compared.unwrap().iter().map(|r| (r.option.clone().unwrap(), r.rank)).collect();
    assert_eq!(ranks, [("euro".to_owned(), Some(1)), ("dollar".to_owned(), Some(1))]);
}

#[test]
fn an_offer_without_a_real_price_is_refused() {
    let rows = [on("Fast", "native", 0, 10.0)];
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            compare(&rows, profile_of, &[offer("x", "fast", None, Some(bad))]),
            Err(StoreError::Offer { .. })
        ));
        let none = OfferRow { accelerators_per_unit: bad, ..offer("x", "fast", None, Some(1.0)) };
        assert!(matches!(compare(&rows, profile_of, &[none]), Err(StoreError::Offer { .. })));
    }
    assert_eq!(compare(&[], profile_of, &[]).unwrap(), []);
    assert_eq!(compare(&rows, profile_of, &[]).unwrap().len(), 1);
}

#[test]
fn selections() {
    let rows = [on("A", "native", 0, 5.0), on("A", "native", 1, 4.0), on("B", "native", 2, 9.0), failed("r", 3)];
    let ids = |found: Vec<&Measurement>| found.iter().map(|m| m.id.clone()).collect::<Vec<_>>();
    let device = |name: &str| Filter { device: Some(name.to_owned()), ..Filter::default() };
    assert_eq!(latest_passed(&rows, &device("A")).unwrap().id, "r-00001");
    assert_eq!(best_passed(&rows, &device("A")).unwrap().id, "r-00000");
    assert_eq!(best_passed(&rows, &Filter::default()).unwrap().id, "r-00002");
    assert_eq!(latest_passed(&rows, &device("C")), None);
    assert_eq!(ids(latest_of_each(&rows)), ["r-00001", "r-00002", "r-00003"]);
    assert_eq!(Filter { passed_only: true, ..Filter::default() }.select(&rows).len(), 3);
    for workload in [&rows[0].workload.id, &rows[0].workload_hash] {
        let filter = Filter { workload: Some(workload.clone()), suite: Some("quick".to_owned()), ..Filter::default() };
        assert_eq!(filter.select(&rows).len(), 4);
    }
    let mut untuned = rows.to_vec();
    untuned[2].stack = assay_core::StackId::new("tvm-untuned");
    assert_eq!(best_passed(&untuned, &Filter::default()).unwrap().id, "r-00000");
    let mut mixed = rows.to_vec();
    mixed[1].throughput.as_mut().unwrap().unit = "images/s".to_owned();
    assert_eq!(best_passed(&mixed, &Filter::default()), None);
}

/// A first-order autoregressive series around 1 ms, from a small generator.
fn series(seed: u64, correlation: f64, mean_secs: f64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut noise = move || {
        // The sum of twelve uniforms is nearly normal.
        let uniform = (0..12).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / (1u64 << 31) as f64
        });
        uniform.sum::<f64>() - 6.0
    };
    let mut level = 0.0;
    (0..200)
        .map(|_| {
            level = correlation * level + noise();
            mean_secs * (1.0 + 0.05 * level * (1.0 - correlation * correlation).sqrt())
        })
        .collect()
}

fn verdict(baseline: Vec<f64>, candidate: Vec<f64>) -> Verdict {
    let (baseline, candidate) = ([with_samples("a", 0, baseline)], [with_samples("b", 0, candidate)]);
    compare_runs(&baseline, &candidate)[0].verdict.unwrap()
}

#[test]
fn equal_runs_are_seldom_called_different() {
    for correlation in [0.0, 0.5, 0.8] {
        let wrong = (0..300)
            .filter(|n| {
                let verdict = verdict(series(2 * n + 1, correlation, 1e-3), series(2 * n + 2, correlation, 1e-3));
                matches!(verdict, Verdict::Faster | Verdict::Slower)
            })
            .count();
        assert!(wrong <= 9, "correlation {correlation}: {wrong} of 300");
    }
}

#[test]
fn a_real_difference_is_found() {
    for n in 0..50 {
        assert_eq!(verdict(series(n, 0.3, 1.00e-3), series(n + 99, 0.3, 1.10e-3)), Verdict::Slower, "{n}");
        assert_eq!(verdict(series(n, 0.3, 1.10e-3), series(n + 99, 0.3, 1.00e-3)), Verdict::Faster, "{n}");
    }
    let few = |secs: f64| vec![secs; 5];
    assert_eq!(verdict(few(1.0), few(2.0)), Verdict::Ambiguous);
}

#[test]
fn runs_are_compared_like_with_like() {
    let baseline = [on("A", "native", 0, 1.0), on("B", "native", 1, 1.0), on("C", "native", 2, 1.0)];
    let mut broken = failed("s", 1);
    broken.device.name = "B".to_owned();
    let candidate = [on("A", "native", 0, 1.0), broken, on("A", "cuda", 2, 1.0)];
    let compared = compare_runs(&baseline, &candidate);
    let brief: Vec<_> = compared
        .iter()
        .map(|c| {
            let m = c.either().unwrap();
            (m.device.name.as_str(), m.stack.as_str(), c.verdict, c.is_regression())
        })
        .collect();
    let expected = [
        ("A", "cuda", None, false),
        ("A", "native", Some(Verdict::Same), false),
        ("B", "native", None, true),
        ("C", "native", None, false),
    ];
    assert_eq!(brief, expected);
    assert_eq!(compared[1].ratio, Some(1.0));
    assert_eq!(compared[2].reason.as_deref(), Some("the candidate did not pass (incorrect: the error norm is 0.3)"));
}
