//! One measurement with everything that is needed to judge it.

use assay_base::format::{self, or_unknown};
use assay_service::core::Measurement;
use assay_service::core::evaluator::TimingMethod;
use assay_service::core::statistics::Statistics;
use assay_service::cost_models::roofline::Bound;
use assay_service::{Command, RooflinePoint, Workbench};
use egui::{Button, Label, ScrollArea, TextEdit, Ui};
use egui_plot::{Bar, BarChart, HLine, Line, LineStyle, PlotPoint, PlotPoints};

use super::progress::status_color;
use crate::requests::Request;
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::plot::{Scale, house_plot, with_axes};
use crate::widgets::{Icon, bullet, card_filled, chip, evidence_chip, field};

/// The state of the panel: what is made of the samples once for each measurement.
#[derive(Debug, Default)]
pub struct MeasurementPanel {
    id: Option<String>,
    samples_ms: Vec<PlotPoint>,
    bins: Vec<(f64, f64, f64)>,
    plot: PlotOf,
    clocks_mhz: Vec<PlotPoint>,
    point: Option<RooflinePoint>,
    points: usize,
    note: String,
    note_known: String,
}

/// What is drawn of the executions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum PlotOf {
    #[default]
    Samples,
    Distribution,
    Clocks,
}

impl MeasurementPanel {
    /// Draws the measurement.
    pub fn ui(&mut self, ui: &mut Ui, m: &Measurement, workbench: &Workbench, requests: &mut Vec<Request>) {
        let points = &workbench.assessment().roofline;
        let is_new = self.id.as_deref() != Some(m.id.as_str());
        if is_new {
            self.prepare(m);
        }
        if is_new || self.points != points.len() {
            self.point = points.iter().rfind(|p| p.measurement_id == m.id).cloned();
            self.points = points.len();
        }
        let known = workbench.study().results.notes.get(&m.id).map_or("", String::as_str);
        if is_new || self.note_known != known {
            // Another measurement, or the note was changed by undo.
            (self.note, self.note_known) = (known.to_owned(), known.to_owned());
        }
        ScrollArea::vertical().id_salt("measurement").auto_shrink([false, false]).show(ui, |ui| {
            card_filled(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                head(ui, m);
                self.remarks(ui, m, workbench, requests);
                if m.timing.is_some() {
                    self.samples(ui, m);
                    statistics(ui, m, self.point.as_ref());
                }
                correctness(ui, m);
                telemetry(ui, m);
                environment(ui, m);
            });
        });
    }

    /// A note of one's own, the run as a baseline, and the command that measures it again.
    fn remarks(&mut self, ui: &mut Ui, m: &Measurement, workbench: &Workbench, requests: &mut Vec<Request>) {
        ui.add_space(2.0);
        let remarks = &workbench.study().results;
        ui.horizontal(|ui| {
            let command = assay_service::reproduce::command(m, workbench.folder());
            let button = ui.add_enabled(command.is_ok(), Button::new("Copy command"));
            match &command {
                Ok(text) => {
                    if button.on_hover_text(format!("Measures it again:\n{text}")).clicked() {
                        ui.ctx().copy_text(text.clone());
                    }
                }
                Err(reason) => {
                    button.on_disabled_hover_text(reason);
                }
            }
            let is_baseline = remarks.baseline_run.as_ref() == Some(&m.run_id);
            let button = ui.add(Button::selectable(is_baseline, "Baseline run"));
            if button.on_hover_text("Other runs are compared with the run of this measurement").clicked() {
                let value = if is_baseline { serde_json::Value::Null } else { m.run_id.as_str().into() };
                requests.push(Request::Apply(Command::set("results.baseline_run", value)));
            }
        });
        let edit = TextEdit::singleline(&mut self.note).hint_text("Add a note").desired_width(f32::INFINITY);
        let response = ui.add(edit).accessible_name("Note on the measurement");
        if response.lost_focus() && self.note.trim() != self.note_known {
            let mut notes = remarks.notes.clone();
            match self.note.trim() {
                "" => notes.remove(&m.id),
                text => notes.insert(m.id.clone(), text.to_owned()),
            };
            let value = if notes.is_empty() { serde_json::json!({}) } else { serde_json::json!(notes) };
            requests.push(Request::Apply(Command::set("results.notes", value)));
        }
    }

    fn prepare(&mut self, m: &Measurement) {
        let samples = m.timing.as_ref().map_or(&[][..], |t| t.samples_secs.as_slice());
        self.id = Some(m.id.clone());
        self.samples_ms =
            samples.iter().enumerate().map(|(i, secs)| PlotPoint::new((i + 1) as f64, secs * 1e3)).collect();
        self.bins = histogram(samples);
        let clocks = m.timing.as_ref().map_or(&[][..], |t| t.clocks.samples_hz.as_slice());
        self.clocks_mhz = clocks.iter().enumerate().map(|(i, hz)| PlotPoint::new((i + 1) as f64, hz / 1e6)).collect();
        if self.plot == PlotOf::Clocks && self.clocks_mhz.is_empty() {
            self.plot = PlotOf::Samples;
        }
    }

    fn samples(&mut self, ui: &mut Ui, m: &Measurement) {
        let tokens = Tokens::of(ui);
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            let plots =
                [(PlotOf::Samples, "Samples"), (PlotOf::Distribution, "Distribution"), (PlotOf::Clocks, "Clocks")];
            for (plot, name) in plots {
                let told = plot != PlotOf::Clocks || !self.clocks_mhz.is_empty();
                if told && ui.add(Button::selectable(self.plot == plot, name)).clicked() {
                    self.plot = plot;
                }
            }
        });
        let median_ms = m.timing.as_ref().map(|t| t.statistics.median_secs * 1e3);
        if self.plot == PlotOf::Clocks {
            let plot = house_plot(ui, "clocks").height(160.0);
            with_axes(ui, plot, Scale::new("Execution"), Scale::new("MHz")).show(ui, |plot| {
                let line = Line::new("Clock, MHz", PlotPoints::Borrowed(&self.clocks_mhz));
                plot.line(line.color(tokens.series(2)).width(1.2));
            });
        } else if self.plot == PlotOf::Distribution {
            let bars = self.bins.iter().map(|(x, count, width)| Bar::new(*x, *count).width(*width)).collect();
            let plot = house_plot(ui, "distribution").height(160.0);
            with_axes(ui, plot, Scale::new("Latency, ms"), Scale::default()).show(ui, |plot| {
                plot.bar_chart(BarChart::new("Executions", bars).color(tokens.series(0)));
            });
        } else {
            let plot = house_plot(ui, "samples").height(160.0);
            with_axes(ui, plot, Scale::new("Execution"), Scale::new("ms")).show(ui, |plot| {
                let line = Line::new("Latency, ms", PlotPoints::Borrowed(&self.samples_ms));
                plot.line(line.color(tokens.series(0)).width(1.2));
                if let Some(median) = median_ms {
                    plot.hline(HLine::new("Median", median).color(tokens.series(1)).style(LineStyle::dashed_dense()));
                }
            });
        }
    }
}

/// Centre, count and width in milliseconds; as many bins as Sturges and Freedman–Diaconis ask for, at most 60.
fn histogram(samples_secs: &[f64]) -> Vec<(f64, f64, f64)> {
    let mut sorted: Vec<f64> = samples_secs.iter().map(|s| s * 1e3).filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else { return Vec::new() };
    if high <= low {
        return vec![(low, sorted.len() as f64, (low * 0.01).max(1e-6))];
    }
    let quantile = |p| assay_service::core::statistics::quantile(&sorted, p).unwrap_or(low);
    let n = sorted.len() as f64;
    let spread = 2.0 * (quantile(0.75) - quantile(0.25)) / n.cbrt();
    let bins = if spread > 0.0 { ((high - low) / spread).ceil() } else { 1.0 };
    let bins = bins.max(n.log2().ceil() + 1.0).clamp(1.0, 60.0);
    let width = (high - low) / bins;
    let mut counts = vec![0.0; bins as usize];
    let last = counts.len() - 1;
    for value in &sorted {
        let bin = (((value - low) / width) as usize).min(last);
        if let Some(count) = counts.get_mut(bin) {
            *count += 1.0;
        }
    }
    counts.into_iter().enumerate().map(|(i, count)| (low + (i as f64 + 0.5) * width, count, width)).collect()
}

fn head(ui: &mut Ui, m: &Measurement) {
    let tokens = Tokens::of(ui);
    ui.add(Label::new(theme::lead(&m.workload.id)).wrap());
    ui.horizontal_wrapped(|ui| {
        chip(ui, m.status.label(), status_color(ui, &m.status));
        evidence_chip(ui, m.evidence);
        if m.is_noisy() {
            chip(ui, "noisy", tokens.warning).on_hover_text(
                "The spread of the samples is above 5 % of their mean: measure again on a quiet machine.",
            );
        }
    });
    let version = m.stack_version.as_deref().unwrap_or_default();
    ui.add(Label::new(theme::caption(format!("{} {version} on {}", m.stack, m.device.name))).wrap());
    ui.add(Label::new(theme::caption(&m.id)).truncate()).on_hover_text("The measurement's id");
    if let Some(reason) = m.status.reason() {
        bullet(ui, Icon::Warning, status_color(ui, &m.status), reason);
    }
    if let Some(provenance) = &m.provenance {
        bullet(ui, Icon::Info, tokens.text_subdued, provenance);
    }
}

fn section(ui: &mut Ui, title: &str) {
    ui.add_space(6.0);
    ui.label(theme::column_title(title));
}

fn statistics(ui: &mut Ui, m: &Measurement, point: Option<&RooflinePoint>) {
    let Some(timing) = &m.timing else { return };
    let s = &timing.statistics;
    let units = Units::of(ui);
    let duration = |secs: f64| units.duration(secs);
    section(ui, "Statistics");
    if let Some(t) = &m.throughput {
        field(ui, "Throughput", &units.throughput(t.value, &t.unit));
    }
    if let Some(point) = point {
        field(ui, "Achieved", &format::flop_rate(point.flops_per_sec));
        if let Some(of) = point.of_ceiling {
            let response = field(ui, "Of the measured ceiling", &format::percent(of, 1));
            if let Some(bound) = point.bound {
                response.on_hover_text(match bound {
                    Bound::Compute => "Bound by compute",
                    Bound::Memory => "Bound by memory bandwidth",
                });
            }
        }
    }
    field(ui, "Median", &duration(s.median_secs));
    let interval = or_unknown(s.median_interval_secs, |(a, b)| format!("{} – {}", duration(a), duration(b)));
    field(ui, "95 % interval", &interval);
    field(ui, "Mean", &duration(s.mean_secs));
    let cold = Statistics::of(&timing.cold_samples_secs).map(|c| c.median_secs);
    field(ui, "Median with cold caches", &or_unknown(cold, duration));
    field(ui, "Smallest", &duration(s.min_secs));
    field(ui, "p90", &or_unknown(s.p90_secs, duration));
    field(ui, "p95", &or_unknown(s.p95_secs, duration));
    field(ui, "p99", &or_unknown(s.p99_secs, duration));
    field(ui, "p99 certified", &or_unknown(s.certified_p99_secs, duration))
        .on_hover_text("MLPerf's early stopping at a confidence of 99 %; absent below 662 samples.");
    field(ui, "Relative noise", &or_unknown(s.relative_noise, |n| format::percent(n, 2)));
    let effective = or_unknown(s.effective_count, |n| format::thousands(n, 0));
    field(ui, "Samples (effective)", &format!("{} ({effective})", format::thousands(s.count as f64, 0)));
    field(ui, "Stopped by", timing.stop.label());
    if let Some(throttling) = &timing.clocks.throttling {
        bullet(ui, Icon::Warning, Tokens::of(ui).warning, &throttling.sentence());
    }
    let method = match timing.method {
        TimingMethod::HostClock => "host clock",
        TimingMethod::DeviceEvents => "device events",
    };
    field(ui, "Timed by", method);
    field(ui, "Preparing", &duration(timing.prepare_secs));
    field(ui, "First execution", &duration(timing.first_execution_secs));
}

fn correctness(ui: &mut Ui, m: &Measurement) {
    let Some(correctness) = &m.correctness else { return };
    let tokens = Tokens::of(ui);
    section(ui, "Correctness");
    let scientific = |v: f64| format!("{v:.1e}").replace('-', "−");
    ui.horizontal(|ui| {
        let (text, color) = if correctness.passed { ("passed", tokens.success) } else { ("failed", tokens.error) };
        chip(ui, text, color);
        let norm = correctness.error_norm.map_or_else(|| "not a number".to_owned(), scientific);
        ui.label(theme::number(format!("{norm} of {}", scientific(correctness.tolerance))));
    })
    .response
    .on_hover_text("Relative L2 error against the fp64 reference, and the largest that counts as correct.");
}

fn telemetry(ui: &mut Ui, m: &Measurement) {
    let Some(t) = &m.telemetry else { return };
    section(ui, "Telemetry");
    field(ui, "Mean power", &or_unknown(t.mean_power_watts, format::power));
    let energy = t.energy.as_ref();
    let response = field(ui, "Energy", &or_unknown(energy.and_then(|e| e.joules()), format::energy));
    if let Some(reason) = energy.and_then(|e| e.reason.as_ref()) {
        response.on_hover_text(reason);
    }
    let clock = |hz: f64| format!("{} MHz", format::thousands(hz / 1e6, 0));
    field(ui, "Clock", &or_unknown(t.clock_hz, |(low, high)| format!("{} to {}", clock(low), clock(high))));
    field(ui, "Hottest", &or_unknown(t.max_temperature_celsius, |c| format!("{} °C", format::thousands(c, 0))));
    field(ui, "Memory", &or_unknown(t.max_memory_used_bytes, |bytes| Units::of(ui).memory(bytes)));
    field(ui, "Throttled readings", &or_unknown(t.throttled_readings, |n| format!("{n} of {}", t.readings)));
}

fn environment(ui: &mut Ui, m: &Measurement) {
    if !m.notes.is_empty() {
        section(ui, "How it ran");
        for (name, value) in &m.notes {
            field(ui, name, value).on_hover_text(value);
        }
    }
    section(ui, "Environment");
    let e = &m.environment;
    let load = m.foreign_load;
    let rows = [
        ("Target", Some(m.target.clone())),
        ("Host", e.host.clone()),
        ("Processor", e.cpu_model.clone()),
        ("Logical processors", e.cpu_logical.map(|n| n.to_string())),
        ("Memory", e.memory_bytes.map(|b| Units::of(ui).memory(b as f64))),
        ("System", e.operating_system.clone()),
        ("Kernel", e.kernel.clone()),
        ("Hypervisor", e.hypervisor.clone()),
        ("Container", e.container.clone()),
        ("Load average", load.load_average.map(|v| format::thousands(v, 2))),
        ("Stolen time", load.steal.map(|v| format::percent(v, 1))),
        ("Foreign load, processors", load.foreign_busy_cpus.map(|v| format::thousands(v, 2))),
        ("Assay", Some(e.assay_version.clone())),
        ("Seed", Some(m.seed.to_string())),
        ("Workload hash", Some(m.workload_hash.clone())),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            field(ui, name, &value).on_hover_text(&value);
        }
    }
    for (name, value) in e.versions.iter().chain(&e.device_settings) {
        field(ui, name, value).on_hover_text(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_in_one_bin() {
        let samples: Vec<f64> = (0..500).map(|i| 1e-3 + f64::from(i % 17) * 1e-5).collect();
        let total: f64 = histogram(&samples).iter().map(|(_, count, _)| count).sum();
        assert_eq!(total, 500.0);
        assert_eq!(histogram(&[2e-3; 7]).len(), 1);
        assert!(histogram(&[]).is_empty());
    }
}
