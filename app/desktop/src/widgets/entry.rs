//! Fields for a number that may be absent, and for a line of text. A field is taken over when it is left: Enter, Tab or
//! a click elsewhere; Escape takes back what was typed.

use assay_base::format;
use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{Align, Id, Key, Label, Layout, Response, TextEdit, Ui};

use crate::theme::{self, Tokens};
use crate::widgets::slider::{Scale, parse_number, round};

/// A number in a field.
#[derive(Clone, Debug)]
pub struct Number<'a> {
    /// The accessible name, unique in the view.
    pub name: &'a str,
    /// The value; `None` where nothing is stated.
    pub value: Option<f64>,
    /// How it is shown.
    pub scale: Scale,
    /// What stands in an empty field: the default, or what it means that nothing is stated.
    pub hint: &'a str,
}

/// A field for a number, `width` wide. Answers the new value once it is taken over; `Some(None)` where the field was
/// emptied.
pub fn number(ui: &mut Ui, width: f32, number: &Number<'_>) -> Option<Option<f64>> {
    let scale = number.scale;
    let shown = number.value.map(|value| format!("{}{}", plain(scale, value), scale.suffix())).unwrap_or_default();
    let read = |text: &str| match text.trim() {
        "" => Some(None),
        text => parse_number(text).map(|value| Some(round(value / scale.factor()))),
    };
    let hint = number.hint;
    let (text, _) = field(ui, number.name, &shown, |ui, text| {
        let wrong = read(text).is_none();
        let edit = TextEdit::singleline(text)
            .desired_width(width - 12.0)
            .hint_text(hint)
            .font(theme::mono_font())
            .align(egui::Align2::RIGHT_CENTER);
        let edit = if wrong { edit.text_color(Tokens::of(ui).error) } else { edit };
        let response = ui.add(edit);
        if wrong { response.on_hover_text("This is not a number.") } else { response }
    });
    // What is not understood stays in the field, to be seen.
    let text = text?;
    let value = read(&text)?;
    clear(ui, number.name);
    (value != number.value).then_some(value)
}

/// A row with a caption at the left and a number at the right.
pub fn number_row(ui: &mut Ui, caption: &str, unit: &str, entry: &Number<'_>) -> Option<Option<f64>> {
    row(ui, caption, unit, |ui| number(ui, 120.0, entry))
}

/// A row with a caption at the left and `contents` at the right.
pub fn row<R>(ui: &mut Ui, caption: &str, unit: &str, contents: impl FnOnce(&mut Ui) -> R) -> R {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let answer = contents(ui);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(caption).truncate()).on_hover_text(caption);
                if !unit.is_empty() {
                    ui.add(Label::new(theme::caption(unit)).truncate());
                }
            });
            answer
        })
        .inner
    })
    .inner
}

/// A field for a line of text. Answers the new text once it is taken over.
pub fn line(ui: &mut Ui, width: f32, name: &str, text: &str, hint: &str) -> Option<String> {
    taken_over(ui, name, text, |ui, text| {
        ui.add(TextEdit::singleline(text).desired_width(width - 12.0).hint_text(hint))
    })
}

/// A field for several lines of text. Answers the new text once it is taken over.
pub fn lines(ui: &mut Ui, name: &str, text: &str, hint: &str, rows: usize) -> Option<String> {
    taken_over(ui, name, text, |ui, text| {
        ui.add(TextEdit::multiline(text).desired_width(f32::INFINITY).desired_rows(rows).hint_text(hint))
    })
}

fn taken_over(
    ui: &mut Ui,
    name: &str,
    text: &str,
    add: impl FnOnce(&mut Ui, &mut String) -> Response,
) -> Option<String> {
    let (typed, _) = field(ui, name, text, add);
    let typed = typed?;
    clear(ui, name);
    let typed = typed.trim();
    (typed != text).then(|| typed.to_owned())
}

/// Digits as they can be typed again: six at most, none that is not there.
fn plain(scale: Scale, value: f64) -> String {
    let shown = value * scale.factor();
    match scale {
        Scale::Logarithmic => {
            let suffixes = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M")];
            let found = suffixes.into_iter().find(|(factor, _)| shown.abs() >= *factor);
            let (factor, suffix) = found.unwrap_or((1.0, ""));
            let digits = format::without_trailing_zeros(&format::significant(shown / factor, 6));
            if suffix.is_empty() { digits } else { format!("{digits} {suffix}") }
        }
        _ => format::without_trailing_zeros(&format::thousands(shown, 4)),
    }
}

fn key(name: &str) -> Id {
    Id::unique(("entry", name))
}

fn clear(ui: &Ui, name: &str) {
    ui.data_mut(|data| data.remove_temp::<String>(key(name)));
}

/// Shows the text that is stored or the one being typed; answers it when the field is left.
fn field(
    ui: &mut Ui,
    name: &str,
    stored: &str,
    add: impl FnOnce(&mut Ui, &mut String) -> Response,
) -> (Option<String>, Response) {
    let mut text = ui.data(|data| data.get_temp::<String>(key(name))).unwrap_or_else(|| stored.to_owned());
    let response = add(ui, &mut text).accessible_name(name);
    if response.gained_focus() {
        let all = CCursorRange::two(CCursor::new(0), CCursor::new(text.chars().count()));
        let mut state = TextEditState::load(ui.ctx(), response.id).unwrap_or_default();
        state.cursor.set_char_range(Some(all));
        state.store(ui.ctx(), response.id);
    }
    if response.changed() {
        ui.data_mut(|data| data.insert_temp(key(name), text.clone()));
    }
    if !response.lost_focus() {
        return (None, response);
    }
    if ui.input(|input| input.key_pressed(Key::Escape)) {
        clear(ui, name);
        return (None, response);
    }
    (Some(text), response)
}
