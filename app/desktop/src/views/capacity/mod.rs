//! The plan of the fleet: demand, units against it, ways to rent, cash, and what the site can take.

mod demand;
mod fleet;
mod money;
mod site;

use std::sync::Arc;

use assay_base::format::{self, or_unknown};
use assay_service::capacity::{self, Basis, CapacityPlan, OptionPlan, Ownership, ScenarioPlan, Selection};
use assay_service::editing::capacity as editing;
use egui::{ComboBox, ScrollArea, Ui};

use crate::background::Derived;
use crate::requests::{Request, Scene};
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::steady::held;
use crate::widgets::{Icon, Kpi, bullet, card, chip, empty_state, evidence_chip, kpi_row};

/// The state of the view.
#[derive(Debug, Default)]
pub struct CapacityView {
    /// The option whose fleet is shown; the one recommended until another is chosen.
    option: Option<String>,
    /// The forecast that is shown and edited.
    forecast: Option<String>,
    paste: Option<demand::Paste>,
    plan: Derived<u64, Arc<Result<CapacityPlan, String>>>,
}

/// What is shown: the plan, and of it one option and one forecast.
struct Shown<'a> {
    plan: &'a CapacityPlan,
    option: &'a OptionPlan,
    forecast: String,
}

impl Shown<'_> {
    /// The fleet of the option for the forecast; `None` where it cannot be planned.
    fn scenario(&self) -> Option<&ScenarioPlan> {
        self.option.scenarios.iter().find(|scenario| scenario.demand == self.forecast)
    }
}

impl CapacityView {
    /// Draws the view.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let workbench = scene.workbench;
        if workbench.assessment().study.capacity.is_none() {
            let text = "A capacity plan says for every quarter how many units each option needs, what has to be ordered \
                        or signed when, what is paid, and where power, racks or deliveries fall short. It starts with \
                        the study's own demand; forecasts, limits and commitments are added here.";
            if empty_state(ui, Icon::Capacity, "The fleet is not planned yet", text, Some("Plan the capacity")) {
                scene.requests.push(Request::Apply(editing::begin()));
            }
            return;
        }
        self.plan.update(ui.ctx(), workbench.revision(), false, || {
            let basis = Basis::of(workbench);
            move || Arc::new(capacity::plan(&basis, &Selection::default()).map_err(|error| error.to_string()))
        });
        let made = self.plan.get().cloned();
        let plan = match made.as_deref() {
            Some(Ok(plan)) => plan,
            None => {
                ui.horizontal(planning);
                return;
            }
            Some(Err(reason)) => {
                empty_state(ui, Icon::Warning, "The fleet cannot be planned", reason, None);
                return;
            }
        };
        let Some(option) = self.option_of(plan, workbench.assessment().answer.recommended.as_deref()) else {
            empty_state(ui, Icon::Capacity, "There is nothing to plan", "The study has no options.", None);
            return;
        };
        let forecast = self.forecast_of(plan);
        let shown = Shown { plan, option, forecast };
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = theme::GAP;
            self.pickers(ui, &shown);
            kpi_row(ui, &figures(&shown, Units::of(ui)));
            shortfalls(ui, &shown);
            fleet::card_of(ui, &shown);
            // What is edited changes what stands above it.
            held(ui, "demand", |ui| self.demand(ui, scene, &shown));
            if shown.scenario().is_some() {
                money::cards(ui, &shown);
            }
            held(ui, "site", |ui| site::card_of(ui, scene, &shown));
            basis(ui, &shown);
        });
        self.paste_dialog(ui, scene);
    }

    fn option_of<'a>(&self, plan: &'a CapacityPlan, recommended: Option<&str>) -> Option<&'a OptionPlan> {
        let planned = || plan.options.iter().find(|option| option.unknown.is_none());
        let chosen = self.option.as_deref().and_then(|id| plan.option(id));
        chosen.or_else(|| plan.option(recommended?)).or_else(planned).or_else(|| plan.options.first())
    }

    fn forecast_of(&self, plan: &CapacityPlan) -> String {
        let find = |id: &str| plan.demand.iter().find(|forecast| forecast.id == id);
        let chosen = self.forecast.as_deref().and_then(find);
        let forecast = chosen.or_else(|| find("base")).or(plan.demand.first());
        forecast.map_or_else(String::new, |forecast| forecast.id.clone())
    }

    fn pickers(&mut self, ui: &mut Ui, shown: &Shown<'_>) {
        ui.horizontal(|ui| {
            let chosen = &shown.option.id;
            ui.label(theme::caption("Option"));
            let combo = ComboBox::from_id_salt("option planned").selected_text(&shown.option.name).width(280.0);
            let response = combo.truncate().show_ui(ui, |ui| {
                for option in &shown.plan.options {
                    if ui.selectable_label(option.id == *chosen, &option.name).clicked() {
                        self.option = Some(option.id.clone());
                    }
                }
            });
            response.response.accessible_name("Option planned");
            ui.add_space(8.0);
            ui.label(theme::caption("Forecast"));
            for forecast in &shown.plan.demand {
                let selected = forecast.id == shown.forecast;
                let name = format!("Forecast {}", forecast.name);
                if ui.selectable_label(selected, &forecast.name).accessible_name(name).clicked() {
                    self.forecast = Some(forecast.id.clone());
                }
            }
            if self.plan.is_behind() {
                planning(ui);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                evidence_chip(ui, shown.option.fleet_evidence);
                let tokens = Tokens::of(ui);
                match (shown.option.unknown.is_some(), shown.scenario().is_some_and(|s| s.shortfalls.is_empty())) {
                    (true, _) => chip(ui, "cannot be planned", tokens.text_subdued),
                    (false, true) => chip(ui, "meets the demand", tokens.success),
                    (false, false) => chip(ui, "falls short", tokens.error),
                };
            });
        });
    }
}

/// Says that what is shown is about to change.
fn planning(ui: &mut Ui) {
    ui.add(egui::Spinner::new().size(14.0));
    ui.label(theme::caption("Planning the fleet"));
}

fn units_of(option: &OptionPlan) -> &'static str {
    match option.ownership {
        Ownership::Bought | Ownership::Leased => "Units to order",
        Ownership::Rented | Ownership::Service | Ownership::Unknown => "Units rented more",
    }
}

fn figures(shown: &Shown<'_>, units: Units) -> [Kpi; 4] {
    let scenario = shown.scenario();
    let currency = shown.plan.currency;
    let money = |amount: Option<f64>| or_unknown(amount, |amount| units.money(amount, currency));
    let count = |units: u64| format::thousands(units as f64, 0);
    let most = scenario.and_then(|s| s.quarters.iter().max_by_key(|q| q.in_service));
    let ordered = scenario.map(|s| s.quarters.iter().map(|q| q.to_order).sum::<u64>());
    let first = scenario.and_then(|s| s.orders.first());
    let fleet_evidence = scenario.map(|_| shown.option.fleet_evidence);
    let cost_evidence = scenario.and_then(|s| s.cost).map(|_| shown.option.cost_evidence);
    [
        Kpi {
            label: "Units at most".to_owned(),
            short_label: "Units at most",
            value: or_unknown(most, |q| count(q.in_service)),
            note: most.map_or_else(String::new, |q| {
                let range = format!("{} to {} needed", count(q.needed_low), count(q.needed_high));
                format!("in {}, {range}", q.quarter)
            }),
            evidence: fleet_evidence,
            hover: "The range is that of the throughput.".to_owned(),
        },
        Kpi {
            label: units_of(shown.option).to_owned(),
            short_label: "To order",
            value: or_unknown(ordered, count),
            note: match first.and_then(|order| order.order_by) {
                Some(day) => format!("the first by {day}"),
                None => String::new(),
            },
            evidence: fleet_evidence,
            hover: String::new(),
        },
        Kpi {
            label: "Cost of the fleet over the horizon".to_owned(),
            short_label: "Cost",
            value: money(scenario.and_then(|s| s.cost)),
            note: "upfront payments spread, hardware depreciated".to_owned(),
            evidence: cost_evidence,
            hover: "The fleet alone; migration, staff and other costs are in Cost & ROI.".to_owned(),
        },
        Kpi {
            label: "Cash over the horizon".to_owned(),
            short_label: "Cash",
            value: money(scenario.and_then(|s| s.cash)),
            note: "what is paid".to_owned(),
            evidence: cost_evidence,
            hover: String::new(),
        },
    ]
}

/// What falls short, before everything else.
fn shortfalls(ui: &mut Ui, shown: &Shown<'_>) {
    let tokens = Tokens::of(ui);
    if let Some(reason) = &shown.option.unknown {
        card(ui, "This option cannot be planned", |ui| bullet(ui, Icon::Info, tokens.text_subdued, reason));
        return;
    }
    let found = shown.scenario().map_or(&[][..], |scenario| &scenario.shortfalls);
    if found.is_empty() {
        return;
    }
    card(ui, "Falls short", |ui| {
        for shortfall in found {
            bullet(ui, Icon::Warning, tokens.error, &format!("{}: {}", shortfall.quarter, shortfall.text));
        }
    });
}

/// The figures that the plan was made from, and what must be known.
fn basis(ui: &mut Ui, shown: &Shown<'_>) {
    if shown.option.inputs.is_empty() && shown.option.warnings.is_empty() {
        return;
    }
    let tokens = Tokens::of(ui);
    card(ui, "Made from", |ui| {
        for fact in &shown.option.inputs {
            ui.horizontal(|ui| {
                ui.spacing_mut().interact_size.y = 18.0;
                evidence_chip(ui, fact.evidence);
                ui.label(format!("{}: {}", fact.label, fact.text));
                ui.add(egui::Label::new(theme::caption(&fact.source)).truncate()).on_hover_text(&fact.source);
            });
        }
        for warning in &shown.option.warnings {
            bullet(ui, Icon::Warning, tokens.warning, warning);
        }
    });
}
