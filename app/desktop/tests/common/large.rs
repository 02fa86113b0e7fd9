//! What is measured: studies and runs of a size that strains the window.

use std::sync::Arc;
use std::time::Duration;

use assay_service::Workbench;

use super::ScriptedBackend;

/// The sample with twelve options.
pub fn twelve_options(folder: &std::path::Path) -> Workbench {
    let text = assay_service::sample::SAMPLE_STUDY;
    let (head, tail) = text.split_once("\nscenarios:").unwrap();
    let from = head.find("  - id: l4-rent").unwrap();
    let block = &head[from..from + head[from..].find("\n\n").unwrap()];
    let mut grown = head.trim_end().to_owned();
    for i in 0..7 {
        grown.push_str(&format!("\n\n{}", block.replace("id: l4-rent", &format!("id: l4-rent-{i}"))));
    }
    let file = folder.join("study.yaml");
    std::fs::write(file, format!("{grown}\n\nscenarios:{tail}")).unwrap();
    super::workbench(folder)
}

/// A run that has told 100,000 latencies of its only job.
pub fn hundred_thousand_points() -> Arc<ScriptedBackend> {
    let tell = |event| super::Line::Tell(Box::new(event));
    let latency_secs = super::latencies(2e-3, 0.1, 100_000, 3);
    ScriptedBackend::with(vec![
        tell(assay_service::RunEvent::Planned { jobs: super::jobs(1) }),
        tell(assay_service::RunEvent::Started { index: 0 }),
        tell(assay_service::RunEvent::Samples { index: 0, latency_secs }),
        super::Line::UntilCancelled,
    ])
}

/// The sample with 300,000 measurements in memory.
pub fn three_hundred_thousand(folder: &std::path::Path) -> Workbench {
    const ROWS: usize = 300_000;
    assay_service::sample::create_sample(folder, 2).unwrap();
    let few: Vec<_> = super::measurements()
        .into_iter()
        .map(|mut m| {
            // The rows are what counts here, not their samples.
            m.timing.iter_mut().for_each(|t| t.samples_secs.truncate(8));
            m
        })
        .collect();
    let many = few.iter().cycle().take(ROWS).enumerate().map(|(i, m)| {
        let mut m = m.clone();
        m.id = format!("many-{i:06}");
        m.run_id = format!("run-{:05}", i / 28);
        m
    });
    Workbench::open_with(folder, many.collect()).unwrap()
}

/// A turn of the wheel over the middle of a table, in points.
pub fn wheel(delta: f32) -> Vec<egui::Event> {
    let (unit, modifiers) = (egui::MouseWheelUnit::Point, egui::Modifiers::NONE);
    let (phase, source) = (egui::TouchPhase::Move, egui::MouseWheelSource::Wheel);
    let delta = egui::vec2(0.0, delta);
    vec![
        egui::Event::PointerMoved(egui::pos2(560.0, 260.0)),
        egui::Event::MouseWheel { unit, delta, modifiers, phase, source },
    ]
}

/// Prints the median and the 95th percentile of times.
pub fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |p: usize| times[(times.len() - 1) * p / 100].as_secs_f64() * 1e3;
    println!("{what:<56} median {:7.2} ms   p95 {:7.2} ms   n {}", at(50), at(95), times.len());
}
