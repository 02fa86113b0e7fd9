//! Every measurement: a table to filter and sort, the roofline, and the measurement selected.

use std::collections::HashMap;

use assay_base::format::{self, or_unknown};
use assay_service::Assessment;
use assay_service::core::Measurement;
use egui::{Panel, Sense, TextEdit, Ui};
use egui_extras::Column;

use super::catalogue::side_frame;
use super::measurement::MeasurementPanel;
use super::progress::status_color;
use super::roofline::RooflineView;
use crate::requests::{Request, Scene};
use crate::theme::{self, Tokens};
use crate::views::View;
use crate::widgets::table::{self, Sort};
use crate::widgets::{Icon, card, card_filled, chip, empty_state};

/// The state of the view.
#[derive(Debug)]
pub struct ResultsView {
    filter: String,
    sort: Sort<Field>,
    selected: Option<String>,
    scroll_to_selected: bool,
    roofline: RooflineView,
    order: Order,
    panel: MeasurementPanel,
}

impl Default for ResultsView {
    fn default() -> Self {
        Self {
            filter: String::new(),
            sort: Sort { column: Field::Began, descending: true },
            selected: None,
            scroll_to_selected: false,
            roofline: RooflineView::default(),
            order: Order::default(),
            panel: MeasurementPanel::default(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Workload,
    Stack,
    Device,
    Status,
    Median,
    P99,
    Noise,
    Throughput,
    OfCeiling,
    Error,
    Began,
}

impl Field {
    const ALL: [Self; 11] = [
        Self::Workload,
        Self::Stack,
        Self::Device,
        Self::Status,
        Self::Median,
        Self::Throughput,
        Self::Noise,
        Self::P99,
        Self::OfCeiling,
        Self::Error,
        Self::Began,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Workload => "Workload",
            Self::Stack => "Stack",
            Self::Device => "Device",
            Self::Status => "Status",
            Self::Median => "Median",
            Self::P99 => "p99",
            Self::Noise => "Noise",
            Self::Throughput => "Throughput",
            Self::OfCeiling => "Of ceiling",
            Self::Error => "Error norm",
            Self::Began => "Began (UTC)",
        }
    }

    fn width(self) -> f32 {
        match self {
            Self::Workload => 138.0,
            Self::Stack => 72.0,
            Self::Device => 48.0,
            Self::Status => 84.0,
            Self::Median | Self::P99 => 68.0,
            Self::Noise => 48.0,
            Self::Throughput => 134.0,
            Self::OfCeiling | Self::Error => 74.0,
            Self::Began => 152.0,
        }
    }

    /// The columns for which there is room, from the left.
    fn fitting(width: f32, spacing: f32) -> Vec<Self> {
        let mut left = width + spacing;
        Self::ALL
            .into_iter()
            .take_while(|field| {
                left -= field.width() + spacing;
                left >= 0.0
            })
            .collect()
    }

    fn is_text(self) -> bool {
        matches!(self, Self::Workload | Self::Stack | Self::Device | Self::Status)
    }

    fn value(self, m: &Measurement, of_ceiling: &HashMap<String, f64>) -> Option<f64> {
        let statistics = m.timing.as_ref().map(|t| &t.statistics);
        match self {
            Self::Median => statistics.map(|s| s.median_secs),
            Self::P99 => statistics.and_then(|s| s.certified_p99_secs.or(s.p99_secs)),
            Self::Noise => statistics.and_then(|s| s.relative_noise),
            Self::Throughput => m.throughput.as_ref().map(|t| t.value),
            Self::OfCeiling => of_ceiling.get(&m.id).copied(),
            Self::Error => m.correctness.as_ref().and_then(|c| c.error_norm),
            Self::Began => Some(m.started_at.as_millisecond() as f64),
            Self::Workload | Self::Stack | Self::Device | Self::Status => None,
        }
    }

    fn text(self, m: &Measurement, of_ceiling: &HashMap<String, f64>) -> String {
        let value = self.value(m, of_ceiling);
        match self {
            Self::Workload => m.workload.id.clone(),
            Self::Stack => m.stack.to_string(),
            Self::Device => device_label(m),
            Self::Status => m.status.label().to_owned(),
            Self::Median | Self::P99 => or_unknown(value, format::duration),
            Self::Noise => or_unknown(value, |v| format::percent(v, 1)),
            Self::Throughput => or_unknown(m.throughput.as_ref(), |t| format::throughput(t.value, &t.unit)),
            Self::OfCeiling => or_unknown(value, |v| format::percent(v, 0)),
            Self::Error => or_unknown(value, |v| format!("{v:.1e}").replace('-', "−")),
            Self::Began => m.started_at.strftime("%F %T").to_string(),
        }
    }
}

fn device_label(m: &Measurement) -> String {
    if m.target == "local" { m.device.id.clone() } else { format!("{} at {}", m.device.id, m.target) }
}

/// Which rows are shown in which order; made anew when something it depends on changes.
#[derive(Debug, Default)]
struct Order {
    key: Option<(usize, String, String, Sort<Field>)>,
    rows: Vec<u32>,
    of_ceiling: HashMap<String, f64>,
}

impl Order {
    fn update(&mut self, measurements: &[Measurement], assessment: &Assessment, filter: &str, sort: Sort<Field>) {
        let newest = measurements.last().map(|m| m.id.clone()).unwrap_or_default();
        let key = (measurements.len(), newest, filter.to_owned(), sort);
        if self.key.as_ref() == Some(&key) {
            return;
        }
        self.of_ceiling =
            assessment.roofline.iter().filter_map(|p| Some((p.measurement_id.clone(), p.of_ceiling?))).collect();
        let words: Vec<String> = filter.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let matches = |m: &Measurement| {
            let text = || {
                let parts = [
                    &m.workload.id,
                    m.stack.as_str(),
                    &m.device.id,
                    &m.device.name,
                    &m.target,
                    m.status.label(),
                    &m.run_id,
                ];
                parts.join(" ").to_lowercase()
            };
            words.is_empty() || {
                let text = text();
                words.iter().all(|w| text.contains(w.as_str()))
            }
        };
        let mut rows: Vec<(u32, Option<f64>, String)> = measurements
            .iter()
            .enumerate()
            .filter(|(_, m)| matches(m))
            .map(|(i, m)| {
                let column = sort.column;
                let text = if column.is_text() { column.text(m, &self.of_ceiling) } else { String::new() };
                (i as u32, column.value(m, &self.of_ceiling), text)
            })
            .collect();
        rows.sort_by(|a, b| {
            let order = match (a.1, b.1) {
                (Some(x), Some(y)) => x.total_cmp(&y),
                (None, None) => a.2.cmp(&b.2),
                // What has no value comes last, whichever way the table is sorted.
                (x, y) => return y.is_some().cmp(&x.is_some()),
            };
            if sort.descending { order.reverse() } else { order }
        });
        self.rows = rows.into_iter().map(|(i, _, _)| i).collect();
        self.key = Some(key);
    }
}

impl ResultsView {
    /// Selects a measurement and brings it into sight.
    pub fn select(&mut self, id: String) {
        self.filter.clear();
        self.selected = Some(id);
        self.scroll_to_selected = true;
    }

    /// Draws the view.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let workbench = scene.workbench;
        let measurements = workbench.measurements();
        let assessment = workbench.assessment();
        if measurements.is_empty() {
            let text = "Run the study's suite, or import results with `assay results import`.";
            if empty_state(ui, Icon::Results, "Nothing has been measured yet", text, Some("Go to Benchmarks")) {
                scene.requests.push(Request::show(View::Benchmarks));
            }
            return;
        }
        self.order.update(measurements, assessment, &self.filter, self.sort);
        if self.selected.is_none() {
            let mut shown = self.order.rows.iter().filter_map(|i| measurements.get(*i as usize));
            let first = shown.clone().find(|m| m.status.passed()).or_else(|| shown.next());
            self.selected = first.map(|m| m.id.clone());
        }
        let selected = self.selected.as_deref().and_then(|id| measurements.iter().find(|m| m.id == id));
        Panel::right("measurement")
            .exact_size(322.0)
            .resizable(false)
            .show_separator_line(false)
            .frame(side_frame())
            .show(ui, |ui| {
                if let Some(measurement) = selected {
                    self.panel.ui(ui, measurement, assessment);
                }
            });
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = theme::GAP;
            let height = ui.available_height();
            card_filled(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 6.0;
                self.toolbar(ui, measurements);
                ui.push_id("results", |ui| {
                    ui.set_height((height * 0.5 - 60.0).max(120.0));
                    self.table(ui, measurements);
                });
            });
            card(ui, "Roofline of the measured ceilings", |ui| {
                if let Some(id) = self.roofline.ui(ui, assessment, self.selected.as_deref()) {
                    self.selected = Some(id);
                    self.scroll_to_selected = true;
                }
            });
        });
    }

    fn toolbar(&mut self, ui: &mut Ui, measurements: &[Measurement]) {
        ui.horizontal(|ui| {
            let edit = TextEdit::singleline(&mut self.filter)
                .hint_text("Filter by workload, stack, device, status")
                .desired_width(280.0);
            ui.add(edit).accessible_name("Filter the results");
            let (shown, all) = (self.order.rows.len() as f64, measurements.len() as f64);
            ui.label(theme::caption(format!("{} of {}", format::thousands(shown, 0), format::thousands(all, 0))));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.button("Copy table").on_hover_text("The rows shown, tab-separated").clicked() {
                    ui.ctx().copy_text(self.tab_separated(measurements));
                }
            });
        });
    }

    fn tab_separated(&self, measurements: &[Measurement]) -> String {
        let mut text = Field::ALL.map(Field::title).join("\t");
        for m in self.order.rows.iter().filter_map(|i| measurements.get(*i as usize)) {
            text.push('\n');
            text.push_str(&Field::ALL.map(|f| f.text(m, &self.order.of_ceiling)).join("\t"));
        }
        text
    }

    fn table(&mut self, ui: &mut Ui, measurements: &[Measurement]) {
        let spacing = ui.spacing().item_spacing.x;
        let scroll_bar = ui.spacing().scroll.bar_width + spacing;
        let fields = Field::fitting(ui.available_width() - scroll_bar, spacing);
        let mut builder = table::builder(ui, "measurements")
            .sense(Sense::click())
            .auto_shrink([false, false])
            .column(Column::remainder().at_least(Field::Workload.width()).clip(true));
        for field in fields.iter().skip(1) {
            builder = builder.column(Column::exact(field.width()).clip(true));
        }
        if std::mem::take(&mut self.scroll_to_selected)
            && let Some(id) = &self.selected
            && let Some(at) =
                self.order.rows.iter().position(|i| measurements.get(*i as usize).is_some_and(|m| m.id == *id))
        {
            builder = builder.scroll_to_row(at, Some(egui::Align::Center));
        }
        builder
            .header(theme::HEADER, |mut header| {
                for &field in &fields {
                    header.col(|ui| table::sort_title(ui, field.title(), !field.is_text(), field, &mut self.sort));
                }
            })
            .body(|body| {
                body.rows(theme::ROW, self.order.rows.len(), |mut row| {
                    let index = self.order.rows.get(row.index()).copied().unwrap_or_default();
                    let Some(m) = measurements.get(index as usize) else { return };
                    row.set_selected(self.selected.as_deref() == Some(m.id.as_str()));
                    for &field in &fields {
                        row.col(|ui| cell(ui, field, m, &self.order.of_ceiling));
                    }
                    if row.response().clicked() {
                        self.selected = Some(m.id.clone());
                    }
                });
            });
    }
}

fn cell(ui: &mut Ui, field: Field, m: &Measurement, of_ceiling: &HashMap<String, f64>) {
    let text = field.text(m, of_ceiling);
    match field {
        Field::Status => {
            let response = chip(ui, &text, status_color(ui, &m.status));
            if let Some(reason) = m.status.reason() {
                response.on_hover_text(reason);
            }
        }
        Field::Device => {
            table::text(ui, text).on_hover_text(&m.device.name);
        }
        Field::Noise if m.is_noisy() => {
            let color = Tokens::of(ui).warning;
            table::right(ui, theme::number(text).color(color)).on_hover_text(
                "Noisy: other load or clocks moved while it was measured. It is not ranked without saying so.",
            );
        }
        Field::P99 => {
            let certified = m.timing.as_ref().is_some_and(|t| t.statistics.certified_p99_secs.is_some());
            let hover = if certified {
                "Certified: the 99th percentile is not above this with a confidence of 99 %."
            } else {
                "Empirical: too few samples to certify the percentile."
            };
            let response = table::number(ui, text.clone());
            if text != format::UNKNOWN {
                response.on_hover_text(hover);
            }
        }
        Field::Throughput => {
            table::number(ui, text).on_hover_text(format!("{}: {}", m.evidence, m.evidence.description()));
        }
        _ if field.is_text() => {
            table::text(ui, text);
        }
        _ => {
            table::number(ui, text);
        }
    }
}
