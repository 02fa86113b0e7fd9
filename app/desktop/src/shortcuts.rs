//! Keyboard shortcuts, read from the one list of commands.

use assay_service::{Action, COMMANDS};
use egui::{Context, Key, KeyboardShortcut, Modifiers};

/// Opens the command palette.
pub const PALETTE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::K);

/// The actions whose shortcuts were pressed in this frame.
pub fn pressed(ctx: &Context) -> Vec<Action> {
    // While somebody types, Ctrl+Z takes back letters, not assumptions.
    let typing = ctx.text_edit_focused();
    let mut shortcuts: Vec<(KeyboardShortcut, Action)> = COMMANDS
        .iter()
        .filter(|spec| !(typing && matches!(spec.action, Action::Undo | Action::Redo)))
        .filter_map(|spec| Some((parse(spec.shortcut)?, spec.action)))
        .collect();
    // Ctrl+Shift+Z before Ctrl+Z, which it would match, too.
    shortcuts.sort_by_key(|(s, _)| std::cmp::Reverse(usize::from(s.modifiers.shift) + usize::from(s.modifiers.alt)));
    ctx.input_mut(|i| shortcuts.iter().filter(|(s, _)| i.consume_shortcut(s)).map(|(_, action)| *action).collect())
}

/// `Ctrl+Shift+Z` as keys; `None` for text that is none.
fn parse(text: &str) -> Option<KeyboardShortcut> {
    let mut modifiers = Modifiers::NONE;
    let mut key = None;
    for part in text.split('+') {
        match part {
            "Ctrl" => modifiers |= Modifiers::COMMAND,
            "Shift" => modifiers |= Modifiers::SHIFT,
            "Alt" => modifiers |= Modifiers::ALT,
            name => key = Some(Key::from_name(name)?),
        }
    }
    Some(KeyboardShortcut::new(modifiers, key?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shortcut_of_the_list_is_understood() {
        for spec in COMMANDS.iter().filter(|s| !s.shortcut.is_empty()) {
            assert!(parse(spec.shortcut).is_some(), "{}", spec.shortcut);
        }
        let redo = KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
        assert_eq!(parse("Ctrl+Shift+Z"), Some(redo));
    }
}
