//! The price history of a profile: every quote of an offer over time, and what to know about the one in force.

use std::collections::BTreeMap;

use assay_base::Currency;
use assay_base::format;
use assay_service::Workbench;
use assay_service::hardware_profiles::{Offer, PriceUnit, Profile, Quote};
use egui::{ComboBox, Label, Ui};
use egui_plot::{GridInput, GridMark, HoverPosition, Line, MarkerShape, PlotPoint, PlotPoints, Points, VLine};
use jiff::civil::Date;

use crate::theme::{self, Tokens};
use crate::widgets::bars::legend;
use crate::widgets::plot::{Scale, house_plot, with_axes};
use crate::widgets::{Icon, bullet};

/// The state of the plot: what the prices shown are for.
#[derive(Debug, Default)]
pub struct PriceHistory {
    unit: Option<(PriceUnit, Currency)>,
}

/// The most offers drawn.
const MOST: usize = 8;

impl PriceHistory {
    /// Draws the prices of one unit and currency, for one accelerator.
    pub fn ui(&mut self, ui: &mut Ui, profile: &Profile, workbench: &Workbench) {
        let tokens = Tokens::of(ui);
        let mut kinds: BTreeMap<String, (PriceUnit, Currency, usize)> = BTreeMap::new();
        for quote in profile.offers.iter().flat_map(|o| &o.quotes) {
            let name = format!("{} / {}", quote.currency, quote.per);
            kinds.entry(name).or_insert((quote.per, quote.currency, 0)).2 += 1;
        }
        if kinds.is_empty() {
            ui.label(theme::caption("Nobody has quoted a price."));
            return;
        }
        let known = kinds.values().any(|(per, currency, _)| self.unit == Some((*per, *currency)));
        if !known {
            self.unit = kinds.values().max_by_key(|(_, _, count)| *count).map(|(per, currency, _)| (*per, *currency));
        }
        let Some((per, currency)) = self.unit else { return };
        let shown = format!("{currency} / {per}");
        let combo = ComboBox::from_id_salt("price unit").selected_text(shown).show_ui(ui, |ui| {
            for (name, (per, currency, count)) in &kinds {
                let selected = self.unit == Some((*per, *currency));
                if ui.selectable_label(selected, format!("{name}  ({count})")).clicked() {
                    self.unit = Some((*per, *currency));
                }
            }
        });
        combo.response.accessible_name("Unit of the prices");
        let fits = |q: &&Quote| q.per == per && q.currency == currency;
        let mut offers: Vec<(&Offer, Vec<(&Quote, f64)>)> = profile
            .offers
            .iter()
            .map(|o| {
                let own = o.quotes.iter().filter(fits);
                (o, own.filter_map(|q| Some((q, o.per_accelerator(q)?.amount))).collect::<Vec<_>>())
            })
            .filter(|(_, quotes)| !quotes.is_empty())
            .collect();
        // Those with a history first.
        offers.sort_by_key(|(_, quotes)| std::cmp::Reverse(quotes.len()));
        let left_out = offers.len().saturating_sub(MOST);
        offers.truncate(MOST);
        plot(ui, &offers, currency, workbench.assessment().pricing_date);
        legend(ui, offers.iter().enumerate().map(|(i, (offer, _))| (offer.id.as_str(), tokens.series(i))));
        if left_out > 0 {
            ui.label(theme::caption(format!("{left_out} offers with fewer quotes are not drawn.")));
        }
        ui.add_space(4.0);
        let warned: Vec<(&str, String)> = profile
            .offers
            .iter()
            .filter_map(|offer| {
                let in_force = offer.quote_in_force(workbench.assessment().pricing_date).ok()?;
                let warnings: Vec<String> = in_force.warnings().iter().map(ToString::to_string).collect();
                (!warnings.is_empty()).then(|| (offer.id.as_str(), warnings.join("; ")))
            })
            .collect();
        if warned.is_empty() {
            bullet(ui, Icon::Check, tokens.success, "No price in force is old or far from a newer quote.");
        }
        for (offer, warning) in warned {
            bullet(ui, Icon::Warning, tokens.warning, &format!("{offer}: {warning}"));
        }
        ui.add(
            Label::new(theme::caption("Prices are those of one accelerator; the line is the study's pricing date."))
                .wrap(),
        );
    }
}

/// Days since 1970.
fn day(date: Date) -> f64 {
    f64::from((date - Date::constant(1970, 1, 1)).get_days())
}

fn date_at(day: f64) -> Option<Date> {
    let span = jiff::Span::new().try_days(day as i64).ok()?;
    Date::constant(1970, 1, 1).checked_add(span).ok()
}

/// The year where it begins, else the month.
fn date_text(day: f64) -> String {
    let text = |date: Date| date.strftime(if date.month() == 1 { "%Y" } else { "%b" }).to_string();
    date_at(day).map(text).unwrap_or_default()
}

/// A line a year, or a quarter where there are few years.
fn quarters(input: GridInput) -> Vec<GridMark> {
    let (Some(from), Some(to)) = (date_at(input.bounds.0), date_at(input.bounds.1)) else { return Vec::new() };
    let step: usize = if to.year() - from.year() > 2 { 12 } else { 3 };
    let years = from.year()..=to.year().min(from.year().saturating_add(60));
    let dates = years.flat_map(|year| (1..=12i8).step_by(step).filter_map(move |month| Date::new(year, month, 1).ok()));
    dates.map(|date| GridMark { value: day(date), step_size: 30.4 * step as f64 }).collect()
}

fn plot(ui: &mut Ui, offers: &[(&Offer, Vec<(&Quote, f64)>)], currency: Currency, pricing_date: Date) {
    let tokens = Tokens::of(ui);
    let hover = |position: &HoverPosition<'_>| {
        let HoverPosition::NearDataPoint { position, .. } = position else { return None };
        let all = offers.iter().flat_map(|(o, quotes)| quotes.iter().map(move |(q, price)| (o, q, price)));
        let found = all.into_iter().find(|(_, q, price)| day(q.as_of) == position.x && **price == position.y);
        found.map(|(offer, quote, price)| {
            format!("{}\n{} of {}\n{}", offer.id, format::money_in(*price, currency), quote.as_of, quote.source)
        })
    };
    let plot =
        house_plot(ui, "price history").height(190.0).include_y(0.0).x_grid_spacer(quarters).label_formatter(hover);
    let x = Scale::new("").text(date_text);
    let y = Scale::new("").text(move |v| format::money_in(v, currency));
    with_axes(ui, plot, x, y).show(ui, |plot| {
        plot.vline(VLine::new("pricing date", day(pricing_date)).color(tokens.border_strong).allow_hover(false));
        for (i, (offer, quotes)) in offers.iter().enumerate() {
            let points: Vec<PlotPoint> = quotes.iter().map(|(q, price)| PlotPoint::new(day(q.as_of), *price)).collect();
            let color = tokens.series(i);
            if points.len() > 1 {
                let line = Line::new(format!("{} line", offer.id), PlotPoints::Owned(points.clone()));
                plot.line(line.color(color).width(1.2).allow_hover(false));
            }
            let dots = Points::new(offer.id.as_str(), PlotPoints::Owned(points)).shape(MarkerShape::Circle);
            plot.points(dots.color(color).radius(3.0));
        }
    });
}
