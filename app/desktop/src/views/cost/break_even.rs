//! Where options become cheaper than others: curves along a driver, and the break-evens of each option.

use assay_base::format;
use assay_service::Assessment;
use assay_service::analysis::{Analysis, drivers};
use assay_service::cost_models::evaluation::{BreakEven, Driver};
use assay_service::what_if::OptionBreakEven;
use egui::{ComboBox, Ui};
use egui_extras::Column;
use egui_plot::{HoverPosition, Line, LineStyle, PlotPoint, PlotPoints, VLine};

use super::charts::options;
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::bars::legend;
use crate::widgets::plot::{Scale, house_plot, with_axes};
use crate::widgets::{Icon, bullet, card, table};

/// Draws both cards; the driver can be changed.
pub fn ui(ui: &mut Ui, assessment: &Assessment, analysis: Option<&Analysis>, driver: &mut Driver) {
    let currency = Units::of(ui).currency(assessment.study.currency);
    let code = currency.code();
    card(ui, &format!("Present value of all costs along one input, {code}"), |ui| {
        picker(ui, assessment, driver);
        match analysis.map(|analysis| &analysis.curves) {
            None => {
                ui.add(egui::Spinner::new().size(20.0));
            }
            Some(Err(reason)) => bullet(ui, Icon::Warning, Tokens::of(ui).warning, reason),
            Some(Ok(curves)) => plot(ui, assessment, curves),
        }
    });
    card(ui, "Where one becomes cheaper than the other", |ui| match analysis.map(|analysis| &analysis.break_evens) {
        None => {
            ui.add(egui::Spinner::new().size(20.0));
        }
        Some(Err(reason)) => bullet(ui, Icon::Warning, Tokens::of(ui).warning, reason),
        Some(Ok(found)) if found.is_empty() => {
            let text = "Two options with a price and a throughput are needed to find one.";
            bullet(ui, Icon::Info, Tokens::of(ui).text_subdued, text);
        }
        Some(Ok(found)) => list(ui, assessment, found),
    });
}

fn name<'a>(assessment: &'a Assessment, id: &'a str) -> &'a str {
    assessment.evaluation(id).map_or(id, |evaluation| evaluation.name.as_str())
}

fn words(assessment: &Assessment, driver: &Driver) -> String {
    match driver.option() {
        Some(id) => format!("{} of {}", driver.label(), name(assessment, id)),
        None => driver.label().to_owned(),
    }
}

fn picker(ui: &mut Ui, assessment: &Assessment, driver: &mut Driver) {
    ui.horizontal(|ui| {
        ui.label(theme::caption("Along"));
        let combo = ComboBox::from_id_salt("driver").selected_text(words(assessment, driver)).width(320.0);
        let response = combo.truncate().show_ui(ui, |ui| {
            for other in drivers(assessment) {
                if ui.selectable_label(other == *driver, words(assessment, &other)).clicked() {
                    *driver = other;
                }
            }
        });
        response.response.accessible_name("Input along which cost is shown");
    });
}

/// A value of a driver as it is shown.
fn shown(driver: &Driver, value: f64) -> String {
    match driver {
        Driver::Utilisation | Driver::DiscountRate | Driver::PriceFactor(_) | Driver::Availability => {
            format::percent(value, 0)
        }
        Driver::Horizon => format!("{} months", format::thousands(value, 0)),
        Driver::Throughput(_) => format!("{}/s", format::compact(value)),
        _ => format::compact(value),
    }
}

fn plot(ui: &mut Ui, assessment: &Assessment, curves: &assay_service::cost_models::evaluation::CostCurves) {
    let tokens = Tokens::of(ui);
    let currency = assessment.study.currency;
    let drawn = options(assessment).filter(|(_, e)| {
        let line = curves.lines.iter().find(|line| line.id == e.id);
        line.is_some_and(|line| line.figures.iter().any(Option::is_some))
    });
    legend(ui, drawn.map(|(i, e)| (e.name.as_str(), tokens.series(i))));
    // Drivers that span decades are drawn by their logarithm, as they were walked through.
    let first = curves.values.first().copied().unwrap_or(1.0);
    let last = curves.values.last().copied().unwrap_or(1.0);
    let is_log = first > 0.0 && last / first > 20.0;
    let x = move |value: f64| if is_log { value.log10() } else { value };
    let back = move |x: f64| if is_log { 10f64.powf(x) } else { x };
    let figures = curves.lines.iter().flat_map(|line| &line.figures).flatten().copied();
    let (least, most) = figures.filter(|f| *f > 0.0).fold((f64::INFINITY, 0.0f64), |(a, b), f| (a.min(f), b.max(f)));
    let is_log_y = most / least > 50.0;
    let y = move |value: f64| if is_log_y { value.max(least).log10() } else { value };
    let back_y = move |y: f64| if is_log_y { 10f64.powf(y) } else { y };
    let driver = curves.driver.clone();
    let units = Units::of(ui);
    let hover = move |position: &HoverPosition<'_>| match position {
        HoverPosition::NearDataPoint { plot_name, position, .. } => {
            let amount = units.money(back_y(position.y), currency);
            Some(format!("{plot_name}\n{}: {amount}", shown(&driver, back(position.x))))
        }
        HoverPosition::Elsewhere { .. } => None,
    };
    let driver = curves.driver.clone();
    let horizontal = Scale::new(&words(assessment, &curves.driver)).text(move |at| shown(&driver, back(at)));
    let money = Scale::new("").text(move |amount| units.money(back_y(amount), currency));
    let plot = house_plot(ui, "break-even").height(300.0).label_formatter(hover);
    let plot = if is_log { plot.x_grid_spacer(crate::widgets::plot::decades) } else { plot };
    let plot = if is_log_y { plot.y_grid_spacer(crate::widgets::plot::decades) } else { plot.include_y(0.0) };
    let inputs: Vec<_> = assessment.options.iter().map(|option| option.input.clone()).collect();
    let now = curves.driver.value(&inputs, &assessment.assumptions);
    with_axes(ui, plot, horizontal, money).show(ui, |plot| {
        for (i, e) in options(assessment) {
            let Some(line) = curves.lines.iter().find(|line| line.id == e.id) else { continue };
            let points: Vec<PlotPoint> = curves
                .values
                .iter()
                .zip(&line.figures)
                .filter_map(|(value, figure)| Some(PlotPoint::new(x(*value), y((*figure)?))))
                .collect();
            plot.line(Line::new(e.name.clone(), PlotPoints::Owned(points)).color(tokens.series(i)).width(1.8));
        }
        if let Some(now) = now {
            let dashed = LineStyle::Dashed { length: 5.0 };
            plot.vline(VLine::new("now", x(now)).color(tokens.text_subdued).style(dashed).width(1.0));
        }
    });
    for part in &curves.best {
        let (from, to) = (shown(&curves.driver, part.from), shown(&curves.driver, part.to));
        let best = part.best.as_deref().map_or("no option", |id| name(assessment, id));
        bullet(ui, Icon::Dot, tokens.accent, &format!("{from} to {to}: {best} costs least"));
    }
    ui.label(theme::caption("Dashed: the value now."));
}

fn list(ui: &mut Ui, assessment: &Assessment, found: &[OptionBreakEven]) {
    let titles = [("Option", false), ("Against", false), ("Input", false), ("Now", true), ("Break-even", true)];
    table::builder(ui, "break-evens")
        .vscroll(false)
        .columns(Column::remainder().at_least(130.0).clip(true), 2)
        .column(Column::exact(170.0).clip(true))
        .column(Column::exact(96.0))
        .column(Column::exact(150.0).clip(true))
        .header(theme::HEADER, |mut header| {
            for (title, at_right) in titles {
                header.col(|ui| {
                    table::title(ui, title, at_right);
                });
            }
        })
        .body(|body| {
            body.rows(theme::ROW, found.len(), |mut row| {
                let Some(one) = found.get(row.index()) else { return };
                for id in [&one.option, &one.against] {
                    row.col(|ui| {
                        table::text(ui, name(assessment, id));
                    });
                }
                row.col(|ui| {
                    table::text(ui, one.driver.label());
                });
                row.col(|ui| {
                    table::number(ui, shown(&one.driver, one.now));
                });
                let range = format!("{} to {}", shown(&one.driver, one.range.0), shown(&one.driver, one.range.1));
                let (text, hover) = match &one.answer {
                    BreakEven::Value { value, cheaper_below, cheaper_above, changes_again } => {
                        let again = if *changes_again { " The order changes again further on." } else { "" };
                        let (below, above) = (name(assessment, cheaper_below), name(assessment, cheaper_above));
                        (shown(&one.driver, *value), format!("Below it {below}, above it {above} costs less.{again}"))
                    }
                    BreakEven::NotReached { cheaper } => {
                        let cheaper = cheaper.as_deref().map_or("both alike", |id| name(assessment, id));
                        ("not reached".to_owned(), format!("From {range}: {cheaper}."))
                    }
                    BreakEven::NotVerified { reason } => ("not known".to_owned(), reason.clone()),
                };
                row.col(|ui| {
                    table::number(ui, text).on_hover_text(hover);
                });
            });
        });
}
