//! Runs side by side: one is the baseline, the others are judged against it by the store's rule.

use std::collections::BTreeMap;

use assay_base::format::{self, or_unknown};
use assay_service::core::Measurement;
use assay_service::store::verdict::{Verdict, compare_runs};
use assay_service::{Command, Workbench};
use egui::{Button, Checkbox, Color32, Panel, ScrollArea, Ui};
use egui_extras::Column;

use super::index::Index;
use super::order::moment;
use crate::background::Derived;
use crate::requests::Request;
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::{Icon, bullet, chip, table};

/// The most runs compared at once.
const MOST: usize = 5;

/// The state of the comparison: the runs in the order in which they were chosen.
#[derive(Debug, Default)]
pub struct CompareView {
    chosen: Vec<String>,
    last_wanted: bool,
    compared: Derived<(Vec<String>, usize), Vec<Line>>,
}

/// One subject: the baseline's measurement, and what each candidate makes of it.
#[derive(Debug)]
struct Line {
    workload: String,
    stack: String,
    device: String,
    baseline_secs: Option<f64>,
    candidates: Vec<Cell>,
}

#[derive(Clone, Debug, Default)]
struct Cell {
    verdict: Option<Verdict>,
    ratio: Option<f64>,
    reason: String,
}

impl CompareView {
    /// Chooses the last two runs.
    pub fn choose_last(&mut self) {
        self.last_wanted = true;
    }

    /// The runs chosen, the baseline first.
    fn ordered(&self, baseline: Option<&str>) -> Vec<String> {
        let mut runs = self.chosen.clone();
        // A run tagged as baseline is one wherever it was chosen; else the earliest is: ids begin with their time.
        runs.sort_by(|a, b| (Some(b.as_str()) == baseline).cmp(&(Some(a.as_str()) == baseline)).then(a.cmp(b)));
        runs
    }

    /// Draws runs to choose and their comparison.
    pub fn ui(&mut self, ui: &mut Ui, index: &Index, workbench: &Workbench, requests: &mut Vec<Request>) {
        let baseline = workbench.study().results.baseline_run.as_deref();
        if std::mem::take(&mut self.last_wanted) {
            self.chosen = index.runs().iter().rev().take(2).map(|r| index.name(r.run).to_owned()).collect();
        }
        let side = egui::Frame::new().outer_margin(egui::Margin { right: theme::GAP as i8, ..Default::default() });
        let panel = Panel::left("runs to compare").exact_size(270.0).resizable(false).show_separator_line(false);
        panel.frame(side).show(ui, |ui| self.choice(ui, index, baseline, requests));
        let runs = self.ordered(baseline);
        if runs.len() < 2 {
            let text = "Choose two or more runs. The one tagged as baseline, else the earliest, is what the others are \
                        compared with.";
            bullet(ui, Icon::Info, Tokens::of(ui).text_subdued, text);
            return;
        }
        let key = (runs.clone(), workbench.measurements().len());
        self.compared.update(ui.ctx(), key, workbench.measurements().len() <= super::SMALL, || {
            let of = |run: &String| {
                let own = workbench.measurements().iter().filter(|m| m.run_id == *run);
                own.cloned().collect::<Vec<Measurement>>()
            };
            let measured: Vec<Vec<Measurement>> = runs.iter().map(of).collect();
            move || compare(&measured)
        });
        if let Some(lines) = self.compared.get() {
            ScrollArea::horizontal().id_salt("compared runs").show(ui, |ui| comparison(ui, &runs, lines));
        } else {
            ui.add(egui::Spinner::new().size(16.0));
        }
    }

    fn choice(&mut self, ui: &mut Ui, index: &Index, baseline: Option<&str>, requests: &mut Vec<Request>) {
        let tokens = Tokens::of(ui);
        let runs = index.runs();
        let area = ScrollArea::vertical().id_salt("runs").auto_shrink([false, false]);
        ui.spacing_mut().interact_size.y = 20.0;
        area.show_rows(ui, 40.0, runs.len(), |ui, shown| {
            for facts in runs.iter().rev().skip(shown.start).take(shown.len()) {
                let id = index.name(facts.run);
                let mut chosen = self.chosen.iter().any(|c| c == id);
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.horizontal(|ui| {
                    let room = chosen || self.chosen.len() < MOST;
                    let began = moment(facts.began_ms).unwrap_or_default();
                    let response = ui.add_enabled(room, Checkbox::new(&mut chosen, theme::number(began)));
                    if response.accessible_name(format!("Compare run {id}")).on_hover_text(id).changed() {
                        match chosen {
                            true => self.chosen.push(id.to_owned()),
                            false => self.chosen.retain(|c| c != id),
                        }
                    }
                    if baseline == Some(id) {
                        chip(ui, "baseline", tokens.accent);
                    }
                });
                ui.horizontal(|ui| {
                    let suite = facts.suite.as_deref().unwrap_or("imported");
                    let text = format!("{suite}, {} of {} passed", facts.passed, facts.measurements);
                    ui.add_space(20.0);
                    ui.label(theme::caption(text));
                    let (word, value) = match baseline == Some(id) {
                        true => ("Untag", serde_json::Value::Null),
                        false => ("Tag as baseline", id.into()),
                    };
                    let button = Button::new(theme::caption(word).color(tokens.accent)).frame(false);
                    if ui.add(button).accessible_name(format!("{word} run {id}")).clicked() {
                        requests.push(Request::Apply(Command::set("results.baseline_run", value)));
                    }
                });
            }
        });
    }
}

/// Every candidate against the first.
fn compare(measured: &[Vec<Measurement>]) -> Vec<Line> {
    let Some((baseline, candidates)) = measured.split_first() else { return Vec::new() };
    let mut lines: BTreeMap<(String, String, String), Line> = BTreeMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        for compared in compare_runs(baseline, candidate) {
            let Some(m) = compared.either() else { continue };
            let key = (m.workload_hash.clone(), m.device.name.clone(), m.stack.to_string());
            let line = lines.entry(key).or_insert_with(|| Line {
                workload: m.workload.id.clone(),
                stack: m.stack.to_string(),
                device: m.device.name.clone(),
                baseline_secs: None,
                candidates: vec![Cell { reason: "neither has it".to_owned(), ..Cell::default() }; candidates.len()],
            });
            let timing = compared.baseline.and_then(|b| b.timing.as_ref());
            line.baseline_secs = timing.map(|t| t.statistics.median_secs).or(line.baseline_secs);
            if let Some(cell) = line.candidates.get_mut(at) {
                *cell = Cell {
                    verdict: compared.verdict,
                    ratio: compared.ratio,
                    reason: compared.reason.clone().unwrap_or_default(),
                };
            }
        }
    }
    let mut lines: Vec<Line> = lines.into_values().collect();
    lines.sort_by(|a, b| (&a.workload, &a.stack, &a.device).cmp(&(&b.workload, &b.stack, &b.device)));
    lines
}

fn verdict_color(ui: &Ui, verdict: Verdict) -> Color32 {
    let tokens = Tokens::of(ui);
    match verdict {
        Verdict::Same => tokens.text_subdued,
        Verdict::Faster => tokens.success,
        Verdict::Slower => tokens.error,
        Verdict::Ambiguous => tokens.warning,
    }
}

fn comparison(ui: &mut Ui, runs: &[String], lines: &[Line]) {
    let candidates = runs.len().saturating_sub(1) as f32;
    let units = Units::of(ui);
    ui.set_min_width((300.0 + candidates * 158.0).max(ui.available_width()));
    ui.horizontal(|ui| {
        for verdict in [Verdict::Faster, Verdict::Same, Verdict::Slower, Verdict::Ambiguous] {
            let all = lines.iter().flat_map(|l| &l.candidates);
            let count = all.filter(|cell| cell.verdict == Some(verdict)).count();
            chip(ui, &format!("{count} {verdict}"), verdict_color(ui, verdict));
        }
        if ui.button("Copy comparison").clicked() {
            ui.ctx().copy_text(tab_separated(runs, lines, units));
        }
    });
    let mut builder = table::bare(ui, "comparison")
        .auto_shrink([false, false])
        .column(Column::remainder().at_least(120.0).clip(true))
        .column(Column::exact(72.0).clip(true))
        .column(Column::exact(80.0));
    for _ in runs.iter().skip(1) {
        builder = builder.column(Column::exact(150.0).clip(true));
    }
    builder
        .header(theme::HEADER, |mut header| {
            for (title, at_right) in [("Workload", false), ("Stack", false), ("Baseline", true)] {
                header.col(|ui| {
                    table::title(ui, title, at_right);
                });
            }
            for run in runs.iter().skip(1) {
                header.col(|ui| {
                    // Ids of runs begin with their time; the tail only keeps two of one second apart.
                    let short = run.split_once('-').map_or(run.as_str(), |(time, _)| time);
                    table::title(ui, short, false).on_hover_text(run);
                });
            }
        })
        .body(|body| {
            body.rows(theme::ROW, lines.len(), |mut row| {
                let Some(line) = lines.get(row.index()) else { return };
                row.col(|ui| {
                    table::text(ui, line.workload.as_str()).on_hover_text(&line.device);
                });
                row.col(|ui| {
                    table::text(ui, line.stack.as_str());
                });
                row.col(|ui| {
                    table::number(ui, or_unknown(line.baseline_secs, |secs| units.duration(secs)));
                });
                for cell in &line.candidates {
                    row.col(|ui| match cell.verdict {
                        Some(verdict) => {
                            chip(ui, verdict.label(), verdict_color(ui, verdict));
                            table::text(ui, theme::number(or_unknown(cell.ratio, change)));
                        }
                        None => {
                            table::text(ui, theme::caption(&cell.reason)).on_hover_text(&cell.reason);
                        }
                    });
                }
            });
        });
}

/// A ratio of latencies as a change of the latency.
fn change(ratio: f64) -> String {
    let sign = if ratio > 1.0 { "+" } else { "" };
    format!("{sign}{}", format::percent(ratio - 1.0, 1))
}

fn tab_separated(runs: &[String], lines: &[Line], units: Units) -> String {
    let titles = ["Workload", "Stack", "Device"].map(str::to_owned).into_iter().chain(runs.iter().cloned());
    let mut text = titles.collect::<Vec<_>>().join("\t");
    for line in lines {
        text.push_str(&format!(
            "\n{}\t{}\t{}\t{}",
            line.workload,
            line.stack,
            line.device,
            or_unknown(line.baseline_secs, |secs| units.duration(secs))
        ));
        for cell in &line.candidates {
            let verdict =
                cell.verdict.map_or(cell.reason.clone(), |v| format!("{v} {}", or_unknown(cell.ratio, change)));
            text.push_str(&format!("\t{verdict}"));
        }
    }
    text
}
