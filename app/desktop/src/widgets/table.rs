//! Cells of tables: text at the left, numbers at the right, sortable titles.

use egui::{Align, Button, Label, Layout, Response, RichText, Ui};
use egui_extras::TableBuilder;

use crate::theme;

/// Which column a table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort<C> {
    /// The column.
    pub column: C,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// A table in house style.
pub fn builder<'a>(ui: &'a mut Ui, id_salt: &'static str) -> TableBuilder<'a> {
    // The rows' own height is air enough.
    ui.spacing_mut().item_spacing.y = 1.0;
    TableBuilder::new(ui).id_salt(id_salt).striped(true).cell_layout(Layout::left_to_right(Align::Center))
}

/// A cell of text; what does not fit is cut and shown on hover.
pub fn text(ui: &mut Ui, text: impl Into<RichText>) -> Response {
    ui.add(Label::new(text.into()).selectable(false).truncate())
}

/// A cell with a number, at the right.
pub fn number(ui: &mut Ui, text: impl Into<String>) -> Response {
    right(ui, theme::number(text))
}

/// A cell whose text stands at the right.
pub fn right(ui: &mut Ui, text: impl Into<RichText>) -> Response {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add(Label::new(text.into()).selectable(false).truncate())
    })
    .inner
}

/// The title of a column, at the right for numbers.
pub fn title(ui: &mut Ui, text: &str, at_right: bool) -> Response {
    if at_right {
        right(ui, theme::column_title(text))
    } else {
        ui.add(Label::new(theme::column_title(text)).selectable(false).truncate())
    }
}

/// The title of a column with its unit underneath.
pub fn title_with_unit(ui: &mut Ui, text: &str, unit: &str, at_right: bool) {
    let align = if at_right { Align::Max } else { Align::Min };
    ui.with_layout(Layout::top_down(align), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add(Label::new(theme::column_title(text)).selectable(false).truncate());
        ui.add(Label::new(theme::caption(unit)).selectable(false).truncate());
    });
}

/// The title of a column that sorts the table when clicked.
pub fn sort_title<C: Copy + PartialEq>(ui: &mut Ui, text: &str, at_right: bool, column: C, sort: &mut Sort<C>) {
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
