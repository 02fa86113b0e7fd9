//! The command palette: every command by its name.

use assay_service::{Action, COMMANDS, CommandSpec};
use egui::{
    Align2, Area, Button, Context, Frame, Id, Key, Margin, Modifiers, Order, RichText, ScrollArea, Sense, TextEdit,
    vec2,
};

use crate::theme::{self, Tokens};

/// The state of the palette.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    open: bool,
    query: String,
    selected: usize,
    just_opened: bool,
}

impl Palette {
    /// Opens it, empty.
    pub fn open(&mut self) {
        *self = Self { open: true, just_opened: true, ..Self::default() };
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Shows it; answers the command chosen.
    pub fn ui(&mut self, ctx: &Context, enabled: impl Fn(Action) -> bool) -> Option<Action> {
        if !self.open {
            return None;
        }
        let found = matching(&self.query);
        let (mut chosen, mut close) = (None, false);
        let selected_before = self.selected;
        // Before the text field, which would take the arrows.
        ctx.input_mut(|i| {
            close |= i.consume_key(Modifiers::NONE, Key::Escape);
            if i.consume_key(Modifiers::NONE, Key::ArrowDown) {
                self.selected = (self.selected + 1).min(found.len().saturating_sub(1));
            }
            if i.consume_key(Modifiers::NONE, Key::ArrowUp) {
                self.selected = self.selected.saturating_sub(1);
            }
            if i.consume_key(Modifiers::NONE, Key::Enter) {
                chosen = found.get(self.selected).map(|spec| spec.action).filter(|a| enabled(*a));
            }
        });
        let tokens = Tokens::of(ctx);
        let screen = ctx.content_rect();
        let area = Area::new(Id::unique("palette"))
            .order(Order::Foreground)
            .anchor(Align2::CENTER_TOP, vec2(0.0, (screen.height() * 0.14).min(120.0)));
        let response = area.show(ctx, |ui| {
            Frame::new()
                .fill(tokens.surface_raised)
                .stroke((1.0, tokens.border_strong))
                .corner_radius(theme::RADIUS_CARD + 2)
                .shadow(ui.visuals().popup_shadow)
                .inner_margin(Margin::same(10))
                .show(ui, |ui| {
                    ui.set_width(440.0);
                    let field = TextEdit::singleline(&mut self.query)
                        .hint_text("Type a command")
                        .desired_width(f32::INFINITY)
                        .margin(Margin::symmetric(8, 6));
                    let response = ui.add(field).accessible_name("Command");
                    if self.just_opened {
                        response.request_focus();
                        self.just_opened = false;
                    }
                    if response.changed() {
                        self.selected = 0;
                    }
                    ui.add_space(4.0);
                    ui.spacing_mut().item_spacing.y = 2.0;
                    let list = ScrollArea::vertical().id_salt("commands").max_height(screen.height() * 0.62);
                    list.show(ui, |ui| {
                        for (i, spec) in found.iter().enumerate() {
                            let button = Button::selectable(i == self.selected, spec.label)
                                .shortcut_text(RichText::new(spec.shortcut).font(theme::small_font()).weak())
                                .sense(Sense::click())
                                .min_size(vec2(ui.available_width(), 26.0));
                            let response = ui.add_enabled(enabled(spec.action), button);
                            if response.clicked() {
                                chosen = Some(spec.action);
                            }
                            if i == self.selected && self.selected != selected_before {
                                response.scroll_to_me(None);
                            }
                            if !spec.command_line.is_empty() {
                                response.on_hover_text(format!("On the command line: {}", spec.command_line));
                            }
                        }
                    });
                    if found.is_empty() {
                        ui.label(theme::caption("No command has this name."));
                    }
                });
        });
        let outside = response.response.clicked_elsewhere() && !self.just_opened;
        if close || chosen.is_some() || outside {
            self.open = false;
        }
        chosen
    }
}

/// Commands whose name has all words of the query, best first.
fn matching(query: &str) -> Vec<&'static CommandSpec> {
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let mut found: Vec<&CommandSpec> =
        COMMANDS.iter().filter(|spec| words.iter().all(|w| spec.label.to_lowercase().contains(w))).collect();
    found.sort_by_key(|spec| !words.first().is_some_and(|w| spec.label.to_lowercase().starts_with(w)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_by_parts_of_their_name() {
        let labels = |query: &str| matching(query).iter().map(|s| s.action).collect::<Vec<_>>();
        assert_eq!(labels("").len(), COMMANDS.len());
        assert_eq!(labels("re").first(), Some(&Action::Redo));
        assert_eq!(labels("dossier pdf"), [Action::ExportDossier]);
        assert!(labels("xyzzy").is_empty());
    }
}
