//! The demand editor: a table by quarter, the model of each forecast, and tables pasted from a spreadsheet.

use assay_base::format;
use assay_service::Command;
use assay_service::editing::capacity::{self as editing, GrowthKind, of_forecast, table_of};
use assay_service::editing::pasted::{PastedDemand, demand_table};
use assay_service::study::capacity::{DemandScenario, GrowthModel};
use egui::{ComboBox, Id, Modal, ScrollArea, TextEdit, Ui};
use egui_extras::Column;
use egui_plot::{Line, PlotPoint, PlotPoints};
use serde_json::Value;

use super::fleet::whole;
use super::{CapacityView, Shown};
use crate::requests::{Request, Scene};
use crate::theme::{self, Tokens};
use crate::widgets::bars::legend;
use crate::widgets::entry::{Number, line, number, number_row, row};
use crate::widgets::plot::{Scale as Axis, house_plot, quarters as quarter_names, with_axes};
use crate::widgets::slider::Scale;
use crate::widgets::{Icon, bullet, card, copy, primary_button, table};

/// Width of the editor of a forecast, right of the table.
const EDITOR: f32 = 300.0;
/// Width of the names of quarters, and of the fields of a forecast.
const QUARTER: f32 = 84.0;
const FORECAST: f32 = 116.0;
/// Space between table, plot and editor.
const GAP: f32 = 16.0;
/// The least width of a plot that tells something.
const PLOT: f32 = 240.0;

/// The dialog in which a table is pasted.
#[derive(Debug, Default)]
pub struct Paste {
    text: String,
    is_new: bool,
}

impl CapacityView {
    pub(super) fn demand(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, shown: &Shown<'_>) {
        let study = scene.workbench.study();
        let stated = study.capacity.as_ref().map_or(&[][..], |capacity| &capacity.demand);
        let title = format!("Demand, {} a month on average of the quarter", shown.plan.item);
        card(ui, &title, |ui| {
            ui.horizontal(|ui| {
                if ui.button("Add forecast").clicked() {
                    scene.requests.push(Request::Apply(editing::add_forecast(study)));
                }
                if ui.button("Paste a table…").clicked() {
                    self.paste = Some(Paste { text: String::new(), is_new: true });
                }
                if stated.is_empty() {
                    ui.label(theme::caption("The study's own demand is planned; a forecast can be edited here."));
                }
            });
            ui.horizontal_top(|ui| {
                let all = ui.available_width();
                let editor_width = if stated.is_empty() { 0.0 } else { EDITOR + GAP };
                let needed = QUARTER + shown.plan.demand.len() as f32 * (FORECAST + 8.0) + 12.0;
                let width = needed.min((all - editor_width).max(200.0));
                ui.vertical(|ui| {
                    ui.set_width(width);
                    quarters(ui, scene, shown, stated);
                });
                let left = all - width - editor_width - 2.0 * GAP;
                if left > PLOT {
                    ui.vertical(|ui| {
                        ui.set_width(left);
                        plot(ui, shown);
                    });
                }
                ui.vertical(|ui| {
                    ui.set_width(EDITOR);
                    if let Some(forecast) = stated.iter().find(|forecast| forecast.id == shown.forecast) {
                        editor(ui, scene, forecast);
                    }
                });
            });
        });
    }

    /// The dialog in which a table is pasted, while it is open.
    pub(super) fn paste_dialog(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let Some(paste) = &mut self.paste else { return };
        let mut is_over = false;
        let modal = Modal::new(Id::unique("paste a table of demand")).show(ui, |ui| {
            ui.set_width(560.0);
            ui.label(theme::page_title("Paste a table of demand"));
            ui.label(theme::caption(
                "Copy a range from a spreadsheet: a row for each quarter, a column for each forecast. Titles in the \
                 first row and quarters (2027-Q1) in the first column are understood.",
            ));
            ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
                let field = TextEdit::multiline(&mut paste.text).desired_rows(9).desired_width(f32::INFINITY);
                let response = ui.add(field.font(theme::mono_font())).accessible_name("Table");
                if std::mem::take(&mut paste.is_new) {
                    response.request_focus();
                }
            });
            let read = demand_table(&paste.text);
            let tokens = Tokens::of(ui);
            match &read {
                Ok(table) => bullet(ui, Icon::Check, tokens.success, &told(table)),
                Err(_) if paste.text.trim().is_empty() => {}
                Err(error) => bullet(ui, Icon::Warning, tokens.error, error),
            }
            ui.horizontal(|ui| {
                let taken = read.and_then(|table| editing::take_up(scene.workbench.study(), &table));
                if let Err(error) = &taken
                    && !paste.text.trim().is_empty()
                    && demand_table(&paste.text).is_ok()
                {
                    bullet(ui, Icon::Warning, tokens.error, error);
                }
                if primary_button(ui, taken.is_ok(), "Take the table").clicked()
                    && let Ok(command) = taken
                {
                    scene.requests.push(Request::Apply(command));
                    is_over = true;
                }
                is_over |= ui.button("Leave it").clicked();
            });
        });
        if is_over || modal.should_close() {
            self.paste = None;
        }
    }
}

/// What was read, in a sentence.
fn told(table: &PastedDemand) -> String {
    let quarters = table.forecasts.first().map_or(0, |forecast| forecast.items_per_month.len());
    let names: Vec<&str> = table.forecasts.iter().filter_map(|forecast| forecast.name.as_deref()).collect();
    let names = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    let begins = table.begins.map(|quarter| format!(" from {quarter} on")).unwrap_or_default();
    format!("{quarters} quarters{begins}, forecasts {}{names}", table.forecasts.len())
}

/// The table by quarter; the forecasts of the study can be edited in place.
fn quarters(ui: &mut Ui, scene: &mut Scene<'_>, shown: &Shown<'_>, stated: &[DemandScenario]) {
    let forecasts = &shown.plan.demand;
    let tables: Vec<Vec<f64>> = forecasts.iter().map(|forecast| table_of(&forecast.monthly_items)).collect();
    let (workbench, requests) = (scene.workbench, &mut *scene.requests);
    ScrollArea::horizontal().id_salt("demand by quarter").show(ui, |ui| {
        table::builder(ui, "demand by quarter")
            .vscroll(false)
            .column(Column::exact(QUARTER))
            .columns(Column::exact(FORECAST), forecasts.len())
            .header(theme::HEADER, |mut header| {
                header.col(|ui| {
                    table::title(ui, "Quarter", false);
                });
                for forecast in forecasts {
                    header.col(|ui| {
                        table::title(ui, &forecast.name, true);
                    });
                }
            })
            .body(|body| {
                body.rows(theme::ROW, shown.plan.quarters.len(), |mut row| {
                    let index = row.index();
                    let Some(span) = shown.plan.quarters.get(index) else { return };
                    row.col(|ui| {
                        table::text(ui, span.quarter.to_string());
                    });
                    for (forecast, values) in forecasts.iter().zip(&tables) {
                        row.col(|ui| {
                            let Some(value) = values.get(index).copied() else { return };
                            if !stated.iter().any(|known| known.id == forecast.id) {
                                table::number(ui, format::compact(value));
                                return;
                            }
                            copy::note(ui, &format::thousands(value, 0));
                            let name = format!("Demand {} {}", forecast.name, span.quarter);
                            let entry = Number { name: &name, value: Some(value), scale: Scale::Logarithmic, hint: "" };
                            ui.spacing_mut().button_padding.y = 1.0;
                            let Some(Some(value)) = number(ui, 112.0, &entry) else { return };
                            let command = editing::set_quarter(workbench, shown.plan, &forecast.id, index, value);
                            requests.extend(command.map(Request::Apply));
                        });
                    }
                });
            });
    });
}

/// Every forecast by quarter.
fn plot(ui: &mut Ui, shown: &Shown<'_>) {
    let tokens = Tokens::of(ui);
    let forecasts = &shown.plan.demand;
    let width = |id: &str| if id == shown.forecast { 2.4 } else { 1.4 };
    legend(ui, forecasts.iter().enumerate().map(|(i, forecast)| (forecast.name.as_str(), tokens.series(i))));
    let names: Vec<String> = shown.plan.quarters.iter().map(|span| span.quarter.to_string()).collect();
    let plot = house_plot(ui, "demand").height(300.0).include_y(0.0).allow_zoom(false).allow_drag(false);
    let axes = with_axes(ui, plot, quarter_names(&names), Axis::new("").text(format::compact));
    axes.x_grid_spacer(whole).show(ui, |plot| {
        for (i, forecast) in forecasts.iter().enumerate() {
            let values = table_of(&forecast.monthly_items);
            let points = values.iter().enumerate().map(|(at, value)| PlotPoint::new(at as f64, *value)).collect();
            let line = Line::new(forecast.name.clone(), PlotPoints::Owned(points)).color(tokens.series(i));
            plot.line(line.width(width(&forecast.id)));
        }
    });
}

/// A number of a forecast: its key, name, unit, value, how it is shown, and what stands in the field without one.
type Field = (&'static str, &'static str, &'static str, Option<f64>, Scale, &'static str);

/// What a forecast is made from.
fn editor(ui: &mut Ui, scene: &mut Scene<'_>, forecast: &DemandScenario) {
    let (workbench, requests) = (scene.workbench, &mut *scene.requests);
    let id = forecast.id.as_str();
    let mut set = |key: &str, value: Value| {
        requests.push(Request::Apply(Command::set(of_forecast(id, key), value)));
    };
    let text = |value: String| if value.is_empty() { Value::Null } else { Value::from(value) };
    let stated = forecast.name.as_deref().unwrap_or(id);
    if let Some(name) = row(ui, "Name", "", |ui| line(ui, 170.0, "Name of the forecast", stated, id)) {
        set("name", text(name));
    }
    let kind = GrowthKind::of(forecast.growth.as_ref());
    let chosen = row(ui, "Growth", "", |ui| {
        let mut chosen = None;
        let combo = ComboBox::from_id_salt("growth").selected_text(kind.label()).width(164.0);
        let response = combo.show_ui(ui, |ui| {
            for other in GrowthKind::ALL {
                if ui.selectable_label(kind == other, other.label()).clicked() && kind != other {
                    chosen = Some(other);
                }
            }
        });
        response.response.accessible_name("Growth of the forecast");
        chosen
    });
    let plain = |decimals| Scale::Plain { decimals };
    let uses_start = !matches!(forecast.growth, Some(GrowthModel::Quarters { .. } | GrowthModel::Logistic { .. }));
    let mut rows: Vec<Field> = Vec::new();
    if uses_start {
        let hint = "the study's";
        rows.push(("items_per_month", "First month", "", forecast.items_per_month, Scale::Logarithmic, hint));
    }
    match &forecast.growth {
        Some(GrowthModel::Linear { added_per_month }) => {
            let value = Some(*added_per_month);
            rows.push(("growth.added_per_month", "Added each month", "", value, Scale::Logarithmic, ""));
        }
        Some(GrowthModel::Compound { per_month }) => {
            rows.push(("growth.per_month", "More each month", "", Some(*per_month), Scale::Percent, ""));
        }
        Some(GrowthModel::Logistic { ceiling_per_month, steepness_per_month, midpoint_month }) => {
            let ceiling = Some(*ceiling_per_month);
            rows.push(("growth.ceiling_per_month", "Ceiling", "a month", ceiling, Scale::Logarithmic, ""));
            rows.push(("growth.steepness_per_month", "Steepness", "a month", Some(*steepness_per_month), plain(3), ""));
            rows.push(("growth.midpoint_month", "Half of it in", "month", Some(*midpoint_month), plain(1), ""));
        }
        Some(GrowthModel::Quarters { .. }) | None => {}
    }
    rows.push(("peak_to_average", "Peak to average", "", forecast.peak_to_average, plain(2), "the study's"));
    rows.push(("weight", "Weight", "to the others", forecast.weight, plain(2), "none"));
    for (key, name, unit, value, scale, hint) in rows {
        let entry = Number { name, value, scale, hint };
        if let Some(value) = number_row(ui, name, unit, &entry) {
            set(key, value.map_or(Value::Null, Value::from));
        }
    }
    let source = forecast.source.as_deref().unwrap_or_default();
    let hint = "where it comes from";
    if let Some(source) = row(ui, "Source", "", |ui| line(ui, 170.0, "Source of the forecast", source, hint)) {
        set("source", text(source));
    }
    if !forecast.season.is_empty() {
        let factors: Vec<String> = forecast.season.iter().map(|factor| format::significant(*factor, 3)).collect();
        ui.label(theme::caption(format!("Season: {}", factors.join(", "))))
            .on_hover_text("Factors on the months or quarters of the calendar year. Figures in the table contain it.");
    }
    if let Some(chosen) = chosen {
        requests.extend(editing::growth_of_kind(workbench, id, chosen).map(Request::Apply));
    }
    ui.add_space(4.0);
    if ui.button("Remove forecast").clicked() {
        requests.push(Request::Apply(editing::remove_forecast(id)));
    }
}
