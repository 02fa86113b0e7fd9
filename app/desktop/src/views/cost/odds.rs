//! What many samples say: which option is best how often, what drives the result, and what knowing would be worth.

use assay_base::format;
use assay_service::Assessment;
use assay_service::analysis::Analysis;
use assay_service::uncertainty::Uncertainty;
use egui::Ui;

use super::charts::options;
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::bars::{RangeBar, legend, range_bars};
use crate::widgets::deltas::{Share, Swing, shares, tornado};
use crate::widgets::{Icon, bullet, card, empty_state};

/// Inputs shown in a chart.
const INPUTS_SHOWN: usize = 12;

/// Draws the cards.
pub fn ui(ui: &mut Ui, assessment: &Assessment, analysis: Option<&Analysis>) {
    let uncertainty = match analysis.map(|analysis| &analysis.uncertainty) {
        None => {
            card(ui, "Odds", |ui| ui.add(egui::Spinner::new().size(20.0)));
            return;
        }
        Some(Err(reason)) => {
            card(ui, "Odds", |ui| bullet(ui, Icon::Warning, Tokens::of(ui).warning, reason));
            return;
        }
        Some(Ok(None)) => {
            let text = "Every input of the ranked options is one number, so every sample is the same. Give an \
                        assumption a distribution: the button with the bell, beside its slider.";
            empty_state(ui, Icon::Spread, "Nothing is uncertain", text, None);
            return;
        }
        Some(Ok(Some(uncertainty))) => uncertainty,
    };
    best(ui, assessment, uncertainty);
    drivers(ui, assessment, uncertainty);
    worth(ui, assessment, uncertainty);
}

fn name<'a>(assessment: &'a Assessment, id: &'a str) -> &'a str {
    assessment.evaluation(id).map_or(id, |evaluation| evaluation.name.as_str())
}

fn best(ui: &mut Ui, assessment: &Assessment, uncertainty: &Uncertainty) {
    let tokens = Tokens::of(ui);
    let outcome = &uncertainty.outcome;
    let color = |id: &str| {
        let place = options(assessment).find(|(_, e)| e.id == id).map(|(i, _)| i);
        tokens.series(place.unwrap_or_default())
    };
    card(ui, "Probability of costing least", |ui| {
        let rows: Vec<Share> = outcome
            .options
            .iter()
            .map(|option| Share {
                label: name(assessment, &option.id).to_owned(),
                share: option.best_probability,
                text: format::percent(option.best_probability, 1),
                color: color(&option.id),
                hover: match option.positive_npv_probability {
                    Some(p) => format!("It is better than the baseline in {} of the samples.", format::percent(p, 1)),
                    None => "The baseline.".to_owned(),
                },
            })
            .collect();
        shares(ui, &rows);
        let samples = format::thousands(outcome.samples as f64, 0);
        let inputs = uncertainty.inputs.len();
        ui.label(theme::caption(format!("{samples} samples of {inputs} uncertain inputs, seed {}", outcome.seed)));
    });
    let currency = Units::of(ui).currency(assessment.study.currency);
    let code = currency.code();
    card(ui, &format!("Present value of all costs, P10 to P90, {code}"), |ui| {
        let units = Units::of(ui);
        let money = |amount: f64| units.money(amount, assessment.study.currency);
        let rows: Vec<RangeBar> = outcome
            .options
            .iter()
            .map(|option| RangeBar {
                label: name(assessment, &option.id).to_owned(),
                value: Some((option.cost.p50, option.cost.p10, option.cost.p90)),
                text: money(option.cost.p50),
                color: color(&option.id),
                hover: format!(
                    "{} to {}, mean {}",
                    money(option.cost.p10),
                    money(option.cost.p90),
                    money(option.cost.mean)
                ),
            })
            .collect();
        range_bars(ui, &rows);
    });
}

fn drivers(ui: &mut Ui, assessment: &Assessment, uncertainty: &Uncertainty) {
    let tokens = Tokens::of(ui);
    let units = Units::of(ui);
    let money = |amount: f64| units.money(amount, assessment.study.currency);
    let evaluation = assessment.evaluation(&uncertainty.of);
    let npv = evaluation.and_then(|e| e.npv()).map(|npv| npv.amount);
    let cost = evaluation.and_then(|e| e.tco.as_ref()).map(|tco| tco.present_value.amount);
    let (figure, centre) = match npv {
        Some(npv) => ("NPV", Some(npv)),
        None => ("cost", cost),
    };
    let title = format!("What drives the {figure} of {}", name(assessment, &uncertainty.of));
    card(ui, &title, |ui| {
        let Some(centre) = centre else { return };
        let rows: Vec<Swing> = uncertainty
            .tornado
            .iter()
            .take(INPUTS_SHOWN)
            .filter(|bar| bar.swing > 0.0)
            .filter_map(|bar| {
                let input = uncertainty.input_of_bar(bar)?;
                let driver = &input.driver;
                let label = match driver.option() {
                    Some(id) => format!("{} of {}", driver.label(), name(assessment, id)),
                    None => driver.label().to_owned(),
                };
                let sobol = uncertainty.sensitivity.as_ref();
                let part = sobol.and_then(|s| s.drivers.iter().find(|d| d.driver == *driver)).map(|d| d.total);
                let variance = part.map(|part| format!("\n{} of the variance", format::percent(part.max(0.0), 0)));
                Some(Swing {
                    label,
                    at_low: bar.low,
                    at_high: bar.high,
                    text: money((bar.high - bar.low).abs()),
                    hover: format!(
                        "{} at its P10 ({}), {} at its P90 ({}){}",
                        money(bar.low),
                        input.shown(0.1),
                        money(bar.high),
                        input.shown(0.9),
                        variance.unwrap_or_default()
                    ),
                })
            })
            .collect();
        legend(ui, [("input at its P10", tokens.series(0)), ("input at its P90", tokens.series(1))]);
        tornado(ui, centre, &rows);
        ui.label(theme::caption(format!("The line is the {figure} at the values assumed, {}.", money(centre))));
    });
}

fn worth(ui: &mut Ui, assessment: &Assessment, uncertainty: &Uncertainty) {
    let tokens = Tokens::of(ui);
    card(ui, "What it is worth to know before deciding", |ui| {
        match uncertainty.next_measurement(assessment) {
            Some(next) => bullet(ui, Icon::Benchmarks, tokens.accent, &format!("Find out next: {next}")),
            None => {
                let text = "Within these ranges no single measurement would change the decision.";
                bullet(ui, Icon::Check, tokens.success, text);
            }
        }
        let units = Units::of(ui);
        let most = uncertainty.information.iter().map(|i| i.expected_saving).fold(0.0, f64::max);
        if most <= 0.0 {
            return;
        }
        let rows: Vec<Share> = uncertainty
            .information
            .iter()
            .take(INPUTS_SHOWN)
            .map(|known| Share {
                label: match &known.driver {
                    None => "everything".to_owned(),
                    Some(driver) => match driver.option() {
                        Some(id) => format!("{} of {}", driver.label(), name(assessment, id)),
                        None => driver.label().to_owned(),
                    },
                },
                share: known.expected_saving / most,
                text: units.money(known.expected_saving, assessment.study.currency),
                color: if known.driver.is_none() { tokens.series(2) } else { tokens.series(0) },
                hover: format!(
                    "Knowing it changes the decision in {} of the samples.",
                    format::percent(known.changes_decision_probability, 1)
                ),
            })
            .collect();
        shares(ui, &rows);
        ui.label(theme::caption("The expected saving: the most that finding it out may cost."));
    });
}
