//! Units in service against units needed, quarter by quarter: as a plot and as a table.

use assay_base::format;
use assay_service::capacity::{Ownership, PlannedQuarter, QuarterRow, ScenarioPlan};
use egui::Ui;
use egui_extras::Column;
use egui_plot::{Bar, BarChart, FilledArea, Line, PlotPoint, PlotPoints};

use super::Shown;
use crate::theme::{self, Tokens};
use crate::widgets::bars::legend;
use crate::widgets::plot::{Scale, house_plot, quarters, with_axes};
use crate::widgets::{card, table};

/// Draws the card; nothing where the option cannot be planned.
pub fn card_of(ui: &mut Ui, shown: &Shown<'_>) {
    let Some(scenario) = shown.scenario() else { return };
    card(ui, "Fleet against demand, units by quarter", |ui| {
        plot(ui, scenario);
        ui.add_space(4.0);
        rows(ui, shown, scenario);
    });
}

fn plot(ui: &mut Ui, scenario: &ScenarioPlan) {
    let tokens = Tokens::of(ui);
    let (held, ordered, missing) = (tokens.series(0), tokens.series(5), tokens.error);
    let needed = tokens.text_strong;
    let mut entries = vec![("in service before", held), ("added in the quarter", ordered), ("needed", needed)];
    let is_missing = scenario.quarters.iter().any(|q| q.missing > 0);
    if is_missing {
        entries.push(("missing", missing));
    }
    legend(ui, entries);
    let bars = |value: &dyn Fn(&PlannedQuarter) -> u64, color| {
        let bar = |(i, q): (usize, &PlannedQuarter)| Bar::new(i as f64, value(q) as f64).width(0.62).fill(color);
        scenario.quarters.iter().enumerate().map(bar).collect::<Vec<_>>()
    };
    let added = |q: &PlannedQuarter| (q.to_order + q.arriving).min(q.in_service);
    let before = BarChart::new("in service before", bars(&|q| q.in_service - added(q), held)).color(held);
    let new = BarChart::new("added in the quarter", bars(&added, ordered)).color(ordered).stack_on(&[&before]);
    let short =
        BarChart::new("missing", bars(&|q| q.missing, theme::wash(missing))).color(missing).stack_on(&[&before, &new]);
    // Steps: a quarter's need is the same from its begin to its end.
    let steps = |value: &dyn Fn(&PlannedQuarter) -> u64| -> Vec<[f64; 2]> {
        let step = |(i, q): (usize, &PlannedQuarter)| {
            let (at, value) = (i as f64, value(q) as f64);
            [[at - 0.5, value], [at + 0.5, value]]
        };
        scenario.quarters.iter().enumerate().flat_map(step).collect()
    };
    let (low, high) = (steps(&|q| q.needed_low), steps(&|q| q.needed_high));
    let xs: Vec<f64> = low.iter().map(|p| p[0]).collect();
    let ys = |points: &[[f64; 2]]| points.iter().map(|p| p[1]).collect::<Vec<f64>>();
    let line: Vec<PlotPoint> = steps(&|q| q.needed).into_iter().map(|[x, y]| PlotPoint::new(x, y)).collect();
    let names: Vec<String> = scenario.quarters.iter().map(|q| q.quarter.to_string()).collect();
    let plot = house_plot(ui, "fleet").height(220.0).include_y(0.0).allow_zoom(false).allow_drag(false);
    let units = Scale::new("").text(|value| format::thousands(value, 0));
    with_axes(ui, plot, quarters(&names), units).x_grid_spacer(whole).show(ui, |plot| {
        plot.bar_chart(before);
        plot.bar_chart(new);
        if is_missing {
            plot.bar_chart(short);
        }
        plot.add(FilledArea::new("needed, range", &xs, &ys(&low), &ys(&high)).fill_color(theme::tint(needed)));
        // A step is no run of samples to be drawn as a band.
        plot.line(Line::new("needed", PlotPoints::Owned(line)).color(needed).width(1.8).allow_band(false));
    });
}

/// A grid line for each quarter, or for every few of them where their names would not fit.
pub(super) fn whole(input: egui_plot::GridInput) -> Vec<egui_plot::GridMark> {
    let (low, high) = input.bounds;
    if !(low.is_finite() && high.is_finite()) || high - low > 1000.0 {
        return Vec::new();
    }
    // The least step of the plot is eight points wide, the name of a quarter sixty.
    let fitting = input.base_step_size * 60.0 / 8.0;
    let step = [1, 2, 4, 8].into_iter().find(|step| f64::from(*step) >= fitting).unwrap_or(16);
    (low.ceil() as i64..=high.floor() as i64)
        .filter(|at| at.rem_euclid(i64::from(step)) == 0)
        .map(|at| egui_plot::GridMark { value: at as f64, step_size: f64::from(step) })
        .collect()
}

fn rows(ui: &mut Ui, shown: &Shown<'_>, scenario: &ScenarioPlan) {
    let rented = shown.option.ownership == Ownership::Rented;
    let columns: [(&str, &str); 9] = [
        ("Quarter", ""),
        ("Peak", "a second"),
        ("Needed", "units"),
        ("Range", "units"),
        ("Arriving", "ordered before"),
        ("Leaving", "units"),
        (if rented { "Rent" } else { "Order" }, "units"),
        ("In service", "units"),
        ("At the peak", "of full load"),
    ];
    let builder = table::builder(ui, "fleet by quarter").vscroll(false);
    let builder = builder.column(Column::exact(84.0)).columns(Column::remainder().at_least(64.0).clip(true), 8);
    builder
        .header(theme::HEADER_WITH_UNIT, |mut header| {
            for (index, (title, unit)) in columns.iter().enumerate() {
                header.col(|ui| table::title_with_unit(ui, title, unit, index > 0));
            }
        })
        .body(|body| {
            body.rows(theme::ROW, scenario.quarters.len(), |mut row| {
                let Some(quarter) = scenario.quarters.get(row.index()) else { return };
                row.col(|ui| {
                    table::text(ui, quarter.quarter.to_string());
                });
                for text in cells(quarter) {
                    row.col(|ui| {
                        table::number(ui, text);
                    });
                }
            });
        });
}

fn cells(quarter: &PlannedQuarter) -> [String; 8] {
    let row = QuarterRow::of(quarter);
    [row.peak, row.needed, row.range, row.arriving, row.retiring, row.to_order, row.in_service, row.at_peak]
        .map(|cell| if cell.is_empty() { format::UNKNOWN.to_owned() } else { cell })
}
