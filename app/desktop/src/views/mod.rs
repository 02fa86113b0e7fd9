//! One module per view.

mod benchmarks;
mod capacity;
mod catalogue;
mod cost;
mod first_steps;
mod hardware;
mod measurement;
mod migration;
mod overview;
mod own_work;
mod price_history;
mod profile_compare;
mod profile_editor;
mod profile_form;
mod progress;
mod reports;
mod results;
mod roofline;
mod sensed;
pub(crate) mod welcome;

use assay_service::{Action, Workbench};
use egui::Ui;

use crate::requests::Scene;
use crate::widgets::Icon;

/// A view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// The question and its answer.
    Overview,
    /// Attached devices and the catalogue.
    Hardware,
    /// Runs.
    Benchmarks,
    /// Measurements.
    Results,
    /// Assumptions, cost and return.
    Cost,
    /// The plan of the fleet.
    Capacity,
    /// The plan of the move.
    Migration,
    /// Documents.
    Reports,
}

impl View {
    /// All views, in the order of the navigation.
    pub const ALL: [Self; 8] = [
        Self::Overview,
        Self::Hardware,
        Self::Benchmarks,
        Self::Results,
        Self::Cost,
        Self::Capacity,
        Self::Migration,
        Self::Reports,
    ];

    /// The action that shows it.
    pub fn action(self) -> Action {
        match self {
            Self::Overview => Action::ShowOverview,
            Self::Hardware => Action::ShowHardware,
            Self::Benchmarks => Action::ShowBenchmarks,
            Self::Results => Action::ShowResults,
            Self::Cost => Action::ShowCost,
            Self::Capacity => Action::ShowCapacity,
            Self::Migration => Action::ShowMigration,
            Self::Reports => Action::ShowReports,
        }
    }

    /// The view that an action shows.
    pub fn of(action: Action) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.action() == action)
    }

    pub(crate) fn icon(self) -> Icon {
        match self {
            Self::Overview => Icon::Overview,
            Self::Hardware => Icon::Hardware,
            Self::Benchmarks => Icon::Benchmarks,
            Self::Results => Icon::Results,
            Self::Cost => Icon::Cost,
            Self::Capacity => Icon::Capacity,
            Self::Migration => Icon::Migration,
            Self::Reports => Icon::Reports,
        }
    }

    /// Whether it needs to know the attached devices.
    pub(crate) fn shows_devices(self) -> bool {
        matches!(self, Self::Hardware | Self::Benchmarks)
    }
}

/// The state of all views.
#[derive(Debug, Default)]
pub(crate) struct Views {
    pub overview: overview::OverviewView,
    pub hardware: hardware::HardwareView,
    pub benchmarks: benchmarks::BenchmarksView,
    pub results: results::ResultsView,
    pub cost: cost::CostView,
    pub capacity: capacity::CapacityView,
    pub migration: migration::MigrationView,
    pub reports: reports::ReportsView,
}

impl Views {
    /// The views of a study that was just opened.
    pub fn of(workbench: &Workbench) -> Self {
        Self { benchmarks: benchmarks::BenchmarksView::of(workbench), ..Self::default() }
    }

    /// Draws a view.
    pub fn ui(&mut self, ui: &mut Ui, view: View, mut scene: Scene<'_>) {
        match view {
            View::Overview => self.overview.ui(ui, &mut scene),
            View::Hardware => self.hardware.ui(ui, &mut scene),
            View::Benchmarks => self.benchmarks.ui(ui, &mut scene),
            View::Results => self.results.ui(ui, &mut scene),
            View::Cost => self.cost.ui(ui, &mut scene),
            View::Capacity => self.capacity.ui(ui, &mut scene),
            View::Migration => self.migration.ui(ui, &mut scene),
            View::Reports => self.reports.ui(ui, &mut scene),
        }
    }
}
