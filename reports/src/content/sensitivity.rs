//! What one input at a time does to the answer.

use super::author::Author;
use super::input::{Sensitivity, Swing};
use crate::charts::{Chart, Quantity, TornadoChart, TornadoRow};
use crate::document::{Figure, Inline, Rich};
use crate::rich;
use assay_base::{Currency, Evidence, format};
use assay_cost_models::evaluation::Driver;

/// The strongest inputs as a figure, `shown` at most; `None` without an answer.
pub(super) fn figure(author: &mut Author<'_>, shown: usize) -> Option<Figure> {
    let sensitivity = author.input.sensitivity.as_ref().filter(|found| !found.swings.is_empty())?;
    let currency = author.input.assumptions.currency;
    let name = option_name(author, &sensitivity.option);
    let swings: Vec<&Swing> = sensitivity.swings.iter().filter(|swing| swing.width() > 0.0).take(shown).collect();
    let rows = swings
        .iter()
        .map(|swing| TornadoRow {
            label: label(author, &swing.driver),
            at_low: swing.npv_at_low,
            at_high: swing.npv_at_high,
            low: value_text(&swing.driver, swing.low, currency),
            high: value_text(&swing.driver, swing.high, currency),
        })
        .collect();
    Some(Figure {
        anchor: "sensitivity".to_owned(),
        takeaway: takeaway(author, sensitivity),
        chart: Chart::Tornado(TornadoChart {
            base: sensitivity.npv,
            result: format!("NPV of {name} against the baseline"),
            rows,
            quantity: Quantity::Money(currency),
        }),
        height_pt: 34.0 + 20.0 * swings.len() as f32,
        source: author.cost_source(
            "one input at a time between its low and high value, all others held; throughputs over their range, \
             everything else as the study says or a fifth down and up.",
        ),
    })
}

fn takeaway(author: &mut Author<'_>, sensitivity: &Sensitivity) -> Rich {
    let flips: Vec<&Swing> = sensitivity.flips().map(|(swing, _)| swing).collect();
    let Some(strongest) = sensitivity.swings.first() else { return Rich::new() };
    match flips.as_slice() {
        [] => rich![
            "No single input within its range turns the answer; ",
            Inline::name(label(author, &strongest.driver)),
            " moves it most"
        ],
        [only] => rich!["Only ", Inline::name(label(author, &only.driver)), " can turn the answer within its range"],
        several => {
            let count = author.count("sensitivity.flips", several.len());
            rich![
                count,
                " inputs can each turn the answer; ",
                Inline::name(label(author, &strongest.driver)),
                " moves it most"
            ]
        }
    }
}

/// The inputs that can turn the answer alone, as sentences; the strongest first.
pub(super) fn flipping(author: &mut Author<'_>) -> Vec<Rich> {
    let Some(sensitivity) = author.input.sensitivity.as_ref() else { return Vec::new() };
    let currency = author.input.assumptions.currency;
    sensitivity
        .flips()
        .enumerate()
        .map(|(index, (swing, flip))| {
            let show = |v| value_text(&swing.driver, v, currency);
            let at = author.value(format!("sensitivity.{index}.at"), Some(flip.at), show, Some(Evidence::Assumed));
            rich![
                Inline::strong(Inline::name(label(author, &swing.driver))),
                if flip.is_below { " at " } else { " from " },
                at,
                if flip.is_below { " or less: " } else { " on: " },
                Inline::name(option_name(author, &flip.becomes)),
                " is then the cheapest."
            ]
        })
        .collect()
}

fn option_name(author: &Author<'_>, id: &str) -> String {
    let option = author.input.options.iter().find(|option| option.id == id);
    option.map_or_else(|| id.to_owned(), |option| option.name.clone())
}

/// The input with the option it belongs to.
fn label(author: &Author<'_>, driver: &Driver) -> String {
    match driver.option() {
        Some(id) => format!("{} of {}", driver.label(), option_name(author, id)),
        None => driver.label().to_owned(),
    }
}

pub(super) fn value_text(driver: &Driver, value: f64, currency: Currency) -> String {
    match driver {
        Driver::DemandFactor | Driver::PriceFactor(_) | Driver::OneOffFactor(_) => format::percent(value, 0),
        Driver::DemandGrowth | Driver::DiscountRate | Driver::Availability | Driver::Goodput => {
            format::percent(value, 1)
        }
        Driver::Utilisation | Driver::ResidualFraction(_) => format::percent(value, 0),
        Driver::ElectricityPrice => format!("{}/kWh", format::money_in(value, currency)),
        Driver::Power(_) => format::power(value),
        Driver::Volume => format::spoken(value),
        Driver::Horizon => format::whole_months(value.round().max(0.0) as u32),
        Driver::Throughput(_) => format!("{}/s", format::compact(value)),
        _ => format::significant(value, 3),
    }
}
