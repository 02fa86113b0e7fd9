//! Cumulative cost month by month, with the band that the samples spread it over.

use assay_base::format;
use assay_service::Assessment;
use assay_service::analysis::Analysis;
use egui::Ui;
use egui_plot::{FilledArea, HoverPosition, Line, PlotPoint, PlotPoints};

use super::charts::options;
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::bars::legend;
use crate::widgets::plot::{Scale, house_plot, with_axes};
use crate::widgets::{Icon, bullet, card};

/// Draws the card.
pub fn ui(ui: &mut Ui, assessment: &Assessment, analysis: Option<&Analysis>) {
    let currency = Units::of(ui).currency(assessment.study.currency);
    let code = currency.code();
    card(ui, &format!("Cumulative cost by month, {code}"), |ui| plot(ui, assessment, analysis));
}

fn plot(ui: &mut Ui, assessment: &Assessment, analysis: Option<&Analysis>) {
    let tokens = Tokens::of(ui);
    let currency = assessment.study.currency;
    let bands = analysis.and_then(|analysis| analysis.bands.as_ref().ok()).map_or(&[][..], Vec::as_slice);
    // More than two bands hide each other: the one recommended and what is done today.
    let recommended = assessment.answer.recommended.as_deref();
    let banded = |id: &str| Some(id) == recommended || id == assessment.study.baseline;
    let units = Units::of(ui);
    let hover = move |position: &HoverPosition<'_>| match position {
        HoverPosition::NearDataPoint { plot_name, position, .. } => {
            let amount = units.money(position.y, currency);
            Some(format!("{plot_name}\nafter month {}: {amount}", format::thousands(position.x, 0)))
        }
        HoverPosition::Elsewhere { .. } => None,
    };
    let shown = options(assessment).filter(|(_, e)| e.tco.is_some());
    legend(ui, shown.map(|(i, e)| (e.name.as_str(), tokens.series(i))));
    let plot = house_plot(ui, "cash").height(360.0).include_y(0.0).label_formatter(hover);
    let money = Scale::new("").text(move |amount| units.money(amount, currency));
    with_axes(ui, plot, Scale::new("Month"), money).show(ui, |plot| {
        for (i, e) in options(assessment) {
            let Some(band) = bands.iter().find(|band| band.option == e.id && banded(&e.id)) else { continue };
            let months: Vec<f64> = (0..band.p10.len()).map(|month| month as f64).collect();
            let area = FilledArea::new(format!("{}, P10 to P90", e.name), &months, &band.p10, &band.p90);
            plot.add(area.fill_color(theme::tint(tokens.series(i))).allow_hover(false));
        }
        for (i, e) in options(assessment) {
            let Some(tco) = &e.tco else { continue };
            let sums = tco.cumulative();
            let points = sums.iter().enumerate().map(|(month, sum)| PlotPoint::new(month as f64, *sum)).collect();
            let width = if banded(&e.id) { 2.2 } else { 1.4 };
            plot.line(Line::new(e.name.clone(), PlotPoints::Owned(points)).color(tokens.series(i)).width(width));
        }
    });
    match analysis.map(|analysis| &analysis.bands) {
        None => {}
        Some(Err(reason)) => bullet(ui, Icon::Warning, tokens.warning, &format!("No bands: {reason}")),
        Some(Ok(bands)) if bands.is_empty() => {
            let text =
                "No bands: every input is one number. Give an assumption a distribution to see how sure this is.";
            bullet(ui, Icon::Info, tokens.text_subdued, text);
        }
        Some(Ok(_)) => {
            let text = "Lines: the values assumed. Bands: eight in ten samples, for the option recommended and for what \
                        is done today.";
            ui.label(theme::caption(text));
        }
    }
}
