//! The profile a user copies and fills in for hardware that is not in the catalogue.

/// A template by name, with its text.
pub const TEMPLATES: [(&str, &str); 1] = [("custom-asic", include_str!("../templates/custom-asic.yaml"))];

/// The text of a template.
pub fn template(name: &str) -> Option<&'static str> {
    TEMPLATES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
