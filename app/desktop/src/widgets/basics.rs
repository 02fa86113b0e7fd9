//! Cards, chips, headline figures, buttons, empty states.

use assay_base::Evidence;
use egui::{
    Align, Button, Color32, Frame, Label, Layout, Margin, Response, RichText, Role, Sense, Ui, WidgetInfo, vec2,
};

use crate::picture;
use crate::theme::{self, Tokens};
use crate::widgets::copy;
use crate::widgets::icon::{self, Icon};

/// A raised card with a title, as wide as the space there is.
pub fn card<R>(ui: &mut Ui, title: &str, contents: impl FnOnce(&mut Ui) -> R) -> R {
    framed(ui, title, |ui| {
        if !title.is_empty() {
            ui.scope(|ui| {
                // The corner may hold buttons.
                ui.set_max_width((ui.available_width() - 2.0 * CORNER).max(80.0));
                ui.label(theme::card_title(title));
            });
            ui.add_space(2.0);
        }
        contents(ui)
    })
}

/// A raised card without a title.
pub fn card_filled<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
    framed(ui, "", contents)
}

/// What the card being drawn holds, for the buttons in its corner.
#[derive(Clone, Debug, Default)]
struct Holds {
    tables: Vec<&'static str>,
    is_chart: bool,
}

/// Width of a button in the corner of a card, to be left free by what stands there.
pub const CORNER: f32 = 24.0;

fn holds(ctx: &egui::Context, change: impl FnOnce(&mut Holds)) {
    ctx.data_mut(|data| change(data.get_temp_mut_or_default(egui::Id::unique("what the card holds"))));
}

/// Tells the card being drawn that it holds a table.
pub fn mark_table(ctx: &egui::Context, table: &'static str) {
    holds(ctx, |holds| holds.tables.push(table));
}

/// Tells the card being drawn that it holds a chart.
pub fn mark_chart(ctx: &egui::Context) {
    holds(ctx, |holds| holds.is_chart = true);
}

/// The frame of a card. A click with the secondary button offers to save it as a picture; so does a button in its corner
/// where it holds a chart. Another one copies the table that it holds.
fn framed<R>(ui: &mut Ui, title: &str, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let tokens = Tokens::of(ui);
    let mut around = Holds::default();
    holds(ui, |holds| std::mem::swap(holds, &mut around));
    let shown = Frame::new()
        .fill(tokens.surface_raised)
        .stroke((1.0, tokens.border))
        .corner_radius(theme::RADIUS_CARD)
        .inner_margin(Margin::same(theme::PADDING))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 6.0;
            // Columns justify what they hold; a card's contents stand at the left.
            ui.with_layout(Layout::top_down(Align::Min), contents).inner
        });
    let (id, rect) = (shown.response.id, shown.response.rect);
    picture::offer(ui, id, title, rect);
    holds(ui, |holds| std::mem::swap(holds, &mut around));
    let size = vec2(CORNER, 22.0);
    let mut at = rect.right_top() + vec2(-CORNER - 6.0, 7.0);
    let mut corner = |ui: &Ui, icon, salt: &'static str, name: String| {
        let rect = egui::Rect::from_min_size(at, size);
        at.x -= CORNER;
        let response = ui.interact(rect, id.with(salt), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        icon::paint_button(ui, &response, icon, true, false);
        response.on_hover_text(name)
    };
    let of = |what: &str| if title.is_empty() { what.to_owned() } else { title.to_owned() };
    if around.is_chart {
        let response = corner(ui, Icon::Picture, "picture", format!("Save as a picture: {}", of("chart")));
        if response.clicked() {
            picture::ask(ui, id, title, rect, response.rect.left_bottom());
        }
    }
    for table in around.tables {
        if corner(ui, Icon::Copy, table, format!("Copy the table: {}", of(table))).clicked() {
            copy::ask(ui, table);
        }
    }
    shown.inner
}

/// A small label on a tinted background.
pub fn chip(ui: &mut Ui, text: &str, color: Color32) -> Response {
    copy::note(ui, text);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::small_font(), color);
    let size = galley.size() + vec2(12.0, 4.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    if ui.is_rect_visible(rect) {
        ui.painter().rect_filled(rect, theme::RADIUS_CHIP, theme::tint(color));
        ui.painter().galley(rect.center() - galley.size() / 2.0, galley, color);
    }
    response
}

/// A verdict, to be seen from afar.
pub fn badge(ui: &mut Ui, text: &str, color: Color32) -> Response {
    let on_color = Tokens::of(ui).text_on_accent;
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::semibold_font(13.0), on_color);
    let size = galley.size() + vec2(16.0, 6.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    if ui.is_rect_visible(rect) {
        ui.painter().rect_filled(rect, theme::RADIUS_CONTROL, color);
        ui.painter().galley(rect.center() - galley.size() / 2.0, galley, on_color);
    }
    response
}

/// The class of evidence as a chip, explained on hover.
pub fn evidence_chip(ui: &mut Ui, evidence: Evidence) -> Response {
    let color = Tokens::of(ui).evidence(evidence);
    chip(ui, evidence.label(), color).on_hover_text(evidence.description())
}

/// Hover text of a number: its class of evidence and what else is known.
pub fn evidence_hover(evidence: Evidence, detail: &str) -> String {
    if detail.is_empty() {
        format!("{}: {}", evidence.label(), evidence.description())
    } else {
        format!("{detail}\n{}: {}", evidence.label(), evidence.description())
    }
}

/// A headline figure.
#[derive(Clone, Debug, Default)]
pub struct Kpi {
    /// What it is.
    pub label: String,
    /// The same where there is little room.
    pub short_label: &'static str,
    /// The figure.
    pub value: String,
    /// What is under it: a range, a comparison.
    pub note: String,
    /// The class of evidence behind it.
    pub evidence: Option<Evidence>,
    /// More on hover.
    pub hover: String,
}

/// A headline figure in its card, `width` wide.
pub fn kpi(ui: &mut Ui, width: f32, kpi: &Kpi) {
    let tokens = Tokens::of(ui);
    let padding = f32::from(theme::PADDING);
    let response = Frame::new()
        .fill(tokens.surface_raised)
        .stroke((1.0, tokens.border))
        .corner_radius(theme::RADIUS_CARD)
        .inner_margin(Margin::same(theme::PADDING))
        .show(ui, |ui| {
            ui.set_width(width - 2.0 * padding - 2.0);
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 3.0;
                ui.spacing_mut().interact_size.y = 18.0;
                ui.horizontal(|ui| {
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        if let Some(evidence) = kpi.evidence {
                            evidence_chip(ui, evidence);
                        }
                        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                            let label = if width < 256.0 { kpi.short_label } else { &kpi.label };
                            ui.add(Label::new(theme::caption(label)).truncate());
                        });
                    });
                });
                ui.add(Label::new(theme::headline(&kpi.value)).truncate());
                ui.add(Label::new(theme::caption(&kpi.note)).truncate());
            });
        })
        .response;
    let hover = [kpi.label.as_str(), kpi.hover.as_str()].into_iter().filter(|t| !t.is_empty());
    response.on_hover_text(hover.collect::<Vec<_>>().join("\n"));
}

/// Headline figures side by side, in two rows where there is little room.
pub fn kpi_row(ui: &mut Ui, kpis: &[Kpi]) {
    let fitting = ((ui.available_width() + theme::GAP) / (KPI_LEAST + theme::GAP)).floor().max(1.0) as usize;
    let columns = if fitting < kpis.len() { kpis.len().div_ceil(2) } else { kpis.len() }.max(1);
    let width = ((ui.available_width() - theme::GAP * (columns - 1) as f32) / columns as f32).floor();
    for row in kpis.chunks(columns) {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing = vec2(theme::GAP, 3.0);
            for figure in row {
                kpi(ui, width, figure);
            }
        });
    }
}

/// A headline figure needs so much width.
const KPI_LEAST: f32 = 150.0;

/// The button of the main action.
pub fn primary_button(ui: &mut Ui, enabled: bool, text: &str) -> Response {
    let tokens = Tokens::of(ui);
    let button = Button::new(RichText::new(text).font(theme::semibold_font(13.0)).color(tokens.text_on_accent))
        .fill(tokens.accent)
        .stroke((1.0, tokens.accent));
    ui.add_enabled(enabled, button)
}

/// What a view shows while there is nothing to show: why, and what to do. `true` when the action was chosen.
pub fn empty_state(ui: &mut Ui, icon: Icon, title: &str, text: &str, action: Option<&str>) -> bool {
    let mut chosen = false;
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.25).clamp(8.0, 140.0));
        let tokens = Tokens::of(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(36.0, 36.0), Sense::hover());
        icon::paint(ui.painter(), rect, icon, tokens.text_subdued);
        ui.add_space(6.0);
        ui.label(theme::lead(title));
        ui.scope(|ui| {
            ui.set_max_width(460.0);
            ui.label(RichText::new(text).weak());
        });
        if let Some(action) = action {
            ui.add_space(8.0);
            chosen = primary_button(ui, true, action).clicked();
        }
        ui.add_space(8.0);
    });
    chosen
}

/// A caption and its value on one line, the value at the right edge.
pub fn field(ui: &mut Ui, label: &str, value: &str) -> Response {
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        ui.horizontal(|ui| {
            ui.label(theme::caption(label));
            let layout = Layout::right_to_left(Align::Center);
            ui.with_layout(layout, |ui| ui.add(Label::new(theme::number(value)).truncate())).inner
        })
        .inner
    })
    .inner
}

/// The text cut to what fits on the line, for titles that do not break.
pub fn fitting(ui: &Ui, text: &str) -> String {
    let width = (ui.available_width() - 32.0).max(40.0);
    let fits = |text: &str| {
        let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::body_font(), theme::TRANSPARENT);
        galley.size().x <= width
    };
    if fits(text) {
        return text.to_owned();
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    // The longest beginning that fits, by halving.
    let count = ends.partition_point(|end| fits(&format!("{}…", text.get(..*end).unwrap_or_default())));
    let end = ends.get(count.saturating_sub(1)).copied().unwrap_or_default();
    format!("{}…", text.get(..end).unwrap_or_default().trim_end())
}

/// A paragraph with an icon in front.
pub fn bullet(ui: &mut Ui, icon: Icon, color: Color32, text: &str) {
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(14.0, 18.0), Sense::hover());
        icon::paint(ui.painter(), egui::Rect::from_center_size(rect.center(), vec2(13.0, 13.0)), icon, color);
        ui.add(Label::new(text).wrap());
    });
}
