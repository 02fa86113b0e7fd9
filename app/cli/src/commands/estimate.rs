//! `assay estimate`

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use assay_base::format;
use assay_service::core::estimate::{KERNEL_LIMITS, LIMITS, Verdict as Compiling};
use assay_service::estimates::{self, EstimateEvent, EstimateOrder, EstimateRecord};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::args::{Estimate, Format};
use crate::output::{self, number, text};
use crate::{Verdict, place};

pub fn run(arguments: &Estimate) -> anyhow::Result<Verdict> {
    let records = if arguments.kept {
        estimates::kept(&place::folder(arguments.study.named())?).map_err(anyhow::Error::msg)?
    } else {
        ask(arguments)?
    };
    print(&records, arguments.format)?;
    if arguments.format == Format::Table {
        refusals(&records);
        kernels(&records)?;
        if records.iter().any(EstimateRecord::is_of_the_program) {
            output::wrapped("", LIMITS)?;
        }
    }
    let refused =
        |record: &EstimateRecord| !matches!(record.estimate.verdict, Compiling::Compiles | Compiling::Unsupported(_));
    Ok(if records.iter().any(refused) { Verdict::No } else { Verdict::Yes })
}

fn ask(arguments: &Estimate) -> anyhow::Result<Vec<EstimateRecord>> {
    let folder = place::open_or_create(arguments.study.named())?;
    let targets = place::targets(arguments.target.as_slice(), Some(&folder))?;
    let Some(target) = targets.into_iter().next() else { anyhow::bail!("there is no target to compile on") };
    let suite = match &arguments.suite {
        Some(suite) => suite.clone(),
        None => assay_service::study::StudyFolder::open(&folder)?.1.suite,
    };
    let order = EstimateOrder {
        study_folder: folder,
        suite,
        workloads: arguments.workload.clone(),
        accelerators: arguments.accelerator.clone(),
        target,
        again: arguments.again,
    };
    let cancel = Arc::new(AtomicBool::new(false));
    let interrupt = Arc::clone(&cancel);
    // Without a handler Ctrl+C ends the program at once, which loses nothing that is kept.
    ctrlc::set_handler(move || {
        if interrupt.swap(true, std::sync::atomic::Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .ok();
    let bar = bar();
    let records = estimates::estimate(&order, &cancel, &mut |event| tell(&bar, event)).map_err(anyhow::Error::msg);
    bar.finish_and_clear();
    records
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:28.cyan/dim} {pos:>3}/{len} {elapsed:>4} {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_message("looking for compilers");
    bar.enable_steady_tick(std::time::Duration::from_millis(250));
    bar
}

fn tell(bar: &ProgressBar, event: EstimateEvent) {
    match event {
        EstimateEvent::Planned { count, kept } => {
            bar.set_length(count as u64);
            if kept > 0 {
                eprintln!("{kept} kept from before; --again compiles them again");
            }
        }
        EstimateEvent::Started { workload, accelerator } => bar.set_message(format!("{workload} · {accelerator}")),
        EstimateEvent::Finished(record) => {
            bar.inc(1);
            let line = format!(
                "{:<28} {:<16} {}",
                record.workload.id,
                record.accelerator_name,
                record.estimate.verdict.label()
            );
            if bar.is_hidden() { eprintln!("{line}") } else { bar.println(line) }
        }
    }
}

fn print(records: &[EstimateRecord], format: Format) -> anyhow::Result<()> {
    let rows: Vec<Value> = records.iter().map(row).collect();
    let columns = [
        text("Workload"),
        text("Accelerator"),
        text("One chip"),
        number("GFLOP"),
        number("Moved"),
        number("Expected time"),
        number("Throughput"),
        number("Peak memory"),
        number("Compile time"),
        text("Evidence"),
    ];
    output::data(format, &Value::Array(rows.clone()), &rows, &columns, || records.iter().map(cells).collect())
}

fn cells(record: &EstimateRecord) -> Vec<String> {
    let estimate = &record.estimate;
    let peak = estimate.memory.and_then(|memory| memory.peak_bytes);
    let throughput =
        record.throughput().map(|value| format::throughput(value, &record.workload.shape.item().per_sec()));
    vec![
        record.workload.id.clone(),
        record.accelerator_name.clone(),
        estimate.verdict.label().to_owned(),
        format::or_unknown(estimate.flops, |flops| format::significant(flops / 1e9, 4)),
        format::or_unknown(estimate.bytes, format::memory),
        format::or_unknown(estimate.execution_secs, format::duration),
        format::or_unknown(throughput, |text| text),
        format::or_unknown(peak, format::memory),
        format::or_unknown(estimate.compile_secs, format::duration),
        format!("{}, {}", record.evidence, record.method),
    ]
}

fn row(record: &EstimateRecord) -> Value {
    let estimate = &record.estimate;
    json!({
        "id": format!("{}@{}", record.workload.id, record.accelerator),
        "name": format!("{} on {}", record.workload.id, record.accelerator_name),
        "workload": record.workload.id,
        "workload_hash": record.workload_hash,
        "format": record.workload.format,
        "accelerator": record.accelerator,
        "topology": record.topology,
        "chips": 1,
        "verdict": serde_json::to_value(&estimate.verdict).ok().and_then(|v| v.get("verdict").cloned()),
        "reason": estimate.verdict.reason(),
        "flops": estimate.flops,
        "bytes": estimate.bytes,
        "execution_secs": estimate.execution_secs,
        "throughput": record.throughput(),
        "throughput_unit": record.workload.shape.item().per_sec(),
        "memory": estimate.memory,
        "compile_secs": estimate.compile_secs,
        "kernels": estimate.kernels,
        "evidence": record.evidence,
        "method": record.method,
        "compiler": record.compiler,
        "compiler_version": record.compiler_version,
        "made_at": record.made_at,
    })
}

/// What kernels take, by compilers that know nothing else.
fn kernels(records: &[EstimateRecord]) -> anyhow::Result<()> {
    let of = |record: &EstimateRecord| {
        let used = record.estimate.kernels.clone().unwrap_or_default();
        let (workload, topology) = (record.workload.id.clone(), record.topology.clone());
        used.into_iter()
            .map(|kernel| {
                let count = |count: u64| format::thousands(count as f64, 0);
                vec![
                    workload.clone(),
                    topology.clone(),
                    kernel.name,
                    count(kernel.threads),
                    count(kernel.registers),
                    format::memory(kernel.shared_bytes as f64),
                    format::memory(kernel.spilled_bytes as f64),
                ]
            })
            .collect::<Vec<_>>()
    };
    let rows: Vec<Vec<String>> = records.iter().flat_map(of).collect();
    if rows.is_empty() {
        return Ok(());
    }
    output::print("\nKernels")?;
    let columns = [
        text("Workload"),
        text("Architecture"),
        text("Kernel"),
        number("Threads"),
        number("Registers"),
        number("Shared"),
        number("Spilled"),
    ];
    output::table(&columns, rows)?;
    output::wrapped("", KERNEL_LIMITS)
}

/// Why something does not compile, once a reason.
fn refusals(records: &[EstimateRecord]) {
    let mut told: Vec<&str> = Vec::new();
    for record in records {
        if let Some(reason) = record.estimate.verdict.reason().filter(|reason| !told.contains(reason)) {
            told.push(reason);
            eprintln!("{} on {}: {reason}", record.workload.id, record.accelerator_name);
        }
    }
}
