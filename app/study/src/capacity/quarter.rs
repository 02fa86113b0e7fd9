//! Quarters of calendar years.

use jiff::civil::{Date, date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A quarter of a calendar year, written `2027-Q1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{4}-Q[1-4]$"))]
pub struct Quarter {
    year: i16,
    /// 0 to 3.
    index: i8,
}

impl Quarter {
    /// The quarter in which a day lies.
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), index: (day.month() - 1) / 3 }
    }

    /// The quarter so many later.
    #[must_use]
    pub fn plus(self, quarters: i32) -> Self {
        let count = i32::from(self.year) * 4 + i32::from(self.index) + quarters;
        // Studies span decades, not millennia: the clamp is out of reach.
        let year = count.div_euclid(4).clamp(1, 9999) as i16;
        Self { year, index: count.rem_euclid(4) as i8 }
    }

    /// Quarters from `other` to this one; negative when this one is earlier.
    pub fn since(self, other: Self) -> i32 {
        (i32::from(self.year) - i32::from(other.year)) * 4 + i32::from(self.index) - i32::from(other.index)
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        date(self.year, self.first_month(), 1)
    }

    /// Its first month, 1 to 10.
    pub fn first_month(self) -> i8 {
        self.index * 3 + 1
    }
}

impl std::fmt::Display for Quarter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{:04}-Q{}", self.year, self.index + 1))
    }
}

impl std::str::FromStr for Quarter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once("-Q").and_then(|(year, quarter)| {
            let year = (year.len() == 4).then(|| year.parse::<i16>().ok()).flatten()?;
            let index = quarter.parse::<i8>().ok().filter(|q| (1..=4).contains(q))? - 1;
            (1000..=9990).contains(&year).then_some(Self { year, index })
        });
        parsed.ok_or_else(|| format!("`{text}` is not a quarter such as 2027-Q1"))
    }
}

impl TryFrom<String> for Quarter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Quarter> for String {
    fn from(quarter: Quarter) -> Self {
        quarter.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_count_across_years() {
        let quarter: Quarter = "2026-Q4".parse().unwrap();
        assert_eq!(quarter.plus(2).to_string(), "2027-Q2");
        assert_eq!(quarter.plus(-4).to_string(), "2025-Q4");
        assert_eq!((quarter.plus(7).since(quarter), quarter.since(quarter.plus(7))), (7, -7));
        assert_eq!((quarter.first_day(), Quarter::of(date(2026, 12, 31))), (date(2026, 10, 1), quarter));
        for bad in ["2026Q1", "2026-Q5", "26-Q1", "0000-Q1", "2026-Q", ""] {
            assert!(bad.parse::<Quarter>().is_err(), "{bad}");
        }
    }
}
