//! What the window remembers between sessions: studies opened lately, currency and units, theme, zoom, and the study
//! that is open.

use std::path::{Path, PathBuf};

use assay_base::files::write_atomic;
use assay_service::journal::JOURNAL_FILE;
use egui::{Context, ThemePreference};
use serde::{Deserialize, Serialize};

use crate::units::ChosenUnits;

/// Studies remembered.
const RECENT: usize = 10;

/// What is remembered. A file that cannot be read counts as none: everything in it can be chosen again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Folders of studies, the newest first.
    pub recent: Vec<PathBuf>,
    /// The study that is open; there is none when the last session ended well.
    pub open: Option<PathBuf>,
    /// Currency and units.
    pub units: ChosenUnits,
    theme: Theme,
    zoom: Option<f32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Theme {
    #[default]
    System,
    Dark,
    Light,
}

impl Settings {
    /// Reads the settings of a file.
    pub fn load(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Writes them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, file: &Path) -> std::io::Result<()> {
        write_atomic(file, &serde_json::to_vec_pretty(self)?)
    }

    /// Remembers that a study was opened.
    pub fn opened(&mut self, folder: &Path) {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        self.recent.retain(|known| *known != folder);
        self.recent.insert(0, folder.clone());
        self.recent.truncate(RECENT);
        self.open = Some(folder);
    }

    /// The study of a session that did not end well, if it is still there.
    pub fn unfinished(&self) -> Option<&Path> {
        self.open.as_deref().filter(|folder| folder.join(JOURNAL_FILE).is_file())
    }

    /// Sets the window as it was.
    pub fn apply(&self, ctx: &Context) {
        ctx.set_theme(match self.theme {
            Theme::System => ThemePreference::System,
            Theme::Dark => ThemePreference::Dark,
            Theme::Light => ThemePreference::Light,
        });
        if let Some(zoom) = self.zoom.filter(|zoom| (0.4..=4.0).contains(zoom)) {
            ctx.set_zoom_factor(zoom);
        }
    }

    /// Takes over how the window is now.
    pub fn take(&mut self, ctx: &Context) {
        self.theme = match ctx.options(|o| o.theme_preference) {
            ThemePreference::System => Theme::System,
            ThemePreference::Dark => Theme::Dark,
            ThemePreference::Light => Theme::Light,
        };
        let zoom = ctx.zoom_factor();
        self.zoom = (zoom != 1.0).then_some(zoom);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_study_comes_first_and_a_broken_file_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        let mut settings = Settings::default();
        for name in ["a", "b", "a"] {
            settings.opened(Path::new(name));
        }
        assert_eq!(settings.recent, [PathBuf::from("a"), PathBuf::from("b")]);
        settings.save(&file).unwrap();
        assert_eq!(Settings::load(&file), settings);
        std::fs::write(&file, "{ \"recent\": 7").unwrap();
        assert_eq!(Settings::load(&file), Settings::default());
    }
}
