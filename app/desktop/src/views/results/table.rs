//! The table of measurements: only the rows in sight are drawn, however many there are.

use std::collections::BTreeSet;

use assay_base::format;
use assay_service::core::Measurement;
use egui::{Align, Button, Sense, Ui};
use egui_extras::Column;

use super::index::Row;
use super::order::{Field, Order};
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::views::progress::status_color;
use crate::widgets::chip;
use crate::widgets::table::{self, Sort};

/// What stands in a line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineOf {
    Group(usize),
    Row(u32),
}

/// The lines of groups, some of them closed.
#[derive(Debug, Default)]
pub struct Lines {
    /// For each group its first line and its first row.
    starts: Vec<(usize, usize)>,
    count: usize,
}

impl Lines {
    /// The lines of an order; `closed` groups have one.
    pub fn of(order: &Order, closed: &BTreeSet<String>) -> Self {
        if order.groups.is_empty() {
            return Self { starts: Vec::new(), count: order.rows.len() };
        }
        let (mut line, mut row, mut starts) = (0, 0, Vec::with_capacity(order.groups.len()));
        for group in &order.groups {
            starts.push((line, row));
            line += 1 + if closed.contains(&*group.name) { 0 } else { group.len };
            row += group.len;
        }
        Self { starts, count: line }
    }

    fn at(&self, order: &Order, line: usize) -> Option<LineOf> {
        if self.starts.is_empty() {
            return order.rows.get(line).map(|at| LineOf::Row(*at));
        }
        let group = self.starts.partition_point(|(first, _)| *first <= line).checked_sub(1)?;
        let (first, row) = *self.starts.get(group)?;
        if line == first {
            return Some(LineOf::Group(group));
        }
        order.rows.get(row + (line - first - 1)).map(|at| LineOf::Row(*at))
    }

    /// The line of a row.
    fn line_of(&self, order: &Order, at: u32) -> Option<usize> {
        let position = order.rows.iter().position(|row| *row == at)?;
        let group = self.starts.partition_point(|(_, row)| *row <= position).checked_sub(1);
        match group.and_then(|group| self.starts.get(group)) {
            Some((first, row)) => Some(first + 1 + (position - row)),
            None => Some(position),
        }
    }
}

/// What was done in the table.
#[derive(Debug, Default)]
pub struct Touched {
    /// The row that was clicked.
    pub clicked: Option<u32>,
    /// Whether it was clicked to be added to the rows chosen.
    pub with_control: bool,
    /// The group that was opened or closed.
    pub toggled: Option<String>,
}

/// What the table shows.
pub struct Table<'a> {
    pub order: &'a Order,
    pub lines: &'a Lines,
    pub closed: &'a BTreeSet<String>,
    pub measurements: &'a [Measurement],
    pub selected: Option<u32>,
    pub chosen: &'a [u32],
    /// A row to bring into sight.
    pub scroll_to: Option<u32>,
}

/// Draws the table.
pub fn ui(ui: &mut Ui, table: &Table<'_>, sort: &mut Sort<Field>) -> Touched {
    let mut touched = Touched::default();
    let spacing = ui.spacing().item_spacing.x;
    let scroll_bar = ui.spacing().scroll.bar_width + spacing;
    let fields = Field::fitting(ui.available_width() - scroll_bar, spacing);
    let control = ui.input(|i| i.modifiers.command);
    let mut builder = table::bare(ui, "measurements")
        .sense(Sense::CLICK)
        .auto_shrink([false, false])
        .column(Column::remainder().at_least(Field::Workload.width()).clip(true));
    for field in fields.iter().skip(1) {
        builder = builder.column(Column::exact(field.width()).clip(true));
    }
    if let Some(line) = table.scroll_to.and_then(|at| table.lines.line_of(table.order, at)) {
        builder = builder.scroll_to_row(line, Some(Align::Center));
    }
    builder
        .header(theme::HEADER, |mut header| {
            for &field in &fields {
                header.col(|ui| table::sort_title(ui, field.title(), !field.is_text(), field, sort));
            }
        })
        .body(|body| {
            body.rows(theme::ROW, table.lines.count, |mut line| match table.lines.at(table.order, line.index()) {
                Some(LineOf::Group(at)) => {
                    let Some(group) = table.order.groups.get(at) else { return };
                    let open = !table.closed.contains(&*group.name);
                    for (i, _) in fields.iter().enumerate() {
                        line.col(|ui| match i {
                            0 => {
                                let mark = if open { "−" } else { "+" };
                                let button = Button::new(theme::strong(format!("{mark} {}", group.name)));
                                if ui.add(button.frame(false).truncate()).clicked() {
                                    touched.toggled = Some(group.name.to_string());
                                }
                            }
                            1 => {
                                table::text(ui, theme::caption(format::thousands(group.len as f64, 0)));
                            }
                            3 => {
                                let text = format!("{} passed", format::thousands(group.passed as f64, 0));
                                table::text(ui, theme::caption(text));
                            }
                            _ => {}
                        });
                    }
                    if line.response().clicked() {
                        touched.toggled = Some(group.name.to_string());
                    }
                }
                Some(LineOf::Row(at)) => {
                    let Some(row) = table.order.snapshot.row(at) else { return };
                    line.set_selected(table.selected == Some(at) || table.chosen.contains(&at));
                    for &field in &fields {
                        line.col(|ui| cell(ui, field, row, table.order, table.measurements.get(at as usize)));
                    }
                    if line.response().clicked() {
                        touched.clicked = Some(at);
                        touched.with_control = control;
                    }
                }
                None => {}
            });
        });
    touched
}

fn cell(ui: &mut Ui, field: Field, row: &Row, order: &Order, measurement: Option<&Measurement>) {
    let snapshot = &order.snapshot;
    let text = field.text(row, snapshot, Units::of(ui));
    match field {
        Field::Status => {
            let Some(status) = measurement.map(|m| &m.status) else { return };
            let response = chip(ui, &text, status_color(ui, status));
            if let Some(reason) = status.reason() {
                response.on_hover_text(reason);
            }
        }
        Field::Device => {
            let name = snapshot.subject(row).map_or("", |s| snapshot.name(s.device_name));
            table::text(ui, text).on_hover_text(name);
        }
        Field::Noise if row.noisy => {
            let color = Tokens::of(ui).warning;
            table::right(ui, theme::number(text).color(color)).on_hover_text(
                "Noisy: other load or clocks moved while it was measured. It is not ranked without saying so.",
            );
        }
        Field::P99 => {
            let response = table::number(ui, text);
            if row.p99_secs.is_some() {
                response.on_hover_text(if row.p99_certified {
                    "Certified: the 99th percentile is not above this with a confidence of 99 %."
                } else {
                    "Empirical: too few samples to certify the percentile."
                });
            }
        }
        Field::Throughput => {
            let response = table::number(ui, text);
            if let Some(m) = measurement {
                response.on_hover_text(format!("{}: {}", m.evidence, m.evidence.description()));
            }
        }
        _ if field.is_text() => {
            table::text(ui, text);
        }
        _ => {
            table::number(ui, text);
        }
    }
}
