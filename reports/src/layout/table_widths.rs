//! How wide the columns of a table are.

/// What a column needs, in points without padding.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ColumnNeed {
    /// The widest word.
    pub least: f32,
    /// The widest cell on one line.
    pub natural: f32,
    /// The widths on one line of the header and of some of the cells, row by row.
    pub cells: Vec<f32>,
}

/// No column is narrower than this, padding included: the widest glyph has room.
pub(crate) const NARROWEST: f32 = 34.0;

/// Added to a word's width, so that rounding does not break it.
const ROUNDING: f32 = 0.2;

/// Shares `available` among columns so that their widths add up to it.
///
/// When all cells fit on one line, the rest is shared in proportion to the natural widths. Else each column gets its
/// widest word and a share of the rest, so that the rows take few lines; when not even the words fit, the widest columns
/// give way first.
pub(crate) fn share_width(needs: &[ColumnNeed], padding: f32, available: f32) -> Vec<f32> {
    if needs.is_empty() {
        return Vec::new();
    }
    let natural: Vec<f32> = needs.iter().map(|need| need.natural.max(8.0) + padding).collect();
    let least: Vec<f32> = needs.iter().map(|need| (need.least + padding + ROUNDING).max(NARROWEST)).collect();
    let natural_sum: f32 = natural.iter().sum();
    let least_sum: f32 = least.iter().sum();
    let widths: Vec<f32> = if natural_sum <= available {
        natural.iter().map(|width| width * available / natural_sum).collect()
    } else if least_sum <= available {
        let spare = available - least_sum;
        let wishes: Vec<f32> = natural.iter().zip(&least).map(|(natural, least)| (natural - least).max(0.0)).collect();
        // Of two ways to share, the one in which the rows take fewer lines.
        let ways = [towards_fewer_lines(needs, &least, spare, padding), even(&wishes, spare)].map(|given| {
            let widths: Vec<f32> = least.iter().zip(&given).map(|(least, given)| least + given).collect();
            widths
        });
        ways.into_iter().min_by_key(|widths| lines(needs, widths, padding)).unwrap_or_default()
    } else {
        let cap = largest_cap(&least, available);
        least.iter().map(|width| width.min(cap)).collect()
    };
    let sum: f32 = widths.iter().sum();
    widths.iter().map(|width| width * available / sum).collect()
}

/// Columns that want little get it, so that they stay on one line; what is left is shared by those that wrap.
fn even(wishes: &[f32], spare: f32) -> Vec<f32> {
    let cap = largest_cap(wishes, spare);
    wishes.iter().map(|wish| wish.min(cap)).collect()
}

/// In small parts, each to the column with which it shortens the rows most, or that is the tightest.
fn towards_fewer_lines(needs: &[ColumnNeed], least: &[f32], spare: f32, padding: f32) -> Vec<f32> {
    const PARTS: u8 = 24;
    let part = spare / f32::from(PARTS);
    let rows = needs.iter().map(|need| need.cells.len()).max().unwrap_or(0);
    let mut rooms: Vec<f32> = least.iter().map(|least| (least - padding).max(1.0)).collect();
    let mut given = vec![0.0; needs.len()];
    for _ in 0..PARTS {
        let mut gains = vec![0.0f32; needs.len()];
        let mut tightness = vec![0.0f32; needs.len()];
        for row in 0..rows {
            let full = |index: usize, more: f32| {
                let cell = needs.get(index).and_then(|need| need.cells.get(row)).copied().unwrap_or(0.0);
                cell / (rooms.get(index).copied().unwrap_or(1.0) + more)
            };
            // The two fullest cells: only the fullest makes the row tall, and it gains down to the next.
            let (mut tallest, mut next) = ((0, 1.0f32), 1.0f32);
            for index in 0..needs.len() {
                let lines = full(index, 0.0);
                if lines > tallest.1 {
                    next = tallest.1;
                    tallest = (index, lines);
                } else {
                    next = next.max(lines);
                }
                if let Some(sum) = tightness.get_mut(index) {
                    *sum += (lines - 1.0).max(0.0);
                }
            }
            if let Some(gain) = gains.get_mut(tallest.0).filter(|_| tallest.1 > 1.0) {
                *gain += tallest.1 - full(tallest.0, part).max(next);
            }
        }
        let of = if gains.iter().any(|gain| *gain > 1e-4) { &gains } else { &tightness };
        let best = of.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(index, _)| index);
        if let (Some(given), Some(room)) = (given.get_mut(best), rooms.get_mut(best)) {
            *given += part;
            *room += part;
        }
    }
    given
}

/// About how many lines the rows looked at take.
fn lines(needs: &[ColumnNeed], widths: &[f32], padding: f32) -> u32 {
    let rows = needs.iter().map(|need| need.cells.len()).max().unwrap_or(0);
    let of_cell = |need: &ColumnNeed, width: f32, row: usize| {
        let cell = need.cells.get(row).copied().unwrap_or(0.0);
        // Words leave the end of a line empty; a long cell takes a little more than its width says.
        let room = (width - padding).max(1.0);
        if cell <= room + 0.01 { 1 } else { (cell * 1.1 / room).ceil() as u32 }
    };
    (0..rows)
        .map(|row| needs.iter().zip(widths).map(|(need, width)| of_cell(need, *width, row)).max().unwrap_or(1))
        .sum()
}

/// The width at which to cap the widest columns so that the sum fits.
fn largest_cap(widths: &[f32], available: f32) -> f32 {
    let (mut low, mut high) = (0.0f32, widths.iter().copied().fold(0.0, f32::max));
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        if widths.iter().map(|width| width.min(middle)).sum::<f32>() <= available {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(least: f32, natural: f32) -> ColumnNeed {
        ColumnNeed { least, natural, cells: vec![natural] }
    }

    #[test]
    fn widths_add_up_to_what_is_available() {
        for needs in [
            vec![need(10.0, 20.0), need(30.0, 60.0)],
            vec![need(40.0, 4000.0), need(20.0, 20.0), need(5.0, 100.0)],
            vec![need(3000.0, 3000.0), need(20.0, 20.0)],
            vec![need(0.0, 0.0); 5],
            vec![need(900.0, 900.0); 14],
        ] {
            let widths = share_width(&needs, 10.0, 480.0);
            assert!((widths.iter().sum::<f32>() - 480.0).abs() < 0.1, "{widths:?}");
            assert!(widths.iter().all(|width| *width > 8.0), "{widths:?}");
        }
    }

    #[test]
    fn a_short_column_keeps_its_words_beside_a_very_long_one() {
        let widths = share_width(&[need(3000.0, 3000.0), need(40.0, 40.0)], 10.0, 480.0);
        assert!(widths[1] >= 49.0, "{widths:?}");
    }
}
