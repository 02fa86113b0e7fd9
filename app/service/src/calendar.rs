//! The calendar of a study: which month its first one is.

use assay_study::{Quarter, Study};
use jiff::ToSpan as _;
use jiff::civil::Date;

/// The first day of the first month that is paid for: the begin of the quarter that `capacity.begins` states, else of
/// the first one that begins on the pricing date or later. Costs, FOCUS rows, the capacity plan and the migration plan
/// count from it.
pub fn first_month(study: &Study, pricing_date: Date) -> Date {
    first_quarter(study, pricing_date).first_day()
}

/// The quarter of that month.
pub fn first_quarter(study: &Study, pricing_date: Date) -> Quarter {
    let stated = study.capacity.as_ref().and_then(|capacity| capacity.begins);
    stated.unwrap_or_else(|| {
        let current = Quarter::of(pricing_date);
        if current.first_day() == pricing_date { current } else { current.plus(1) }
    })
}

/// A day so many months after another; parts of a month by its average length.
pub fn after_months(day: Date, months: f64) -> Date {
    const DAYS_A_MONTH: f64 = 365.25 / 12.0;
    let whole = months.clamp(0.0, 1200.0).floor();
    let rest = ((months.clamp(0.0, 1200.0) - whole) * DAYS_A_MONTH).round() as i64;
    day.checked_add((whole as i64).months()).and_then(|day| day.checked_add(rest.days())).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_first_month_begins_a_quarter() {
        let text = include_str!("../../../assets/studies/sample/study.yaml");
        let study: Study = assay_study::folder::parse(text, std::path::Path::new("study.yaml")).unwrap();
        assert_eq!(first_month(&study, date(2026, 11, 20)), date(2027, 1, 1));
        assert_eq!(first_month(&study, date(2026, 10, 1)), date(2026, 10, 1));
        let stated = assay_study::set_path(&study, "capacity.begins", "2028-Q2".into()).unwrap();
        assert_eq!(first_month(&stated, date(2026, 11, 20)), date(2028, 4, 1));
        assert_eq!(after_months(date(2027, 1, 31), 1.5), date(2027, 3, 15));
    }
}
