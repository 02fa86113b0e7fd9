//! Energy: what an item took, with the mean power, where a sensor told it.

use assay_base::format::{self, or_unknown};
use egui::{RichText, ScrollArea, Ui};
use std::sync::Arc;

use super::order::{OfOrder, Order};
use crate::background::Derived;
use crate::theme::{self, Tokens};
use crate::widgets::bars::{RangeBar, range_bars};
use crate::widgets::{Icon, bullet};

/// Bars drawn; the rest is in the table.
const MOST: usize = 60;

/// The state of the chart.
#[derive(Debug, Default)]
pub struct EnergyView {
    items: Derived<OfOrder, Items>,
}

/// The items with the least energy of each unit.
#[derive(Debug, Default)]
struct Items {
    /// Unit, then position of the measurement and joules an item, least first.
    units: Vec<(String, Vec<(u32, f64)>)>,
    told: usize,
    executed: usize,
}

impl EnergyView {
    /// Draws the chart.
    pub fn ui(&mut self, ui: &mut Ui, order: &Arc<Order>) {
        let small = order.rows.len() <= super::SMALL;
        self.items.update(ui.ctx(), OfOrder(Arc::clone(order)), small, || {
            let order = Arc::clone(order);
            move || items(&order)
        });
        let Some(items) = self.items.get() else { return };
        let tokens = Tokens::of(ui);
        if items.told == 0 {
            let text = "No measurement shown has a valid energy figure. It needs a device that tells its power: a GPU \
                        with NVML, or a processor whose RAPL counters may be read.";
            bullet(ui, Icon::Info, tokens.text_subdued, text);
            return;
        }
        let [told, executed] = [items.told, items.executed].map(|n| format::thousands(n as f64, 0));
        ui.label(theme::caption(format!("{told} of {executed} timed measurements have a valid energy figure.")));
        ScrollArea::vertical().id_salt("energy").auto_shrink([false, false]).show(ui, |ui| {
            for (unit, least) in &items.units {
                ui.label(RichText::new(format!("Joules for each of {unit}")).font(theme::small_font()).strong());
                let bars: Vec<RangeBar> = least
                    .iter()
                    .filter_map(|(at, joules)| {
                        let row = order.snapshot.row(*at)?;
                        let subject = order.snapshot.subject(row)?;
                        let [workload, stack, device] =
                            [subject.workload, subject.stack, subject.device].map(|n| order.snapshot.name(n));
                        Some(RangeBar {
                            label: format!("{workload} with {stack} on {device}"),
                            value: Some((*joules, *joules, *joules)),
                            text: format::energy(*joules),
                            color: tokens.series(0),
                            hover: format!("mean power {}", or_unknown(row.mean_power_watts, format::power)),
                        })
                    })
                    .collect();
                range_bars(ui, &bars);
                ui.add_space(4.0);
            }
        });
    }
}

fn items(order: &Order) -> Items {
    let mut items = Items::default();
    for at in &order.rows {
        let Some(row) = order.snapshot.row(*at) else { continue };
        items.executed += usize::from(row.median_secs.is_some());
        let Some(subject) = order.snapshot.subject(row).filter(|s| s.passed) else { continue };
        let Some(joules) = row.joules_per_item else { continue };
        items.told += 1;
        let unit = order.snapshot.name(subject.unit).trim_end_matches("/s");
        match items.units.iter_mut().find(|(known, _)| known == unit) {
            Some((_, list)) => list.push((*at, joules)),
            None => items.units.push((unit.to_owned(), vec![(*at, joules)])),
        }
    }
    for (_, list) in &mut items.units {
        list.sort_by(|a, b| a.1.total_cmp(&b.1));
        list.truncate(MOST);
    }
    items
}
