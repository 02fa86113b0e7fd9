//! How wide the columns of a table are.

/// What a column needs, in points without padding.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ColumnNeed {
    /// The widest word.
    pub least: f32,
    /// The widest cell on one line.
    pub natural: f32,
}

/// No column is narrower than this, padding included: the widest glyph has room.
pub(crate) const NARROWEST: f32 = 34.0;

/// Shares `available` among columns so that their widths add up to it.
///
/// When all cells fit on one line, the rest is shared in proportion to the natural widths. Else each column gets its
/// widest word and a share of the rest; when not even that fits, the widest columns give way first.
pub(crate) fn share_width(needs: &[ColumnNeed], padding: f32, available: f32) -> Vec<f32> {
    if needs.is_empty() {
        return Vec::new();
    }
    let natural: Vec<f32> = needs.iter().map(|need| need.natural.max(8.0) + padding).collect();
    let least: Vec<f32> = needs.iter().map(|need| (need.least + padding).max(NARROWEST)).collect();
    let natural_sum: f32 = natural.iter().sum();
    let least_sum: f32 = least.iter().sum();
    let widths: Vec<f32> = if natural_sum <= available {
        natural.iter().map(|width| width * available / natural_sum).collect()
    } else if least_sum <= available {
        // A column that wants very much does not starve the others: beyond a quarter of the table, wishes count less.
        let wish = |natural: f32, least: f32| {
            let wanted = (natural - least).max(0.0);
            let generous = available * 0.25;
            if wanted <= generous { wanted } else { generous + (wanted - generous).sqrt() * 4.0 }
        };
        let wishes: Vec<f32> = natural.iter().zip(&least).map(|(natural, least)| wish(*natural, *least)).collect();
        let wish_sum: f32 = wishes.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        least.iter().zip(&wishes).map(|(least, wish)| least + (available - least_sum) * wish / wish_sum).collect()
    } else {
        let cap = largest_cap(&least, available);
        least.iter().map(|width| width.min(cap)).collect()
    };
    let sum: f32 = widths.iter().sum();
    widths.iter().map(|width| width * available / sum).collect()
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
        ColumnNeed { least, natural }
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
