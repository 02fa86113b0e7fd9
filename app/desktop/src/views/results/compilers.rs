//! Compilers against eager execution: how many times as fast each stack is, and how many inferences pay for compiling.

use std::collections::{BTreeSet, HashMap};

use assay_base::format::{self, or_unknown};
use assay_service::compilers::{CompilerRow, EAGER, PaysBack, compilers};
use assay_service::core::Measurement;
use egui::{ComboBox, ScrollArea, Ui};

use crate::background::Derived;
use crate::theme::{self, Tokens};
use crate::units::Units;
use crate::widgets::deltas::{Share, shares};
use crate::widgets::{Icon, bullet};

/// Measurements looked at in one frame.
const PER_FRAME: usize = 10_000;

/// The state of the chart.
#[derive(Debug, Default)]
pub struct CompilersView {
    /// The stack that others are held against; eager execution until another is chosen.
    against: Option<String>,
    newest: Newest,
    rows: Derived<(usize, String), Vec<CompilerRow>>,
}

/// The newest measurement that passed of each stack on the same work, target and device, found a few thousand a frame.
#[derive(Debug, Default)]
struct Newest {
    seen: usize,
    places: HashMap<[String; 4], usize>,
    stacks: BTreeSet<String>,
}

impl Newest {
    /// Looks at measurements that are new. `true` once all were looked at.
    fn extend(&mut self, measurements: &[Measurement]) -> bool {
        if self.seen > measurements.len() {
            // They were read again, and some are gone.
            *self = Self::default();
        }
        for (at, m) in measurements.iter().enumerate().skip(self.seen).take(PER_FRAME) {
            if m.status.passed() {
                let stack = m.stack.to_string();
                if !self.stacks.contains(&stack) {
                    self.stacks.insert(stack.clone());
                }
                let key = [m.workload_hash.clone(), m.target.clone(), m.device.name.clone(), stack];
                self.places.insert(key, at);
            }
        }
        self.seen = (self.seen + PER_FRAME).min(measurements.len());
        self.seen == measurements.len()
    }
}

impl CompilersView {
    /// Draws the chart of all measurements of the study.
    pub fn ui(&mut self, ui: &mut Ui, measurements: &[Measurement]) {
        if !self.newest.extend(measurements) {
            ui.request_repaint();
            ui.add(egui::Spinner::new().size(16.0));
            return;
        }
        let against = self.against.clone().unwrap_or_else(|| EAGER.to_owned());
        let key = (measurements.len(), against.clone());
        let places = &self.newest.places;
        self.rows.update(ui.ctx(), key, places.len() <= super::SMALL / 8, || {
            let mut places: Vec<usize> = places.values().copied().collect();
            places.sort_unstable();
            let newest: Vec<Measurement> = places.into_iter().filter_map(|at| measurements.get(at)).cloned().collect();
            let against = against.clone();
            move || compilers(&newest, &against)
        });
        ui.horizontal(|ui| {
            ui.label(theme::caption("Held against"));
            let combo = ComboBox::from_id_salt("held against").selected_text(&against).show_ui(ui, |ui| {
                for stack in
                    std::iter::once(EAGER).chain(self.newest.stacks.iter().map(String::as_str).filter(|s| *s != EAGER))
                {
                    if ui.selectable_label(stack == against, stack).clicked() {
                        self.against = Some(stack.to_owned());
                    }
                }
            });
            combo.response.accessible_name("Stack held against");
            ui.label(theme::caption("how many times as fast, and after how many items compiling is paid back"));
            if self.rows.is_behind() {
                ui.add(egui::Spinner::new().size(12.0));
            }
        });
        let Some(rows) = self.rows.get() else { return };
        if rows.is_empty() {
            let text = format!(
                "No workload has passed both with `{against}` and with another stack on the same device. Measure both in \
                 Benchmarks, or choose another stack."
            );
            bullet(ui, Icon::Info, Tokens::of(ui).text_subdued, &text);
            return;
        }
        ScrollArea::vertical().id_salt("compilers").auto_shrink([false, false]).show(ui, |ui| chart(ui, rows));
    }
}

/// A bar a stack under each workload, all on one scale.
fn chart(ui: &mut Ui, rows: &[CompilerRow]) {
    let tokens = Tokens::of(ui);
    let units = Units::of(ui);
    let stacks: BTreeSet<&str> = rows.iter().map(|row| row.stack.as_str()).collect();
    let place = |row: &CompilerRow| stacks.iter().position(|s| *s == row.stack.as_str()).unwrap_or_default();
    let most = rows.iter().filter_map(|row| row.speed_up).fold(1.0, f64::max);
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let subject = |row: &CompilerRow| (row.workload.clone(), row.target.clone(), row.device.clone());
        let count = rest.iter().take_while(|row| subject(row) == subject(first)).count();
        let (group, others) = rest.split_at(count);
        rest = others;
        let against = units.duration(first.baseline_median_secs);
        ui.label(theme::column_title(format!("{} on {}, {against} without", first.workload, first.device)));
        let bars: Vec<Share> = group
            .iter()
            .map(|row| Share {
                label: format!("{}, {}", row.stack, paid_back(row)),
                share: row.speed_up.map_or(0.0, |factor| factor / most),
                text: or_unknown(row.speed_up, |factor| format!("{}×", format::significant(factor, 3))),
                color: tokens.series(place(row)),
                hover: hover(row, units),
            })
            .collect();
        shares(ui, &bars);
        ui.add_space(6.0);
    }
}

/// When compiling has paid back, in a few words.
fn paid_back(row: &CompilerRow) -> String {
    match row.pays_back {
        PaysBack::After { items, .. } => format!("paid back after {}", format::compact(items)),
        PaysBack::AtOnce => "paid back at once".to_owned(),
        PaysBack::Never => "never paid back".to_owned(),
        PaysBack::Unknown if row.speed_up.is_none() => "not tuned, not ranked".to_owned(),
        PaysBack::Unknown => "pay-back unknown".to_owned(),
    }
}

fn hover(row: &CompilerRow, units: Units) -> String {
    let mut facts = vec![format!("{} {}", row.stack, row.stack_version.as_deref().unwrap_or_default())];
    facts.push(format!(
        "median {}, verdict {}",
        units.duration(row.median_secs),
        row.verdict.map_or("none", |v| v.label())
    ));
    facts.push(format!("compiling took {}", or_unknown(row.compile_secs, |secs| units.duration(secs))));
    if let PaysBack::After { executions, items } = row.pays_back {
        let [executions, items] = [executions, items].map(|n| format::thousands(n, 0));
        facts.push(format!("paid back after {executions} executions, {items} items"));
    }
    if row.is_noisy {
        facts.push("one of the two results is noisy".to_owned());
    }
    facts.join("\n")
}
