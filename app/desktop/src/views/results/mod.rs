//! Every measurement: a table to filter, sort and group, plots of the rows shown, runs to compare, and the measurement
//! selected.

mod compare;
mod compilers;
mod distribution;
mod energy;
mod index;
mod order;
mod pareto;
mod table;

use std::collections::BTreeSet;
use std::sync::Arc;

use assay_base::format;
use assay_service::core::Measurement;
use egui::{Button, ComboBox, Panel, TextEdit, Ui};

use self::index::Index;
use self::order::{Field, GroupBy, OfOrder, Order, Wish, order, tab_separated};
use self::table::{Lines, Table, Touched};
use super::catalogue::{focus_filter, side_frame};
use super::measurement::MeasurementPanel;
use super::roofline::RooflineView;
use crate::background::{Derived, Task};
use crate::requests::{Request, Scene};
use crate::theme;
use crate::units::Units;
use crate::views::View;
use crate::widgets::basics::CORNER;
use crate::widgets::table::{Sort, row_keys};
use crate::widgets::{Icon, card_filled, empty_state};

/// So many rows are put in order at once; more than these in the background.
pub(super) const SMALL: usize = 4000;
/// From this width on the measurement selected is shown beside runs that are compared.
const ROOM_FOR_BOTH: f32 = 1000.0;
/// From this width on tabs stand apart.
const ROOM_FOR_TABS: f32 = 560.0;
/// The most rows whose distributions are drawn.
const MOST_CHOSEN: usize = 8;

/// The state of the view.
#[derive(Debug)]
pub struct ResultsView {
    wish: Wish,
    index: Index,
    order: Derived<(usize, usize, Wish), Arc<Order>>,
    lines: Option<(OfOrder, BTreeSet<String>, Lines)>,
    closed: BTreeSet<String>,
    selected: Option<u32>,
    wanted: Option<String>,
    chosen: Vec<u32>,
    scroll_to_selected: bool,
    tab: Tab,
    roofline: RooflineView,
    pareto: pareto::ParetoView,
    distribution: distribution::DistributionView,
    energy: energy::EnergyView,
    compilers: compilers::CompilersView,
    compare: compare::CompareView,
    panel: MeasurementPanel,
    copying: Option<Task<String>>,
}

/// What is shown under the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Roofline,
    Pareto,
    Distribution,
    Energy,
    Compilers,
    Compare,
}

impl Tab {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Roofline, "Roofline"),
        (Self::Pareto, "Trade-offs"),
        (Self::Distribution, "Latency"),
        (Self::Energy, "Energy"),
        (Self::Compilers, "Compilers"),
        (Self::Compare, "Compare"),
    ];
}

impl Default for ResultsView {
    fn default() -> Self {
        let sort = Sort { column: Field::Began, descending: true };
        Self {
            wish: Wish { filter: String::new(), sort, group_by: GroupBy::Nothing },
            index: Index::default(),
            order: Derived::default(),
            lines: None,
            closed: BTreeSet::new(),
            selected: None,
            wanted: None,
            chosen: Vec::new(),
            scroll_to_selected: false,
            tab: Tab::default(),
            roofline: RooflineView::default(),
            pareto: pareto::ParetoView::default(),
            distribution: distribution::DistributionView::default(),
            energy: energy::EnergyView::default(),
            compilers: compilers::CompilersView::default(),
            compare: compare::CompareView::default(),
            panel: MeasurementPanel::default(),
            copying: None,
        }
    }
}

impl ResultsView {
    /// Selects a measurement and brings it into sight.
    pub fn select(&mut self, id: String) {
        self.wish.filter.clear();
        self.wanted = Some(id);
    }

    /// Shows the last two runs side by side.
    pub fn compare_last(&mut self) {
        self.tab = Tab::Compare;
        self.compare.choose_last();
    }

    /// Draws the view.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let workbench = scene.workbench;
        let measurements = workbench.measurements();
        let assessment = workbench.assessment();
        if measurements.is_empty() {
            let text = "Run the study's suite, or import results with `assay results import`.";
            if empty_state(ui, Icon::Results, "Nothing has been measured yet", text, Some("Go to Benchmarks")) {
                scene.requests.push(Request::show(View::Benchmarks));
            }
            return;
        }
        if !self.index.extend(measurements) {
            ui.request_repaint();
        }
        let ceilings = &assessment.ceilings;
        let key = (self.index.len(), Arc::as_ptr(ceilings).addr(), self.wish.clone());
        self.order.update(ui.ctx(), key, self.index.len() <= SMALL, || {
            let (snapshot, wish) = (self.index.snapshot(ceilings), self.wish.clone());
            move || Arc::new(order(snapshot, &wish))
        });
        self.take_copy(ui);
        let Some(order) = self.order.get().cloned() else {
            ui.add(egui::Spinner::new());
            return;
        };
        self.find_selected(&order, measurements);
        let selected = self.selected.and_then(|at| measurements.get(at as usize));
        // Runs side by side need the room more than one measurement does.
        if self.tab != Tab::Compare || ui.available_width() > ROOM_FOR_BOTH {
            Panel::right("measurement")
                .exact_size(322.0)
                .resizable(false)
                .show_separator_line(false)
                .frame(side_frame())
                .show(ui, |ui| {
                    if let Some(measurement) = selected {
                        self.panel.ui(ui, measurement, workbench, scene.requests);
                    }
                });
        }
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = theme::GAP;
            let height = ui.available_height();
            card_filled(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 6.0;
                self.toolbar(ui, &order, measurements.len());
                ui.push_id("results", |ui| {
                    ui.set_height((height * 0.5 - 60.0).max(120.0));
                    self.table(ui, &order, measurements);
                });
            });
            card_filled(ui, |ui| {
                ui.horizontal_wrapped(|ui| {
                    ui.set_max_width(ui.available_width() - CORNER);
                    if ui.available_width() < ROOM_FOR_TABS {
                        ui.spacing_mut().button_padding.x = 6.0;
                        ui.spacing_mut().item_spacing.x = 2.0;
                    }
                    for (tab, name) in Tab::ALL {
                        if ui.add(Button::selectable(self.tab == tab, name)).clicked() {
                            self.tab = tab;
                        }
                    }
                });
                self.below(ui, &order, scene);
            });
        });
    }

    fn below(&mut self, ui: &mut Ui, order: &Arc<Order>, scene: &mut Scene<'_>) {
        let workbench = scene.workbench;
        let measurements = workbench.measurements();
        match self.tab {
            Tab::Roofline => {
                let id = self.selected.and_then(|at| measurements.get(at as usize)).map(|m| m.id.as_str());
                if let Some(id) = self.roofline.ui(ui, workbench.assessment(), id) {
                    self.wanted = Some(id);
                }
            }
            Tab::Pareto => {
                if let Some(at) = self.pareto.ui(ui, order, workbench.assessment(), self.selected) {
                    self.selected = Some(at);
                    self.scroll_to_selected = true;
                }
            }
            Tab::Distribution => {
                let mut chosen: Vec<u32> = self.selected.into_iter().collect();
                chosen.extend(self.chosen.iter().filter(|at| Some(**at) != self.selected));
                self.distribution.ui(ui, measurements, &chosen);
            }
            Tab::Energy => self.energy.ui(ui, order),
            Tab::Compilers => self.compilers.ui(ui, measurements),
            Tab::Compare => self.compare.ui(ui, &self.index, workbench, scene.requests),
        }
    }

    /// The row that was asked for by its id, else the first that passed.
    fn find_selected(&mut self, order: &Order, measurements: &[Measurement]) {
        if let Some(id) = self.wanted.take() {
            let found = measurements.iter().rposition(|m| m.id == id);
            self.selected = found.map(|at| at as u32).or(self.selected);
            self.scroll_to_selected = found.is_some();
        }
        if self.selected.is_none() {
            let passed = |at: &&u32| measurements.get(**at as usize).is_some_and(|m| m.status.passed());
            self.selected = order.rows.iter().find(passed).or_else(|| order.rows.first()).copied();
        }
    }

    fn toolbar(&mut self, ui: &mut Ui, order: &Arc<Order>, all: usize) {
        ui.horizontal(|ui| {
            let edit = TextEdit::singleline(&mut self.wish.filter)
                .hint_text("Filter by workload, stack, device, status")
                .desired_width((ui.available_width() - 330.0).clamp(100.0, 280.0));
            let filter = ui.add(edit).accessible_name("Filter the results").on_hover_text("Ctrl+F");
            focus_filter(ui, &filter);
            let group_by = ComboBox::from_id_salt("group by").selected_text(self.wish.group_by.label());
            let response = group_by.show_ui(ui, |ui| {
                for by in GroupBy::ALL {
                    ui.selectable_value(&mut self.wish.group_by, by, by.label());
                }
            });
            response.response.accessible_name("Group the results");
            let [shown, all] = [order.rows.len(), all].map(|n| format::thousands(n as f64, 0));
            ui.label(theme::caption(format!("{shown} of {all}")));
            if self.order.is_behind() {
                ui.add(egui::Spinner::new().size(12.0));
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let button = ui.add_enabled(self.copying.is_none(), Button::new("Copy table"));
                if button.on_hover_text("The rows shown, tab-separated").clicked() {
                    let units = Units::of(ui);
                    if order.rows.len() <= SMALL {
                        ui.ctx().copy_text(tab_separated(order, units));
                    } else {
                        let order = Arc::clone(order);
                        self.copying = Task::start(ui.ctx(), "copy table", move || tab_separated(&order, units)).ok();
                    }
                }
            });
        });
    }

    fn take_copy(&mut self, ui: &Ui) {
        match self.copying.as_ref().map(Task::poll) {
            Some(Ok(Some(text))) => {
                ui.ctx().copy_text(text);
                self.copying = None;
            }
            Some(Err(_)) => self.copying = None,
            Some(Ok(None)) | None => {}
        }
    }

    fn table(&mut self, ui: &mut Ui, order: &Arc<Order>, measurements: &[Measurement]) {
        let key = OfOrder(Arc::clone(order));
        if self.lines.as_ref().is_none_or(|(made_from, closed, _)| *made_from != key || *closed != self.closed) {
            self.lines = Some((key, self.closed.clone(), Lines::of(order, &self.closed)));
        }
        let Some((_, _, lines)) = &self.lines else { return };
        let place = || order.rows.iter().position(|at| Some(*at) == self.selected);
        let rect = ui.available_rect_before_wrap();
        if let Some(row) = row_keys(ui, "Measurements", rect, place, order.rows.len()) {
            self.selected = order.rows.get(row).copied();
            self.scroll_to_selected = true;
        }
        let scroll_to = self.selected.filter(|_| std::mem::take(&mut self.scroll_to_selected));
        let chosen = &self.chosen;
        let closed = &self.closed;
        let table = Table { order, lines, closed, measurements, selected: self.selected, chosen, scroll_to };
        let Touched { clicked, with_control, toggled } = table::ui(ui, &table, &mut self.wish.sort);
        if let Some(at) = clicked {
            if with_control {
                match self.chosen.iter().position(|c| *c == at) {
                    Some(position) => {
                        self.chosen.remove(position);
                    }
                    None if self.chosen.len() < MOST_CHOSEN => self.chosen.push(at),
                    None => {}
                }
                self.tab = Tab::Distribution;
            } else {
                self.selected = Some(at);
                self.chosen.clear();
            }
        }
        if let Some(name) = toggled
            && !self.closed.remove(&name)
        {
            self.closed.insert(name);
        }
    }
}
