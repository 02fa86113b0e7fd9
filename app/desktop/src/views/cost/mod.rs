//! Assumptions with their distributions, and what follows from them: cost, cash, break-evens, odds, scenarios.

mod break_even;
mod cash;
mod charts;
mod distribution;
mod inputs;
mod model_cards;
mod odds;
mod scenarios;

use assay_service::analysis::{Analysis, analyse};
use assay_service::cost_models::evaluation::Driver;
use egui::{Panel, ScrollArea, Ui};

use super::overview;
use crate::background::Derived;
use crate::requests::Scene;
use crate::theme;
use crate::units::Units;
use crate::widgets::{card, kpi_row};

/// The seed of the samples, so that the same study shows the same figures.
const SEED: u64 = 42;

/// What is shown right of the assumptions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Cost,
    Cash,
    BreakEven,
    Odds,
    Scenarios,
}

impl Tab {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Cost, "Cost"),
        (Self::Cash, "Cash"),
        (Self::BreakEven, "Break-even"),
        (Self::Odds, "Odds"),
        (Self::Scenarios, "Scenarios"),
    ];
}

/// The state of the view.
#[derive(Debug)]
pub struct CostView {
    inputs: inputs::Inputs,
    tab: Tab,
    /// What cost is looked at along.
    driver: Driver,
    analysis: Derived<(u64, Driver), Analysis>,
    scenarios: scenarios::ScenariosPane,
}

impl Default for CostView {
    fn default() -> Self {
        Self {
            inputs: inputs::Inputs::default(),
            tab: Tab::default(),
            driver: Driver::Volume,
            analysis: Derived::default(),
            scenarios: scenarios::ScenariosPane::default(),
        }
    }
}

impl CostView {
    /// Shows what many samples say.
    pub fn show_odds(&mut self) {
        self.tab = Tab::Odds;
    }

    /// Draws the view.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let side = egui::Frame::new().outer_margin(egui::Margin { right: theme::GAP as i8, ..Default::default() });
        Panel::left("assumptions").exact_size(318.0).resizable(false).show_separator_line(false).frame(side).show(
            ui,
            |ui| {
                ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = theme::GAP;
                    self.inputs.ui(ui, scene);
                });
            },
        );
        ui.horizontal(|ui| {
            for (tab, name) in Tab::ALL {
                let button = egui::Button::selectable(self.tab == tab, name);
                if ui.add(button).accessible_name(format!("Show {}", name.to_lowercase())).clicked() {
                    self.tab = tab;
                }
            }
            let behind = match self.tab {
                Tab::Cost => None,
                Tab::Scenarios => self.scenarios.is_behind().then_some("Evaluating the scenarios"),
                Tab::Cash | Tab::BreakEven | Tab::Odds => self.analysis.is_behind().then_some("Drawing samples"),
            };
            if let Some(text) = behind {
                ui.add(egui::Spinner::new().size(14.0));
                ui.label(theme::caption(text));
            }
        });
        if matches!(self.tab, Tab::Cash | Tab::BreakEven | Tab::Odds) {
            let key = (scene.workbench.revision(), self.driver.clone());
            let driver = self.driver.clone();
            self.analysis.update(ui.ctx(), key, false, || {
                let assessment = scene.workbench.shared_assessment();
                move || analyse(&assessment, &driver, SEED)
            });
        }
        ScrollArea::vertical().id_salt("figures").auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = theme::GAP;
            let assessment = scene.workbench.assessment();
            let best = assessment.answer.recommended.as_deref().and_then(|id| assessment.evaluation(id));
            kpi_row(ui, &overview::figures(assessment, best, Units::of(ui)));
            match self.tab {
                Tab::Cost => {
                    charts::ui(ui, assessment);
                    card(ui, "Options", |ui| overview::options_table(ui, assessment));
                    model_cards::ui(ui, assessment);
                }
                Tab::Cash => cash::ui(ui, assessment, self.analysis.get()),
                Tab::BreakEven => break_even::ui(ui, assessment, self.analysis.get(), &mut self.driver),
                Tab::Odds => odds::ui(ui, assessment, self.analysis.get()),
                Tab::Scenarios => self.scenarios.ui(ui, scene),
            }
        });
    }
}
