//! Cells of tables: text at the left, numbers at the right, sortable titles.

use egui::{Align, Button, Event, Key, Label, Layout, Rect, Response, RichText, Role, Sense, Ui, WidgetInfo};
use egui_extras::TableBuilder;

use crate::theme::{self, Tokens};
use crate::widgets::basics::mark_table;
use crate::widgets::copy::{self, note};

/// Which column a table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort<C> {
    /// The column.
    pub column: C,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// A table in house style. The card around it offers to copy it; what its cells say is taken down by the functions below.
pub fn builder<'a>(ui: &'a mut Ui, id_salt: &'static str) -> TableBuilder<'a> {
    mark_table(ui, id_salt);
    let is_copied = copy::begin(ui, id_salt);
    let builder = bare(ui, id_salt);
    if is_copied { builder.vscroll(false) } else { builder }
}

/// A table in house style with a way of its own to be copied.
pub fn bare<'a>(ui: &'a mut Ui, id_salt: &'static str) -> TableBuilder<'a> {
    // The rows' own height is air enough.
    ui.spacing_mut().item_spacing.y = 1.0;
    TableBuilder::new(ui)
        .id_salt(id_salt)
        .striped(true)
        .cell_layout(Layout::left_to_right(Align::Center))
        // Where there is little room a few rows are better than a card that leaves the window.
        .min_scrolled_height(60.0)
}

/// A cell of text; what does not fit is cut and shown on hover.
pub fn text(ui: &mut Ui, text: impl Into<RichText>) -> Response {
    let text = text.into();
    note(ui, text.text());
    ui.add(Label::new(text).selectable(false).truncate())
}

/// A cell with a number, at the right.
pub fn number(ui: &mut Ui, text: impl Into<String>) -> Response {
    right(ui, theme::number(text))
}

/// A cell whose text stands at the right.
pub fn right(ui: &mut Ui, text: impl Into<RichText>) -> Response {
    let text = text.into();
    note(ui, text.text());
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(Label::new(text).selectable(false).truncate()))
        .inner
}

/// The title of a column, at the right for numbers.
pub fn title(ui: &mut Ui, text: &str, at_right: bool) -> Response {
    if at_right {
        right(ui, theme::column_title(text))
    } else {
        note(ui, text);
        ui.add(Label::new(theme::column_title(text)).selectable(false).truncate())
    }
}

/// The title of a column with its unit underneath.
pub fn title_with_unit(ui: &mut Ui, text: &str, unit: &str, at_right: bool) {
    let align = if at_right { Align::Max } else { Align::Min };
    note(ui, &if unit.is_empty() { text.to_owned() } else { format!("{text}, {unit}") });
    ui.with_layout(Layout::top_down(align), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add(Label::new(theme::column_title(text)).selectable(false).truncate());
        ui.add(Label::new(theme::caption(unit)).selectable(false).truncate());
    });
}

/// The title of a column of numbers that is a name: it is broken where it is too long for a line.
pub fn title_broken(ui: &mut Ui, text: &str) {
    note(ui, text);
    ui.with_layout(Layout::top_down(Align::Max), |ui| {
        ui.add(Label::new(theme::column_title(text)).selectable(false).wrap()).on_hover_text(text);
    });
}

/// The title of a column that sorts the table when clicked.
pub fn sort_title<C: Copy + PartialEq>(ui: &mut Ui, text: &str, at_right: bool, column: C, sort: &mut Sort<C>) {
    note(ui, text);
    let active = sort.column == column;
    let arrow = match (active, sort.descending) {
        (false, _) => "",
        (true, true) => " ↓",
        (true, false) => " ↑",
    };
    let layout = if at_right { Layout::right_to_left(Align::Center) } else { Layout::left_to_right(Align::Center) };
    let clicked = ui
        .with_layout(layout, |ui| {
            ui.spacing_mut().button_padding.x = 0.0;
            let label = theme::column_title(format!("{text}{arrow}"));
            let label = if active { label.strong() } else { label };
            ui.add(Button::new(label).frame(false).truncate())
                .accessible_name(format!("Sort by {}", text.to_lowercase()))
                .clicked()
        })
        .inner;
    if clicked {
        *sort = Sort { column, descending: active && !sort.descending };
    }
}

/// Lets the rows of a table be walked through by keys: one stop for Tab, then the arrows, Page Up and Down, Home and
/// End. Answers the row to go to. `rect` is where the table is drawn, `at` the row selected.
pub fn row_keys(ui: &Ui, name: &str, rect: Rect, at: impl FnOnce() -> Option<usize>, count: usize) -> Option<usize> {
    let id = ui.scope_id().with(("rows", name));
    let response = ui.interact(rect, id, Sense::focusable_noninteractive());
    response.widget_info(|| WidgetInfo::labeled(Role::Table, true, name));
    if !response.has_focus() {
        return None;
    }
    let filter = egui::EventFilter { vertical_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let stroke = (1.0, Tokens::of(ui).accent);
    ui.painter().rect_stroke(rect.expand(2.0), theme::RADIUS_CONTROL, stroke, egui::StrokeKind::Inside);
    let pressed: Vec<Key> = ui.input(|input| {
        let key = |event: &Event| match event {
            Event::Key { key, pressed: true, modifiers, .. } if modifiers.is_none() => Some(*key),
            _ => None,
        };
        input.events.iter().filter_map(key).collect()
    });
    if pressed.is_empty() {
        return None;
    }
    let (at, last) = (at(), count.checked_sub(1)?);
    let page = (rect.height() / theme::ROW).floor().max(1.0) as usize;
    let mut now = None;
    for key in pressed {
        let here = now.or(at);
        let next = match (key, here) {
            (Key::ArrowDown | Key::ArrowUp | Key::PageDown | Key::PageUp, None) | (Key::Home, _) => 0,
            (Key::End, _) => last,
            (Key::ArrowDown, Some(row)) => row + 1,
            (Key::ArrowUp, Some(row)) => row.saturating_sub(1),
            (Key::PageDown, Some(row)) => row + page,
            (Key::PageUp, Some(row)) => row.saturating_sub(page),
            _ => continue,
        };
        now = Some(next.min(last));
    }
    now.filter(|row| Some(*row) != at)
}
