//! The one list of what can be done: menu, palette, shortcuts, buttons and the command line share it.

/// A change of the study.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Sets the value at a path, such as `assumptions.pue`; see `assay_study::set_path`.
    ///
    /// Values set with the same `gesture` one after the other (a slider being dragged) are undone as one.
    Set {
        /// The path.
        path: String,
        /// The value.
        value: serde_json::Value,
        /// Identifies the gesture; `None` for a change of its own.
        gesture: Option<u64>,
    },
    /// Sets several values, all or none; undone as one.
    SetAll {
        /// Paths and values, in the order in which they are set.
        values: Vec<(String, serde_json::Value)>,
        /// As for a single value.
        gesture: Option<u64>,
    },
    /// Looks at the study under a scenario, or under none.
    SelectScenario(Option<String>),
}

impl Command {
    /// Sets a number that is a change of its own.
    pub fn set(path: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        Self::Set { path: path.into(), value: value.into(), gesture: None }
    }
}

/// What a user can do anywhere in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Opens another study.
    OpenStudy,
    /// Creates a study with placeholders.
    NewStudy,
    /// Creates the sample study.
    NewSample,
    /// Says where the study is saved; every change is saved at once.
    Save,
    /// Copies the study to another folder.
    SaveAs,
    /// Takes back the last change.
    Undo,
    /// Makes the last change taken back again.
    Redo,
    /// Looks for devices again.
    DetectDevices,
    /// Measures the study's suite.
    StartRun,
    /// Cancels the run.
    CancelRun,
    /// Writes the dossier as PDF.
    ExportDossier,
    /// Shows the overview.
    ShowOverview,
    /// Shows the hardware.
    ShowHardware,
    /// Shows the benchmarks.
    ShowBenchmarks,
    /// Shows the results.
    ShowResults,
    /// Shows the last two runs side by side.
    CompareRuns,
    /// Shows cost and return.
    ShowCost,
    /// Shows the plan of the fleet.
    ShowCapacity,
    /// Shows the plan of the move.
    ShowMigration,
    /// Shows the reports.
    ShowReports,
    /// Saves the view as a picture of pixels.
    SavePng,
    /// Saves the view as a picture of lines and text.
    SaveSvg,
    /// Shows the settings.
    Settings,
    /// Ends the program.
    Quit,
}

/// What is known of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandSpec {
    /// The action.
    pub action: Action,
    /// Its name in menus and the palette.
    pub label: &'static str,
    /// Its shortcut, such as `Ctrl+Z`; empty when it has none.
    pub shortcut: &'static str,
    /// The command line that does the same; empty when there is none.
    pub command_line: &'static str,
}

const fn spec(action: Action, label: &'static str, shortcut: &'static str, command_line: &'static str) -> CommandSpec {
    CommandSpec { action, label, shortcut, command_line }
}

/// Everything a user can do anywhere in the program.
pub const COMMANDS: [CommandSpec; 24] = [
    spec(Action::OpenStudy, "Open study…", "Ctrl+O", "assay STUDY"),
    spec(Action::NewStudy, "New study…", "Ctrl+N", "assay new DIR"),
    spec(Action::NewSample, "New sample study…", "", "assay demo --out DIR"),
    spec(Action::Save, "Save", "Ctrl+S", ""),
    spec(Action::SaveAs, "Save as…", "Ctrl+Shift+S", ""),
    spec(Action::Undo, "Undo", "Ctrl+Z", ""),
    spec(Action::Redo, "Redo", "Ctrl+Shift+Z", ""),
    spec(Action::DetectDevices, "Detect devices", "F5", "assay devices"),
    spec(Action::StartRun, "Run benchmarks", "Ctrl+R", "assay run"),
    spec(Action::CancelRun, "Cancel run", "", ""),
    spec(Action::ExportDossier, "Export dossier as PDF", "Ctrl+E", "assay report --kind dossier"),
    spec(Action::ShowOverview, "Overview", "Ctrl+1", ""),
    spec(Action::ShowHardware, "Hardware", "Ctrl+2", "assay profiles list"),
    spec(Action::ShowBenchmarks, "Benchmarks", "Ctrl+3", "assay run"),
    spec(Action::ShowResults, "Results", "Ctrl+4", "assay results list"),
    spec(Action::CompareRuns, "Compare the last two runs", "", "assay results compare"),
    spec(Action::ShowCost, "Cost & ROI", "Ctrl+5", "assay cost"),
    spec(Action::ShowCapacity, "Capacity", "Ctrl+6", "assay capacity"),
    spec(Action::ShowMigration, "Migration", "Ctrl+7", "assay report --kind migration"),
    spec(Action::ShowReports, "Reports", "Ctrl+8", "assay report"),
    spec(Action::SavePng, "Save the view as PNG", "", ""),
    spec(Action::SaveSvg, "Save the view as SVG", "", ""),
    spec(Action::Settings, "Settings…", "Ctrl+Comma", ""),
    spec(Action::Quit, "Quit", "Ctrl+Q", ""),
];

/// What is known of an action.
pub fn spec_of(action: Action) -> &'static CommandSpec {
    COMMANDS.iter().find(|spec| spec.action == action).unwrap_or(&COMMANDS[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_shortcuts_are_unique() {
        for (i, a) in COMMANDS.iter().enumerate() {
            assert_eq!(spec_of(a.action), a);
            for b in &COMMANDS[i + 1..] {
                assert_ne!(a.label, b.label);
                assert!(a.shortcut.is_empty() || a.shortcut != b.shortcut);
            }
        }
    }
}
