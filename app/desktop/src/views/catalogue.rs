//! The catalogue of hardware profiles: a table to filter, and the profile selected with its figures and offers.

use assay_base::NumericFormat;
use assay_base::format::{self, or_unknown};
use assay_service::Workbench;
use assay_service::hardware_profiles::{Offer, Profile, Provenance};
use egui::{Button, Checkbox, Label, Panel, RichText, ScrollArea, Sense, TextEdit, Ui};
use egui_extras::Column;

use super::price_history::PriceHistory;
use super::profile_compare::{MOST, ProfileCompare};
use super::profile_editor::ProfileEditor;
use crate::requests::Scene;
use crate::theme::{self, Tokens};
use crate::widgets::table::{self, Sort};
use crate::widgets::{Icon, bullet, card, card_filled, chip, evidence_chip};

/// The state of the catalogue.
#[derive(Debug)]
pub struct Catalogue {
    filter: String,
    sort: Sort<Figure>,
    selected: Option<String>,
    compared: Vec<String>,
    comparison: ProfileCompare,
    shown: Shown,
    prices: PriceHistory,
    editor: ProfileEditor,
}

/// What is shown of the profile selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shown {
    #[default]
    Profile,
    Prices,
    Form,
    Text,
}

impl Shown {
    fn edits(self) -> bool {
        matches!(self, Self::Form | Self::Text)
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        Self {
            filter: String::new(),
            sort: Sort { column: Figure::Name, descending: false },
            selected: None,
            compared: Vec::new(),
            comparison: ProfileCompare::default(),
            shown: Shown::default(),
            prices: PriceHistory::default(),
            editor: ProfileEditor::default(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    Name,
    Kind,
    Year,
    Memory,
    Bandwidth,
    Peak,
    Power,
    Offers,
}

impl Figure {
    const ALL: [Self; 8] =
        [Self::Name, Self::Kind, Self::Year, Self::Memory, Self::Bandwidth, Self::Peak, Self::Power, Self::Offers];

    fn title(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Kind => "Kind",
            Self::Year => "Year",
            Self::Memory => "Memory, GB",
            Self::Bandwidth => "GB/s",
            Self::Peak => "bf16 TFLOP/s",
            Self::Power => "Watts",
            Self::Offers => "Offers",
        }
    }

    fn width(self) -> f32 {
        match self {
            Self::Name => 120.0,
            Self::Kind | Self::Year => 40.0,
            Self::Memory => 76.0,
            Self::Bandwidth => 74.0,
            Self::Peak => 92.0,
            Self::Power => 56.0,
            Self::Offers => 48.0,
        }
    }

    /// The columns for which there is room, from the left.
    fn fitting(width: f32, spacing: f32) -> Vec<Self> {
        let mut left = width;
        let fits = |figure: &Self| {
            left -= figure.width() + spacing;
            left >= 0.0
        };
        let fitting: Vec<Self> = Self::ALL.into_iter().take_while(fits).collect();
        if fitting.is_empty() { vec![Self::Name] } else { fitting }
    }

    fn value(self, profile: &Profile) -> Option<f64> {
        match self {
            Self::Name | Self::Kind => None,
            Self::Year => profile.year.map(f64::from),
            Self::Memory => profile.memory_bytes().map(|v| v / 1e9),
            Self::Bandwidth => profile.memory_bandwidth_bytes_per_sec().map(|v| v / 1e9),
            Self::Peak => profile.peak_flops_per_sec(NumericFormat::Bf16).map(|v| v / 1e12),
            Self::Power => profile.tdp_watts(),
            Self::Offers => Some(profile.offers.len() as f64),
        }
    }

    fn text(self, profile: &Profile) -> String {
        match self {
            Self::Name => full_name(profile),
            Self::Kind => profile.kind.label().to_owned(),
            Self::Year => or_unknown(profile.year, |y| y.to_string()),
            _ => or_unknown(self.value(profile), |v| {
                format::thousands(v, if v < 10.0 && v.fract() > 0.0 { 1 } else { 0 })
            }),
        }
    }
}

/// Width of the column with the check boxes.
const CHECK: f32 = 20.0;

/// Lets Ctrl+F begin to type into a filter.
pub(super) fn focus_filter(ui: &Ui, filter: &egui::Response) {
    if ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, egui::Key::F)) {
        filter.request_focus();
    }
}

/// Keeps a panel at the right away from what stands beside it.
pub(super) fn side_frame() -> egui::Frame {
    egui::Frame::new().inner_margin(egui::Margin { left: theme::GAP as i8, ..Default::default() })
}

pub(super) fn full_name(profile: &Profile) -> String {
    format!("{} {}", profile.vendor, profile.name)
}

impl Catalogue {
    /// Draws the catalogue.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let workbench = scene.workbench;
        let catalog = workbench.catalog();
        let words: Vec<String> = self.filter.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let haystack = |p: &Profile| {
            let architecture = p.architecture.as_deref().unwrap_or_default();
            format!("{} {} {} {architecture} {}", p.vendor, p.name, p.id, p.kind).to_lowercase()
        };
        let mut rows: Vec<&Profile> =
            catalog.iter().filter(|p| words.iter().all(|w| haystack(p).contains(w.as_str()))).collect();
        let column = self.sort.column;
        rows.sort_by(|a, b| {
            let order = match (column.value(a), column.value(b)) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                (None, None) => column.text(a).to_lowercase().cmp(&column.text(b).to_lowercase()),
                // What is unknown comes last, whichever way the table is sorted.
                (a, b) => return b.is_some().cmp(&a.is_some()),
            };
            if self.sort.descending { order.reverse() } else { order }
        });
        if self.selected.as_deref().is_none_or(|id| catalog.get(id).is_none()) {
            let first = workbench.study().options.iter().find_map(|o| o.profile.clone());
            self.selected = first.or_else(|| rows.first().map(|p| p.id.clone()));
        }
        Panel::right("profile")
            .exact_size(if self.shown.edits() { 420.0 } else { 348.0 })
            .resizable(false)
            .show_separator_line(false)
            .frame(side_frame())
            .show(ui, |ui| {
                if let Some(profile) = self.selected.as_deref().and_then(|id| catalog.get(id)) {
                    ui.horizontal(|ui| {
                        let (form, text) = match self.editor.is_changed() {
                            true => ("Form •", "YAML •"),
                            false => ("Form", "YAML"),
                        };
                        for (shown, name) in [
                            (Shown::Profile, "Profile"),
                            (Shown::Prices, "Prices"),
                            (Shown::Form, form),
                            (Shown::Text, text),
                        ] {
                            if ui.add(Button::selectable(self.shown == shown, name)).clicked() {
                                self.shown = shown;
                            }
                        }
                    });
                    if self.shown.edits() {
                        let as_form = self.shown == Shown::Form;
                        card_filled(ui, |ui| self.editor.ui(ui, &profile.id, as_form, workbench, scene.requests));
                        return;
                    }
                    if self.shown == Shown::Prices {
                        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                            card_filled(ui, |ui| {
                                ui.label(theme::lead(full_name(profile)));
                                self.prices.ui(ui, profile, workbench);
                            });
                        });
                        return;
                    }
                    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                        card_filled(ui, |ui| profile_card(ui, profile, workbench));
                    });
                }
            });
        card_filled(ui, |ui| {
            ui.horizontal(|ui| {
                let edit = TextEdit::singleline(&mut self.filter)
                    .hint_text("Filter by name, vendor, kind")
                    .desired_width(240.0);
                let filter = ui.add(edit).accessible_name("Filter the catalogue");
                focus_filter(ui, &filter);
                ui.label(theme::caption(format!("{} of {} profiles", rows.len(), catalog.len())));
            });
            ui.add_space(2.0);
            ui.push_id("profiles", |ui| {
                if self.compared.len() > 1 {
                    // The comparison needs so much to be read.
                    let room = (ui.available_height() - 350.0).min(ui.available_height() * 0.45);
                    ui.set_height(room.max(110.0));
                }
                self.table(ui, &rows);
            });
        });
        let compared: Vec<&Profile> = self.compared.iter().filter_map(|id| catalog.get(id)).collect();
        if compared.len() > 1 {
            ui.add_space(theme::GAP);
            card(ui, "Side by side", |ui| self.comparison.ui(ui, &compared));
        }
    }

    fn table(&mut self, ui: &mut Ui, rows: &[&Profile]) {
        let spacing = ui.spacing().item_spacing.x;
        let taken = CHECK + 2.0 * spacing + ui.spacing().scroll.bar_width;
        let figures = Figure::fitting(ui.available_width() - taken, spacing);
        let place = || rows.iter().position(|profile| Some(profile.id.as_str()) == self.selected.as_deref());
        let moved = table::row_keys(ui, "Profiles", ui.available_rect_before_wrap(), place, rows.len());
        let mut builder = table::builder(ui, "catalogue")
            .sense(Sense::CLICK)
            .auto_shrink([false, false])
            .column(Column::exact(CHECK))
            .column(Column::remainder().at_least(Figure::Name.width()).clip(true));
        for figure in figures.iter().skip(1) {
            builder = builder.column(Column::exact(figure.width()));
        }
        if let Some(row) = moved {
            self.selected = rows.get(row).map(|profile| profile.id.clone());
            builder = builder.scroll_to_row(row, None);
        }
        builder
            .header(theme::HEADER, |mut header| {
                header.col(|_| {});
                for &figure in &figures {
                    let at_right = !matches!(figure, Figure::Name | Figure::Kind);
                    header.col(|ui| table::sort_title(ui, figure.title(), at_right, figure, &mut self.sort));
                }
            })
            .body(|body| {
                body.rows(theme::ROW, rows.len(), |mut row| {
                    let Some(profile) = rows.get(row.index()) else { return };
                    row.set_selected(self.selected.as_deref() == Some(profile.id.as_str()));
                    row.col(|ui| {
                        let mut compared = self.compared.contains(&profile.id);
                        let room = compared || self.compared.len() < MOST;
                        let check = ui.add_enabled(room, Checkbox::without_text(&mut compared));
                        let check = check.accessible_name(format!("Compare {}", profile.id));
                        if check.on_hover_text("Side by side, up to six").changed() {
                            match compared {
                                true => self.compared.push(profile.id.clone()),
                                false => self.compared.retain(|id| *id != profile.id),
                            }
                        }
                    });
                    for &figure in &figures {
                        row.col(|ui| {
                            match figure {
                                Figure::Name => table::text(ui, figure.text(profile)),
                                Figure::Kind => table::text(ui, theme::caption(figure.text(profile))),
                                _ => table::number(ui, figure.text(profile)),
                            };
                        });
                    }
                    if row.response().clicked() {
                        self.selected = Some(profile.id.clone());
                    }
                });
            });
    }
}

fn profile_card(ui: &mut Ui, profile: &Profile, workbench: &Workbench) {
    let tokens = Tokens::of(ui);
    ui.label(theme::lead(full_name(profile)));
    ui.horizontal_wrapped(|ui| {
        chip(ui, profile.kind.label(), tokens.text_subdued);
        let facts = [profile.architecture.clone(), profile.year.map(|y| y.to_string()), profile.form_factor.clone()];
        ui.label(theme::caption(facts.into_iter().flatten().collect::<Vec<_>>().join(" · ")));
    });
    ui.add_space(6.0);
    ui.label(theme::column_title("Specification"));
    for specification in profile.specifications() {
        ui.horizontal(|ui| {
            ui.label(&specification.label);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let value = theme::number(specification.quantity.format(specification.value));
                match &specification.provenance {
                    Some(provenance) => {
                        let text = provenance_text(provenance);
                        evidence_chip(ui, provenance.evidence).on_hover_text(&text);
                        ui.label(value).on_hover_text(text);
                    }
                    None => {
                        chip(ui, "no source", tokens.warning);
                        ui.label(value);
                    }
                }
            });
        });
    }
    ui.add_space(6.0);
    ui.label(theme::column_title(format!("Offers on {}", workbench.assessment().pricing_date)));
    if profile.offers.is_empty() {
        ui.label(theme::caption("Nobody has quoted a price."));
    }
    for offer in &profile.offers {
        offer_row(ui, profile, offer, workbench);
    }
    if !profile.stacks.is_empty() {
        ui.add_space(6.0);
        ui.label(theme::column_title("Stacks"));
        ui.add(Label::new(RichText::new(profile.stacks.join(", ")).weak()).wrap());
    }
    if !profile.notes.is_empty() {
        ui.add_space(6.0);
        ui.label(theme::column_title("Notes"));
        for note in &profile.notes {
            bullet(ui, Icon::Info, tokens.text_subdued, note);
        }
    }
}

fn offer_row(ui: &mut Ui, profile: &Profile, offer: &Offer, workbench: &Workbench) {
    let tokens = Tokens::of(ui);
    let name = [Some(offer.provider.clone()), offer.unit.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let quote = offer.quote_in_force(workbench.assessment().pricing_date);
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            match &quote {
                Ok(in_force) => {
                    let warnings: Vec<String> = in_force.warnings().iter().map(ToString::to_string).collect();
                    let mut hover =
                        profile.quote_provenance(in_force.quote).map(|p| provenance_text(&p)).unwrap_or_default();
                    for warning in &warnings {
                        hover.push_str(&format!("\nNote: {warning}"));
                    }
                    let amount = format::money(in_force.quote.money());
                    let text = theme::number(format!("{amount} / {}", in_force.quote.per));
                    let text = if warnings.is_empty() { text } else { text.color(tokens.warning) };
                    ui.label(text).on_hover_text(hover);
                }
                Err(reason) => {
                    ui.label(theme::number(format::UNKNOWN)).on_hover_text(reason.to_string());
                }
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add(Label::new(name).truncate()).on_hover_text(&offer.id);
                let facts = [
                    Some(offer.kind.label().to_owned()),
                    offer.region.clone(),
                    offer.accelerators.filter(|n| *n > 1).map(|n| format!("{n} accelerators")),
                ];
                let text = facts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
                ui.add(Label::new(theme::caption(text)).truncate());
            });
        });
    });
}

/// Source, date and confidence in a few lines.
fn provenance_text(provenance: &Provenance) -> String {
    let mut lines = vec![provenance.source.clone()];
    let date = provenance.as_of.map(|d| d.to_string());
    if let Some(date) = provenance.as_of_text.clone().or(date) {
        lines.push(format!("as of {date}"));
    }
    lines.push(format!("{}, confidence {}", provenance.evidence, provenance.confidence));
    lines.extend(provenance.note.clone());
    lines.extend(provenance.url.clone());
    lines.join("\n")
}
