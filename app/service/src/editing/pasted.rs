//! A table of demand as it is copied from a spreadsheet.

use assay_base::format::read_number as number;
use assay_study::Quarter;

/// A table of demand: a column for each forecast, a row for each quarter.
#[derive(Clone, Debug, PartialEq)]
pub struct PastedDemand {
    /// The quarter of the first row, where the table names it.
    pub begins: Option<Quarter>,
    /// The columns, left to right.
    pub forecasts: Vec<PastedForecast>,
}

/// A column of a pasted table.
#[derive(Clone, Debug, PartialEq)]
pub struct PastedForecast {
    /// Its title, where the table has titles.
    pub name: Option<String>,
    /// Average items a month, quarter by quarter.
    pub items_per_month: Vec<f64>,
}

/// Reads a table from the clipboard or a file: cells apart by tabs, semicolons or commas; a first row of titles and a
/// first column of quarters (`2027-Q1`, `Q1 2027`) may be there or not. Numbers may have a suffix (`20 G`) and, unless
/// commas part the cells, thousands groups.
///
/// # Errors
/// What is wrong, with row and column counted from 1.
pub fn demand_table(text: &str) -> Result<PastedDemand, String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let separator = ['\t', ';', ','].into_iter().find(|s| lines.iter().any(|line| line.contains(*s))).unwrap_or('\t');
    let mut rows: Vec<Vec<String>> = lines.iter().map(|line| cells(line, separator)).collect();
    // Spreadsheets copy empty columns at the right, too.
    while rows.iter().any(|row| row.len() > 1) && rows.iter().all(|row| row.last().is_none_or(|cell| cell.is_empty())) {
        rows.iter_mut().for_each(|row| drop(row.pop()));
    }
    let has_titles = rows.first().is_some_and(|row| row.iter().skip(1).chain(row.first()).all(|c| number(c).is_none()))
        && rows.first().is_some_and(|row| row.first().is_some_and(|c| quarter(c).is_none()));
    let titles = has_titles.then(|| rows.remove(0));
    let first_row = 1 + usize::from(has_titles);
    if rows.is_empty() {
        return Err("there are no numbers to paste: copy a table with a row for each quarter".to_owned());
    }
    let has_quarters = rows.iter().all(|row| row.first().is_some_and(|cell| quarter(cell).is_some()));
    let begins = if has_quarters { Some(begins(&rows, first_row)?) } else { None };
    let from = usize::from(has_quarters);
    let width = rows.first().map_or(0, Vec::len);
    if width <= from {
        return Err("there is no column of numbers beside the quarters".to_owned());
    }
    let mut forecasts: Vec<PastedForecast> = (from..width)
        .map(|column| {
            let name = titles.as_ref().and_then(|titles| titles.get(column)).filter(|title| !title.is_empty());
            PastedForecast { name: name.cloned(), items_per_month: Vec::new() }
        })
        .collect();
    for (index, row) in rows.iter().enumerate() {
        let place = |column: usize| format!("row {}, column {}", first_row + index, column + 1);
        if row.len() != width {
            return Err(format!("row {} has {} cells, the first has {width}", first_row + index, row.len()));
        }
        for (forecast, (column, cell)) in forecasts.iter_mut().zip(row.iter().enumerate().skip(from)) {
            let value = number(cell).ok_or_else(|| format!("{}: `{cell}` is not a number", place(column)))?;
            if value < 0.0 {
                return Err(format!("{}: a demand is not negative, and `{cell}` is", place(column)));
            }
            forecast.items_per_month.push(value);
        }
    }
    Ok(PastedDemand { begins, forecasts })
}

/// The first quarter of rows that follow each other without a gap.
fn begins(rows: &[Vec<String>], first_row: usize) -> Result<Quarter, String> {
    let quarters: Vec<Quarter> = rows.iter().filter_map(|row| quarter(row.first()?)).collect();
    let first = *quarters.first().ok_or("there are no quarters")?;
    for (index, found) in quarters.iter().enumerate() {
        let expected = first.plus(index as i32);
        if *found != expected {
            return Err(format!("row {}: {found} where {expected} should follow", first_row + index));
        }
    }
    Ok(first)
}

/// The cells of a line; quotes keep a separator inside.
fn cells(line: &str, separator: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in line.trim_end_matches(['\r', '\n']).chars() {
        match c {
            '"' => quoted = !quoted,
            c if c == separator && !quoted => cells.push(String::new()),
            c => {
                if let Some(cell) = cells.last_mut() {
                    cell.push(c);
                }
            }
        }
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// `2027-Q1`, `2027 Q1`, `2027Q1`, `Q1 2027`, `Q1/2027`.
fn quarter(cell: &str) -> Option<Quarter> {
    let parts: String = cell.to_uppercase().chars().filter(|c| c.is_ascii_digit() || *c == 'Q').collect();
    let (before, after) = parts.split_once('Q')?;
    let (year, index) = match (before.len(), after.len()) {
        (4, 1) => (before, after),
        (0, 5) => (&after[1..], &after[..1]),
        _ => return None,
    };
    format!("{year}-Q{index}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<Vec<f64>> {
        demand_table(text).unwrap().forecasts.into_iter().map(|f| f.items_per_month).collect()
    }

    #[test]
    fn a_table_with_titles_and_quarters_is_read() {
        let table = demand_table("Quarter\tLow\tHigh\t\n2027-Q1\t1,000\t2 M\t\nQ2 2027\t1.5e3\t3G\t\n").unwrap();
        assert_eq!(table.begins.unwrap().to_string(), "2027-Q1");
        assert_eq!(table.forecasts[0].name.as_deref(), Some("Low"));
        assert_eq!(table.forecasts[0].items_per_month, [1000.0, 1500.0]);
        assert_eq!(table.forecasts[1].items_per_month, [2e6, 3e9]);
    }

    #[test]
    fn a_bare_column_and_comma_separated_cells_are_read() {
        assert_eq!(values("1000\n2000\n"), [[1000.0, 2000.0]]);
        assert_eq!(values("1,2\n3,4\r\n"), [[1.0, 3.0], [2.0, 4.0]]);
        assert_eq!(values("low;high\n1,000;2\n"), [[1000.0], [2.0]]);
        assert_eq!(values("\"1,000\",\"2\"\n"), [[1000.0], [2.0]]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, says) in [
            ("", "no numbers"),
            ("a\tb\n", "no numbers"),
            ("q\tLow\n2027-Q1\tmany\n", "row 2, column 2: `many`"),
            ("2027-Q1\t1\n2027-Q3\t2\n", "row 2: 2027-Q3 where 2027-Q2"),
            ("1\t2\n3\n", "row 2 has 1 cells"),
            ("5\n-1\n", "row 2, column 1"),
            ("2027-Q1\n2027-Q2\n", "no column of numbers"),
        ] {
            let error = demand_table(text).unwrap_err();
            assert!(error.contains(says), "{text:?}: {error}");
        }
    }
}
