//! A quarter of a plan in words, for tables.

use assay_base::format;

use super::PlannedQuarter;

/// The cells of a quarter. A count that is zero is an empty cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarterRow {
    /// The quarter.
    pub quarter: String,
    /// Items a second at the peak.
    pub peak: String,
    /// Units needed.
    pub needed: String,
    /// The range of that; empty where it is none.
    pub range: String,
    /// Units arriving that were ordered before.
    pub arriving: String,
    /// Units retired.
    pub retiring: String,
    /// Units to order or to rent more.
    pub to_order: String,
    /// Units in service.
    pub in_service: String,
    /// Units missing.
    pub missing: String,
    /// Load at the peak, of full load.
    pub at_peak: String,
}

impl QuarterRow {
    /// The cells of a quarter.
    pub fn of(q: &PlannedQuarter) -> Self {
        let count = |units: u64| if units == 0 { String::new() } else { format::thousands(units as f64, 0) };
        let range = match q.needed_low == q.needed_high {
            true => String::new(),
            false => {
                format!("{}–{}", format::thousands(q.needed_low as f64, 0), format::thousands(q.needed_high as f64, 0))
            }
        };
        Self {
            quarter: q.quarter.to_string(),
            peak: format::compact(q.peak_per_sec),
            needed: count(q.needed),
            range,
            arriving: count(q.arriving),
            retiring: count(q.retiring),
            to_order: count(q.to_order),
            in_service: count(q.in_service),
            missing: count(q.missing),
            at_peak: q.peak_utilisation.map(|share| format::percent(share, 0)).unwrap_or_default(),
        }
    }
}
