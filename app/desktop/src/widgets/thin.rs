//! Fewer points that look the same: what lies in one cell of a fine grid is drawn once.

use std::collections::HashSet;

/// Columns and rows of the grid: about as many as a plot has pixels, divided by the size of a point.
const CELLS: (f64, f64) = (220.0, 130.0);
/// Fewer points are drawn as they are.
pub const FEW: usize = 4000;

/// The positions of the points to draw. The ends of both axes stay, and the first of each cell.
pub fn thin(points: &[[f64; 2]]) -> Vec<usize> {
    let finite = |p: &[f64; 2]| p[0].is_finite() && p[1].is_finite();
    let kept = points.iter().enumerate().filter(|(_, p)| finite(p));
    if points.len() <= FEW {
        return kept.map(|(i, _)| i).collect();
    }
    let mut low = [f64::INFINITY; 2];
    let mut high = [f64::NEG_INFINITY; 2];
    for (_, p) in kept.clone() {
        for axis in 0..2 {
            low[axis] = low[axis].min(p[axis]);
            high[axis] = high[axis].max(p[axis]);
        }
    }
    let cell = |value: f64, axis: usize, cells: f64| {
        let span = high[axis] - low[axis];
        if span > 0.0 { ((value - low[axis]) / span * cells) as u32 } else { 0 }
    };
    let mut taken = HashSet::new();
    kept.filter(|(_, p)| taken.insert((cell(p[0], 0, CELLS.0), cell(p[1], 1, CELLS.1)))).map(|(i, _)| i).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_points_become_few_and_keep_their_extent() {
        let points: Vec<[f64; 2]> =
            (0..200_000).map(|i| f64::from(i) * 0.618).map(|x| [x.fract(), (x * 7.3).fract()]).collect();
        let thinned = thin(&points);
        assert!(thinned.len() <= 221 * 131 && thinned.len() > 1000, "{}", thinned.len());
        let extent =
            |chosen: &mut dyn Iterator<Item = f64>| chosen.fold((1.0f64, 0.0f64), |(a, b), v| (a.min(v), b.max(v)));
        for axis in 0..2 {
            let all = extent(&mut points.iter().map(|p| p[axis]));
            let few = extent(&mut thinned.iter().map(|i| points[*i][axis]));
            assert!((all.0 - few.0).abs() < 0.01 && (all.1 - few.1).abs() < 0.01, "{all:?} {few:?}");
        }
    }

    #[test]
    fn few_points_stay_and_what_is_no_number_goes() {
        assert_eq!(thin(&[[0.0, 1.0], [f64::NAN, 1.0], [2.0, f64::INFINITY], [3.0, 3.0]]), [0, 3]);
    }
}
