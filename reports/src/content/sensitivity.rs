//! What one input at a time does to the answer.

use super::author::Author;
use super::input::{Sensitivity, Swing};
use crate::charts::{Chart, Quantity, TornadoChart, TornadoRow};
use crate::document::{Figure, Inline, Rich};
use crate::rich;
use assay_base::{Currency, Evidence, format};
use assay_cost_models::evaluation::{Component, Driver};

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

/// A measurement to ask for, with what it is asked for.
pub(super) struct ToMeasure {
    /// Whether it is worth what it takes: then it comes before the decision, else with the first gate of the move.
    pub before_signing: bool,
    /// What to measure and why, as a sentence.
    pub text: Rich,
}

/// The throughput that nobody has measured and within whose range the answer turns, the recommended option's first;
/// `None` where the answer holds over all such ranges, and nothing is to be asked for.
pub(super) fn to_measure(author: &mut Author<'_>) -> Option<ToMeasure> {
    let input = author.input;
    let sensitivity = input.sensitivity.as_ref()?;
    let best = author.found.best.map(|best| best.id.as_str());
    let unmeasured = |swing: &Swing| {
        let Driver::Throughput(id) = &swing.driver else { return None };
        let option = input.evaluations.iter().find(|option| option.id == *id)?;
        let class = option.throughput?.evidence;
        (class > Evidence::Published).then_some((option, class))
    };
    let (swing, flip, option, class) = sensitivity
        .flips()
        .filter_map(|(swing, flip)| unmeasured(swing).map(|(option, class)| (swing, flip, option, class)))
        .min_by_key(|(_, _, option, _)| best != Some(option.id.as_str()))?;
    let currency = input.assumptions.currency;
    let what = label(author, &swing.driver);
    let worth = input.uncertainty.as_ref().map(|known| {
        let found = known.information.iter().find(|(name, _)| *name == what);
        found.map_or(0.0, |(_, worth)| *worth)
    });
    let takes = option.tco.as_ref().and_then(|tco| tco.component(Component::Migration));
    let show = |v| value_text(&swing.driver, v, currency);
    let mut value = |id: &str, v: f64| author.value(format!("measure.{id}"), Some(v), show, Some(class));
    let (low, high, at) = (value("low", swing.low), value("high", swing.high), value("at", flip.at));
    let mut text = rich![
        "Measure the ",
        Inline::name(what),
        ": it is only ",
        Inline::Evidence(class),
        ", between ",
        low,
        " and ",
        high,
        if flip.is_below { ", and at " } else { ", and from " },
        at,
        if flip.is_below { " or less " } else { " on " },
        Inline::name(option_name(author, &flip.becomes)),
        " is the cheapest."
    ];
    if let Some(worth) = worth {
        let in_money = |v| format::money_in(v, currency);
        let worth = author.value("measure.worth", Some(worth), in_money, Some(Evidence::Assumed));
        text.extend(rich![" Knowing it exactly is worth ", worth, " on average"]);
        if let Some(takes) = takes {
            let takes = author.value("measure.takes", Some(takes), in_money, Some(Evidence::Assumed));
            text.extend(rich!["; the port that shows it takes ", takes]);
        }
        text.push(".");
    }
    let before_signing = worth.zip(takes).is_none_or(|(worth, takes)| worth >= takes);
    Some(ToMeasure { before_signing, text })
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
