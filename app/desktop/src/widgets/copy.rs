//! Copying of tables to the clipboard, tab-separated, all rows and whole words, whatever is in sight: for one pass that
//! nobody sees the table is drawn with all its rows, and what its cells say is taken down.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use egui::{Context, Id, Rangef, Rect, Ui, UiKind};

/// A copy that was asked for.
#[derive(Debug, Default)]
struct Copying {
    table: &'static str,
    /// The pass in which it was asked for.
    asked_at: u64,
    /// Whether the pass that nobody sees has begun.
    is_begun: bool,
    /// Whether the table that is being drawn is the one.
    is_here: bool,
    /// What the cells say, by where they are.
    rows: BTreeMap<i64, BTreeMap<i64, String>>,
}

type Shared = Arc<Mutex<Copying>>;

/// A table that was not drawn within so many passes is not there any more.
const PATIENCE: u64 = 4;

fn key() -> Id {
    Id::unique("table being copied")
}

/// Asks for a copy of a table; it is in the clipboard after the next frame.
pub fn ask(ctx: &Context, table: &'static str) {
    let copying = Copying { table, asked_at: ctx.cumulative_pass_nr(), ..Copying::default() };
    ctx.data_mut(|data| data.insert_temp::<Shared>(key(), Arc::new(Mutex::new(copying))));
    ctx.request_repaint();
}

/// Tells that a table is about to be drawn. Answers whether all its rows are to be drawn, for a copy.
pub fn begin(ui: &mut Ui, table: &'static str) -> bool {
    let Some(shared) = ui.data(|data| data.get_temp::<Shared>(key())) else { return false };
    let mut copying = shared.lock().unwrap_or_else(PoisonError::into_inner);
    copying.is_here = copying.table == table;
    if ui.cumulative_pass_nr().saturating_sub(copying.asked_at) > PATIENCE {
        ui.data_mut(|data| data.remove_temp::<Shared>(key()));
        return false;
    }
    if !copying.is_here {
        return false;
    }
    if copying.is_begun {
        ui.copy_text(tab_separated(&copying.rows));
        ui.data_mut(|data| data.remove_temp::<Shared>(key()));
        return false;
    }
    copying.is_begun = true;
    // Rows are drawn where they are within the clip rectangle.
    let everywhere = Rangef::new(-1e7, 1e7);
    ui.set_clip_rect(Rect::from_x_y_ranges(ui.clip_rect().x_range(), everywhere));
    ui.request_discard("a table is copied");
    true
}

/// Takes down what a cell of a table says.
pub fn note(ui: &Ui, text: &str) {
    let Some(shared) = ui.data(|data| data.get_temp::<Shared>(key())) else { return };
    let mut copying = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if !(copying.is_begun && copying.is_here) || text.is_empty() {
        return;
    }
    let Some(cell) = ui.stack().iter().find(|above| above.kind() == Some(UiKind::TableCell)) else { return };
    let place = |at: f32| (at * 2.0).round() as i64;
    let row = copying.rows.entry(place(cell.max_rect.top())).or_default();
    let said = row.entry(place(cell.max_rect.left())).or_default();
    if !said.is_empty() {
        said.push(' ');
    }
    said.push_str(text);
}

fn tab_separated(rows: &BTreeMap<i64, BTreeMap<i64, String>>) -> String {
    let mut columns: Vec<i64> = rows.values().flat_map(|row| row.keys().copied()).collect();
    columns.sort_unstable();
    columns.dedup();
    let clean = |text: &str| text.replace(['\t', '\n'], " ");
    let line = |row: &BTreeMap<i64, String>| {
        let cells = columns.iter().map(|column| row.get(column).map(|text| clean(text)).unwrap_or_default());
        cells.collect::<Vec<_>>().join("\t")
    };
    rows.values().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_in_their_columns_and_a_cell_that_says_nothing_is_empty() {
        let row = |cells: &[(i64, &str)]| cells.iter().map(|(x, text)| (*x, (*text).to_owned())).collect();
        let rows =
            [(0, row(&[(10, "Option"), (90, "Cost, USD")])), (40, row(&[(10, "one\tline")])), (20, row(&[(90, "5")]))];
        assert_eq!(tab_separated(&rows.into()), "Option\tCost, USD\n\t5\none line\t");
    }
}
