//! `assay devices`

use std::sync::atomic::AtomicBool;

use assay_base::format;
use assay_service::core::device::{DeviceReport, StackId, StackStatus};
use assay_service::{Target, TargetReport, probe_targets};
use serde_json::{Value, json};

use crate::args::{Devices, Format};
use crate::output::{self, number, text};
use crate::{Verdict, place};

pub fn run(arguments: &Devices) -> anyhow::Result<Verdict> {
    let study = place::folder(arguments.study.as_deref()).ok();
    let mut targets = vec![Target::local()];
    if !arguments.target.is_empty() {
        targets.extend(place::targets(&arguments.target, study.as_deref())?);
        targets.dedup();
    }
    let reports = probe_targets(&targets, &AtomicBool::new(false));
    for report in &reports {
        if let Some(error) = &report.error {
            eprintln!("target `{}`: {error}", report.target.id);
        }
    }
    print(&reports, arguments.format)?;
    if reports.iter().all(|r| r.error.is_some()) {
        anyhow::bail!("no target answered");
    }
    Ok(if reports.iter().any(|r| r.error.is_some()) { Verdict::No } else { Verdict::Yes })
}

fn print(reports: &[TargetReport], format: Format) -> anyhow::Result<()> {
    let devices = || reports.iter().flat_map(|r| r.devices.iter().map(move |d| (&r.target, d)));
    let json: Vec<Value> = devices().map(|(target, device)| device_json(target, device)).collect();
    let rows: Vec<Value> = devices()
        .flat_map(|(target, d)| stacks(d).into_iter().map(move |s| (target, d, s)))
        .map(|(target, d, s)| {
            json!({"target": target.id, "device": d.device.id, "kind": d.device.kind, "name": d.device.name,
                   "memory_bytes": d.device.memory_bytes, "stack": s.id, "available": s.available,
                   "version": s.version, "reason": s.reason})
        })
        .collect();
    let columns = [
        text("Target"),
        text("Device"),
        text("Name"),
        number("Memory"),
        text("Stack"),
        text("Available"),
        text("Version or reason"),
    ];
    output::data(format, &json!({ "devices": json }), &rows, &columns, || {
        devices()
            .flat_map(|(target, d)| {
                stacks(d).into_iter().enumerate().map(move |(i, stack)| {
                    let first = |cell: String| if i == 0 { cell } else { String::new() };
                    vec![
                        first(target.id.clone()),
                        first(d.device.id.clone()),
                        first(d.device.name.clone()),
                        first(format::or_unknown(d.device.memory_bytes, |b| format::memory(b as f64))),
                        stack.id.to_string(),
                        if stack.available { "yes" } else { "no" }.to_owned(),
                        stack.version.clone().or_else(|| stack.reason.clone()).unwrap_or_default(),
                    ]
                })
            })
            .collect()
    })
}

/// The stacks of a device; one that no stack drives says so in a row of its own.
fn stacks(report: &DeviceReport) -> Vec<StackStatus> {
    if report.stacks.is_empty() {
        let reason = report.device.properties.get("no stack").cloned();
        return vec![StackStatus { id: StackId::new(format::UNKNOWN), available: false, reason, version: None }];
    }
    report.stacks.clone()
}

fn device_json(target: &Target, report: &DeviceReport) -> Value {
    json!({
        "id": report.device.id,
        "kind": report.device.kind,
        "name": report.device.name,
        "memory_bytes": report.device.memory_bytes,
        "target": target.id,
        "properties": report.device.properties,
        "stacks": report.stacks.iter().map(|s| json!({
            "id": s.id, "available": s.available, "reason": s.reason, "version": s.version,
        })).collect::<Vec<_>>(),
    })
}
