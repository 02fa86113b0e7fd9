//! Published results in a study: kept whole, asked, and put to the test.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_base::NumericFormat;
use assay_store::importers::{Kind, Quarantined};
use assay_store::published::{
    Ceilings, ImportRequest, PublishedFilter, PublishedImport, Stated, backtest, efficiencies, project,
};
use assay_store::{Store, StoreError};

fn import(store: &Store, file: &Path) -> PublishedImport {
    store.import_published(file, &ImportRequest::default(), &mut |_| {}).unwrap()
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// A row of an MLPerf summary.
fn row(submitter: &str, accelerator: &str, count: u64, model: &str, format: &str, tokens_per_sec: f64) -> String {
    format!(
        r#"{{"Submitter":"{submitter}","Accelerator":"{accelerator}","a#":{count},"Nodes":1,"UsedModel":"{model}",
"Model":"{model}","Scenario":"Offline","Performance_Result":{tokens_per_sec},"Performance_Units":"Tokens/s",
"weight_data_types":"{format}","System":"Box","Software":"Stack 1","compliance":1,"errors":0,"inferred":0}}"#
    )
}

fn summary(folder: &Path, rows: &[String]) -> PathBuf {
    write(folder, "summary.json", &format!("[\n{}\n]", rows.join(",\n")))
}

fn only_segment(store: &Store) -> PathBuf {
    let folder = store.folder().join("published");
    let mut paths = std::fs::read_dir(folder).unwrap().map(|item| item.unwrap().path());
    paths.find(|path| path.extension().is_some_and(|e| e == "jsonl")).unwrap()
}

#[test]
fn a_file_is_taken_in_once_with_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    assert!(store.published(&PublishedFilter::default()).unwrap().is_empty());
    let file = summary(
        folder.path(),
        &[row("A", "Acc-1 80GB", 8, "m", "fp8", 800.0), row("B", "Acc-1 80GB", 8, "m", "fp8", -1.0)],
    );
    let first = import(&store, &file);
    assert_eq!((first.added, first.duplicates, first.quarantined.len()), (1, 0, 1));
    let second = import(&store, &file);
    assert_eq!((second.added, second.duplicates, &second.quarantined), (0, 1, &first.quarantined));
    assert_eq!(second.provenance, first.provenance);

    let table = store.published(&PublishedFilter::default()).unwrap();
    let rows: Vec<_> = table.rows().collect();
    assert_eq!((rows.len(), table.warnings()), (1, &[][..]));
    assert_eq!(
        (rows[0].model, rows[0].accelerator, rows[0].throughput_per_accelerator()),
        ("m", Some("Acc-1 80GB"), Some(100.0))
    );
    assert_eq!(rows[0].provenance.publisher.as_deref(), Some("MLCommons"));
    assert!(rows[0].provenance.licence.as_deref().unwrap().starts_with("Apache-2.0"));
    let (provenance, result) = store.published_result(&rows[0].id()).unwrap().unwrap();
    assert_eq!((&provenance, result.line, result.submitter.as_deref()), (&first.provenance, 2, Some("A")));
    assert_eq!(store.published_result("pub-00-1").unwrap(), None);

    let (set_aside, warnings) = store.quarantined().unwrap();
    assert_eq!((set_aside.len(), warnings), (1, Vec::new()));
    assert_eq!(set_aside[0].to_string(), format!("{}:5: the throughput is -1, not a positive number", file.display()));
    // What measures here knows nothing of it.
    assert_eq!(store.load().unwrap(), assay_store::Loaded::default());
    assert!(store.runs().unwrap().0.is_empty());
}

#[test]
fn damage_is_told_and_hides_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let rows: Vec<String> = (0..5).map(|n| row("A", "Acc", 1, &format!("m{n}"), "fp8", 10.0)).collect();
    import(&store, &summary(folder.path(), &rows));
    let segment = only_segment(&store);
    let text = std::fs::read_to_string(&segment).unwrap();
    assert!(text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    std::fs::write(&segment, text.replacen("\"m2\"", "\"m9\"", 1)).unwrap();
    for _ in 0..2 {
        let table = store.published(&PublishedFilter::default()).unwrap();
        let models: Vec<&str> = table.rows().map(|row| row.model).collect();
        assert_eq!(models, ["m0", "m1", "m3", "m4"]);
        assert_eq!(table.warnings().len(), 1);
        assert!(table.warnings()[0].to_string().contains(".jsonl:4: the line is damaged"), "{}", table.warnings()[0]);
    }
    std::fs::write(&segment, "rubbish\n").unwrap();
    let table = store.published(&PublishedFilter::default()).unwrap();
    assert_eq!((table.len(), table.warnings().len()), (0, 1));
}

#[test]
fn the_columns_beside_a_segment_are_never_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    import(&store, &summary(folder.path(), &[row("A", "Acc", 1, "m", "fp8", 10.0)]));
    let columns = only_segment(&store).with_extension("parquet");
    assert_eq!(std::fs::read_to_string(columns.with_file_name(".gitignore")).unwrap(), "*.parquet\n");
    let model =
        || store.published(&PublishedFilter::default()).unwrap().rows().map(|r| r.model.to_owned()).collect::<Vec<_>>();
    for damage in [&b""[..], b"PAR1 nothing PAR1"] {
        std::fs::write(&columns, damage).unwrap();
        assert_eq!(model(), ["m"]);
        assert!(std::fs::metadata(&columns).unwrap().len() > 100, "they are made again");
    }
    // Columns of another study's segment of the same name do not fit this one.
    let other = tempfile::tempdir().unwrap();
    let stranger = Store::open(other.path());
    import(&stranger, &summary(other.path(), &[row("A", "Acc", 1, "another", "fp8", 10.0)]));
    std::fs::copy(only_segment(&stranger).with_extension("parquet"), &columns).unwrap();
    assert_eq!(model(), ["m"]);
    std::fs::remove_file(&columns).unwrap();
    assert_eq!(model(), ["m"]);
}

#[test]
fn statements_fill_what_a_file_does_not_say() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let file = Path::new("tests/corpus/vllm-bench/one.json");
    let stated = Stated { accelerator: Some("Acc-1".into()), accelerators: Some(4), ..Stated::default() };
    let request = ImportRequest { stated, publisher: Some("A lab".into()), ..ImportRequest::default() };
    store.import_published(file, &request, &mut |_| {}).unwrap();
    let table =
        store.published(&PublishedFilter { accelerator: Some("ACC".into()), ..PublishedFilter::default() }).unwrap();
    let row = table.rows().next().unwrap();
    assert_eq!((row.accelerators, row.stack, row.throughput_per_accelerator()), (Some(4), Some("vllm"), Some(0.75)));
    assert_eq!((row.provenance.publisher.as_deref(), &row.provenance.licence), (Some("A lab"), &None));
    let again = store.import_published(file, &ImportRequest::default(), &mut |_| {});
    assert!(again.unwrap_err().to_string().contains("other statements"));
}

#[test]
fn what_cannot_be_read_is_refused_or_kept_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let refused = |path: &Path, kinds: Vec<Kind>| {
        let request = ImportRequest { kinds, ..ImportRequest::default() };
        store.import_published(path, &request, &mut |_| {}).unwrap_err().to_string()
    };
    assert!(refused(&write(folder.path(), "x.txt", "hello"), vec![]).contains("no known kind"));
    assert!(
        refused(&write(folder.path(), "x.json", "{\"a\":\n"), vec![Kind::VllmBench])
            .contains("x.json:2: not a vllm-bench")
    );
    assert!(refused(&write(folder.path(), "y.json", "[]"), vec![Kind::MlperfSummary]).contains("has no rows"));
    assert!(refused(&folder.path().join("absent"), vec![]).contains("cannot read"));
    assert!(!store.folder().join("published").exists() || only_segment_count(&store) == 0);

    let rows = [row("A", "Acc", 1, "m", "fp8", 10.0), row("A", "Acc", 1, "n", "fp8", 20.0)];
    let cut = format!("[\n{},\n{}", rows[0], &rows[1][..40]);
    let report = import(&store, &write(folder.path(), "cut.json", &cut));
    assert_eq!((report.added, report.quarantined.len()), (1, 1));
    let Quarantined { row, line, reason } = &report.quarantined[0];
    assert!((*row, *line) == (2, 5) && reason.contains("given up"), "{reason} on line {line}");
}

fn only_segment_count(store: &Store) -> usize {
    std::fs::read_dir(store.folder().join("published")).map_or(0, Iterator::count)
}

#[test]
fn a_throughput_is_of_one_thing_and_has_its_spread() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    import(
        &store,
        &summary(
            folder.path(),
            &[
                row("A", "Acc-1 80GB", 8, "llama-70b", "fp8", 800.0),
                row("A", "Acc-1 80GB", 8, "llama-70b", "fp8", 880.0),
                row("B", "Acc-1 80GB", 4, "llama-70b", "fp8", 400.0),
                row("C", "Acc-1 80GB", 8, "llama-70b", "fp8", 960.0),
                row("C", "Acc-1 80GB", 8, "llama-70b-long", "fp8", 80.0),
                row("C", "Acc-2", 8, "llama-70b", "fp4", 1600.0),
            ],
        ),
    );
    let filter = |accelerator: &str, workload: &str| PublishedFilter {
        accelerator: Some(accelerator.to_owned()),
        workload: Some(workload.to_owned()),
        ..PublishedFilter::default()
    };
    // The full name of the model counts before those that contain it.
    let found = store.published_throughput(&filter("acc-1", "llama-70b")).unwrap();
    assert_eq!((found.n, found.rows, found.accelerators, found.unit.as_str()), (3, 4, (4, 8), "tokens/s"));
    assert_eq!((found.min, found.median, found.max), (100.0, 105.0, 120.0));
    let sd = found.geometric_sd.unwrap();
    let logs = [100.0_f64, 105.0, 120.0].map(f64::ln);
    let mean = logs.iter().sum::<f64>() / 3.0;
    assert!((sd.ln() - (logs.map(|l| (l - mean).powi(2)).iter().sum::<f64>() / 2.0).sqrt()).abs() < 1e-12);
    assert_eq!((found.sources, found.ids.len()), (vec!["MLCommons".to_owned()], 4));
    let ambiguous = store.published_throughput(&filter("acc", "llama-70b")).unwrap_err();
    assert!(ambiguous.contains("several values of accelerator: Acc-1 80GB, Acc-2"), "{ambiguous}");
    assert!(store.published_throughput(&filter("acc-1", "llama")).unwrap_err().contains("several values of workload"));
    assert!(store.published_throughput(&filter("acc-3", "llama")).unwrap_err().contains("no published result"));
    let spreads = store.published_spreads(&PublishedFilter::default()).unwrap();
    assert_eq!(spreads.iter().map(|s| s.n).collect::<Vec<_>>(), [3, 1, 1]);
    assert_eq!(assay_store::published::PublishedSpread::pooled_geometric_sd(&spreads), Some(sd));
}

fn ceilings(accelerator: &str, peak: f64, bandwidth: f64) -> Ceilings {
    Ceilings {
        accelerator: accelerator.to_owned(),
        names: vec![accelerator.to_owned()],
        peak_flops_per_sec: BTreeMap::from([(NumericFormat::Fp8, peak)]),
        bandwidth_bytes_per_sec: bandwidth,
    }
}

#[test]
fn a_world_that_follows_the_roofline_is_predicted() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let known = [ceilings("Acc-1", 1e15, 2e12), ceilings("Acc-2", 2e15, 3e12), ceilings("Acc-3", 4e15, 10e12)];
    let mut rows = Vec::new();
    for c in &known {
        let peak = c.peak_flops_per_sec[&NumericFormat::Fp8];
        // One workload is bound by both ceilings alike, one by arithmetic, one by memory; a fourth nobody else ran.
        let both = (peak * c.bandwidth_bytes_per_sec).sqrt();
        rows.push(row("A", &c.accelerator, 1, "mixed", "fp8", 0.5 * both / 1e10));
        rows.push(row("A", &format!("{} 80GB", c.accelerator), 1, "compute", "fp8", 0.5 * peak / 1e11));
        rows.push(row("A", &c.accelerator, 1, "memory", "fp8", 0.7 * c.bandwidth_bytes_per_sec / 1e9));
    }
    rows.push(row("A", "Acc-1", 1, "alone", "fp8", 5.0));
    rows.push(row("A", "Unknown", 1, "compute", "fp8", 5.0));
    import(&store, &summary(folder.path(), &rows));
    let of = |workload: &str, known: &[Ceilings]| {
        let filter = PublishedFilter { workload: Some(workload.to_owned()), ..PublishedFilter::default() };
        backtest(&efficiencies(store.published(&filter).unwrap().rows(), known))
    };
    let card = of("", &known);
    assert_eq!((card.from_several.unwrap().n, card.not_predicted, card.by_accelerator.len()), (9, 1, 3));
    // Three workloads, each of three accelerators from each of the two others.
    assert_eq!(card.from_one.unwrap().n, 18);
    let exact = |error: Option<f64>| error.unwrap() < 1e-9;
    let mixed = of("mixed", &known).from_several.unwrap();
    assert!(mixed.median_abs_pct_error < 1e-9 && mixed.p90_abs_pct_error < 1e-9, "{mixed:?}");
    assert!((mixed.geometric_error - 1.0).abs() < 1e-9 && (mixed.p10_p90_factor() - 1.0).abs() < 1e-9);
    assert!(
        exact(of("compute", &known).compute_alone_pct_error) && !exact(of("compute", &known).memory_alone_pct_error)
    );
    assert!(
        exact(of("memory", &known).memory_alone_pct_error)
            && of("memory", &known).from_several.unwrap().median_abs_pct_error > 1.0
    );

    // One accelerator that reaches half of what the others do is found out.
    let skewed = [known[0].clone(), known[1].clone(), ceilings("Acc-3", 8e15, 20e12)];
    let card = of("mixed", &skewed);
    let third = card.by_accelerator.iter().find(|a| a.accelerator == "Acc-3").unwrap();
    assert!((third.median_ratio - 2.0).abs() < 1e-9 && third.n == 1, "{card:?}");
    assert_eq!(of("", &[]).from_several, None);

    // The same model predicts an accelerator that nobody published.
    let filter = PublishedFilter::default();
    let points = efficiencies(store.published(&filter).unwrap().rows(), &known);
    let new = ceilings("Acc-9", 9e15, 16e12);
    let of = |model| project(&points, &new, NumericFormat::Fp8, (model, Some("Offline"), "tokens/s"));
    let predicted = of("mixed").unwrap();
    assert!((predicted.items_per_sec / (0.5 * (9e15_f64 * 16e12).sqrt() / 1e10) - 1.0).abs() < 1e-9, "{predicted:?}");
    assert_eq!((predicted.from.len(), predicted.submitters), (3, 3));
    assert!(of("alone").unwrap_err().contains("of 1 other accelerator(s)"));
}

#[test]
fn errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let error =
        store.import_published(Path::new("/nowhere/x.json"), &ImportRequest::default(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }) && error.to_string().starts_with("/nowhere/x.json: "));
}

#[test]
fn a_submitter_is_found_by_its_whole_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let rows = [row("Dell", "Acc", 8, "m", "fp8", 800.0), row("Dell_Broadcom", "Acc", 8, "m", "fp8", 1600.0)];
    import(&store, &summary(folder.path(), &rows));
    let of = |name: &str| {
        let filter = PublishedFilter { submitter: Some(name.to_owned()), ..PublishedFilter::default() };
        store.published_throughput(&filter).map(|found| (found.submitters, found.median))
    };
    assert_eq!(of("dell").unwrap(), (vec!["Dell".to_owned()], 100.0));
    assert_eq!(of("Dell_Broadcom").unwrap(), (vec!["Dell_Broadcom".to_owned()], 200.0));
    assert!(of("Del").is_err());
}
