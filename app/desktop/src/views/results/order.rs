//! Which rows are shown in which order and in which groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use assay_base::format::{self, or_unknown};

use super::index::{Row, Snapshot};
use crate::units::Units;
use crate::widgets::table::Sort;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Workload,
    Stack,
    Device,
    Status,
    Median,
    Throughput,
    Noise,
    P99,
    OfCeiling,
    Error,
    Energy,
    Began,
}

impl Field {
    pub const ALL: [Self; 12] = [
        Self::Workload,
        Self::Stack,
        Self::Device,
        Self::Status,
        Self::Median,
        Self::Throughput,
        Self::Noise,
        Self::P99,
        Self::OfCeiling,
        Self::Error,
        Self::Energy,
        Self::Began,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Workload => "Workload",
            Self::Stack => "Stack",
            Self::Device => "Device",
            Self::Status => "Status",
            Self::Median => "Median",
            Self::P99 => "p99",
            Self::Noise => "Noise",
            Self::Throughput => "Throughput",
            Self::OfCeiling => "Of ceiling",
            Self::Error => "Error norm",
            Self::Energy => "Energy an item",
            Self::Began => "Began (UTC)",
        }
    }

    pub fn width(self) -> f32 {
        match self {
            Self::Workload => 138.0,
            Self::Stack => 72.0,
            Self::Device => 48.0,
            Self::Status => 84.0,
            Self::Median | Self::P99 => 68.0,
            Self::Noise => 58.0,
            Self::Throughput => 134.0,
            Self::OfCeiling | Self::Error => 74.0,
            Self::Energy => 100.0,
            Self::Began => 152.0,
        }
    }

    /// The columns for which there is room, from the left.
    pub fn fitting(width: f32, spacing: f32) -> Vec<Self> {
        let mut left = width + spacing;
        let fits = |field: &Self| {
            left -= field.width() + spacing;
            left >= 0.0
        };
        Self::ALL.into_iter().take_while(fits).collect()
    }

    pub fn is_text(self) -> bool {
        matches!(self, Self::Workload | Self::Stack | Self::Device | Self::Status)
    }

    fn value(self, row: &Row, snapshot: &Snapshot) -> Option<f64> {
        match self {
            Self::Median => row.median_secs,
            Self::P99 => row.p99_secs,
            Self::Noise => row.noise,
            Self::Throughput => row.throughput,
            Self::OfCeiling => snapshot.of_ceiling(row),
            Self::Error => row.error_norm,
            Self::Energy => row.joules_per_item,
            Self::Began => Some(row.began_ms as f64),
            Self::Workload | Self::Stack | Self::Device | Self::Status => None,
        }
    }

    fn name(self, row: &Row, snapshot: &Snapshot) -> Option<u32> {
        let subject = snapshot.subject(row)?;
        match self {
            Self::Workload => Some(subject.workload),
            Self::Stack => Some(subject.stack),
            Self::Device => Some(subject.device),
            Self::Status => Some(subject.status),
            _ => None,
        }
    }

    /// What stands in the cell.
    pub fn text(self, row: &Row, snapshot: &Snapshot, units: Units) -> String {
        let value = self.value(row, snapshot);
        match self {
            Self::Workload | Self::Stack | Self::Device | Self::Status => {
                self.name(row, snapshot).map(|name| snapshot.name(name).to_owned()).unwrap_or_default()
            }
            Self::Median | Self::P99 => or_unknown(value, |secs| units.duration(secs)),
            Self::Noise => or_unknown(value, |v| format::percent(v, 1)),
            Self::Throughput => {
                let unit = snapshot.subject(row).map_or("", |s| snapshot.name(s.unit));
                or_unknown(value, |v| units.throughput(v, unit))
            }
            Self::OfCeiling => or_unknown(value, |v| format::percent(v, 0)),
            Self::Error => or_unknown(value, |v| format!("{v:.1e}").replace('-', "−")),
            Self::Energy => or_unknown(value, format::energy),
            Self::Began => or_unknown(moment(row.began_ms), |text| text),
        }
    }
}

/// A moment in UTC.
pub fn moment(began_ms: i64) -> Option<String> {
    Some(jiff::Timestamp::from_millisecond(began_ms).ok()?.strftime("%F %T").to_string())
}

/// What rows are grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupBy {
    #[default]
    Nothing,
    Workload,
    Stack,
    Device,
    Status,
    Run,
}

impl GroupBy {
    pub const ALL: [Self; 6] = [Self::Nothing, Self::Workload, Self::Stack, Self::Device, Self::Status, Self::Run];

    pub fn label(self) -> &'static str {
        match self {
            Self::Nothing => "No groups",
            Self::Workload => "By workload",
            Self::Stack => "By stack",
            Self::Device => "By device",
            Self::Status => "By status",
            Self::Run => "By run",
        }
    }

    fn name(self, row: &Row, snapshot: &Snapshot) -> Option<u32> {
        match self {
            Self::Nothing => None,
            Self::Workload => Field::Workload.name(row, snapshot),
            Self::Stack => Field::Stack.name(row, snapshot),
            Self::Device => Field::Device.name(row, snapshot),
            Self::Status => Field::Status.name(row, snapshot),
            Self::Run => Some(row.run),
        }
    }
}

/// What the order depends on besides the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    pub filter: String,
    pub sort: Sort<Field>,
    pub group_by: GroupBy,
}

/// Rows in order. Positions are those of the measurements.
#[derive(Debug)]
pub struct Order {
    pub snapshot: Snapshot,
    pub rows: Vec<u32>,
    /// Groups with the rows that follow each other; empty without grouping.
    pub groups: Vec<Group>,
}

/// An order as a key: another one is not the same, whatever it holds.
#[derive(Clone, Debug)]
pub struct OfOrder(pub Arc<Order>);

impl PartialEq for OfOrder {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Rows that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: Arc<str>,
    pub len: usize,
    pub passed: usize,
}

/// Filters, sorts and groups; made for other threads.
pub fn order(snapshot: Snapshot, wish: &Wish) -> Order {
    let mut rows = chosen(&snapshot, wish);
    let groups = grouped(&snapshot, wish.group_by, &mut rows);
    Order { snapshot, rows, groups }
}

/// The rows that match, sorted.
fn chosen(snapshot: &Snapshot, wish: &Wish) -> Vec<u32> {
    let matches = snapshot.matcher(&wish.filter);
    let column = wish.sort.column;
    let descending = wish.sort.descending;
    let chosen = snapshot.rows().enumerate().filter(|(_, row)| matches(row));
    let turned = |order: std::cmp::Ordering| if descending { order.reverse() } else { order };
    if column.is_text() {
        let ranks = snapshot.ranks();
        let rank = |row: &Row| column.name(row, snapshot).and_then(|name| ranks.get(name as usize)).copied();
        let mut keyed: Vec<(Option<u32>, u32)> = chosen.map(|(i, row)| (rank(row), i as u32)).collect();
        keyed.sort_by(|a, b| turned(a.0.cmp(&b.0)));
        keyed.into_iter().map(|(_, at)| at).collect()
    } else {
        let mut keyed: Vec<(Option<f64>, u32)> =
            chosen.map(|(i, row)| (column.value(row, snapshot), i as u32)).collect();
        keyed.sort_by(|a, b| match (a.0, b.0) {
            (Some(x), Some(y)) => turned(x.total_cmp(&y)),
            // What has no value comes last, whichever way the table is sorted.
            (x, y) => y.is_some().cmp(&x.is_some()),
        });
        keyed.into_iter().map(|(_, at)| at).collect()
    }
}

fn grouped(snapshot: &Snapshot, by: GroupBy, rows: &mut Vec<u32>) -> Vec<Group> {
    if by == GroupBy::Nothing {
        return Vec::new();
    }
    let mut parts: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for at in rows.drain(..) {
        let name = snapshot.row(at).and_then(|row| by.name(row, snapshot)).map_or("", |name| snapshot.name(name));
        parts.entry(name).or_default().push(at);
    }
    let mut parts: Vec<(&str, Vec<u32>)> = parts.into_iter().collect();
    if by == GroupBy::Run {
        // Ids of runs begin with their time: the newest first.
        parts.reverse();
    }
    let mut groups = Vec::new();
    for (name, part) in parts {
        let passed = part.iter().filter_map(|at| snapshot.subject(snapshot.row(*at)?)).filter(|s| s.passed).count();
        groups.push(Group { name: name.into(), len: part.len(), passed });
        rows.extend(part);
    }
    groups
}

/// All rows as a table for a spreadsheet.
pub fn tab_separated(order: &Order, units: Units) -> String {
    let mut text = Field::ALL.map(Field::title).join("\t");
    for row in order.rows.iter().filter_map(|at| order.snapshot.row(*at)) {
        text.push('\n');
        for (i, field) in Field::ALL.into_iter().enumerate() {
            if i > 0 {
                text.push('\t');
            }
            text.push_str(&field.text(row, &order.snapshot, units).replace(['\t', '\n', '\r'], " "));
        }
    }
    text
}
