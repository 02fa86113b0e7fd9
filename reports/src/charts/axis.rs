//! Scales that survive any data.

/// A linear scale between two round numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Linear {
    pub low: f64,
    pub high: f64,
    step: f64,
}

impl Linear {
    /// A scale that covers the values and zero, with about `ticks` steps. Values must be finite.
    pub(super) fn with_zero(values: impl Iterator<Item = f64>, ticks: usize) -> Self {
        let (low, high) = values.fold((0.0f64, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
        Self::covering(low, high, ticks)
    }

    /// A scale that covers the range, with about `ticks` steps.
    pub(super) fn covering(low: f64, high: f64, ticks: usize) -> Self {
        let (low, mut high) = (low.min(high), low.max(high));
        let span = high - low;
        if span <= low.abs().max(high.abs()) * 1e-12 {
            // A single value, perhaps zero.
            high = low + if low == 0.0 { 1.0 } else { low.abs() };
        }
        let step = round_step((high - low) / ticks.max(1) as f64);
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step }
    }

    /// A scale from exactly `low` to exactly `high`, with figures at round numbers, or at multiples of one of `steps`.
    pub(super) fn within(low: f64, high: f64, ticks: usize, steps: &[f64]) -> Self {
        let covering = Self::covering(low, high, ticks);
        if high <= low {
            return covering;
        }
        let least = (high - low) / ticks.max(1) as f64;
        let step = steps.iter().copied().find(|step| *step >= least * 0.999).unwrap_or(covering.step);
        Self { low, high, step }
    }

    /// The round numbers from low to high.
    pub(super) fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let Self { low, high, step } = *self;
        let first = (low / step - 1e-9).ceil() * step;
        let count = ((high - first) / step + 1e-9).floor().clamp(0.0, 40.0) as u32;
        (0..=count).map(move |index| {
            let value = first + f64::from(index) * step;
            // Floating-point dust is not a number on an axis.
            if value.abs() < step * 1e-9 { 0.0 } else { value }
        })
    }

    /// Where a value lies between two coordinates; values beyond the scale lie on its ends.
    pub(super) fn place(&self, value: f64, from: f32, to: f32) -> f32 {
        let part = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0) as f32;
        from + (to - from) * part
    }
}

/// The next of 1, 2, 2.5, 5 and 10 times a power of ten.
fn round_step(raw: f64) -> f64 {
    if !(raw.is_finite() && raw > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(raw.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|factor| raw / power <= factor * 1.000_001).unwrap_or(10.0);
    power * factor
}

/// A logarithmic scale between two powers of ten.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decades {
    pub low: i32,
    pub high: i32,
}

impl Decades {
    /// A scale that covers the values, which must be positive and finite. `None` without values.
    pub(super) fn covering(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut range: Option<(f64, f64)> = None;
        for value in values.filter(|value| value.is_finite() && *value > 0.0) {
            let (low, high) = range.unwrap_or((value, value));
            range = Some((low.min(value), high.max(value)));
        }
        let (low, high) = range?;
        let low = low.log10().floor() as i32;
        let high = (high.log10().ceil() as i32).max(low + 1);
        Some(Self { low, high })
    }

    /// Powers of ten, thinned to at most eight.
    pub(super) fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let every = ((self.high - self.low) / 8 + 1).max(1) as usize;
        (self.low..=self.high).step_by(every).map(|power| 10f64.powi(power))
    }

    /// Where a positive value lies between two coordinates.
    pub(super) fn place(&self, value: f64, from: f32, to: f32) -> f32 {
        let span = f64::from(self.high - self.low);
        let part = ((value.log10() - f64::from(self.low)) / span).clamp(0.0, 1.0) as f32;
        from + (to - from) * part
    }

    /// The least and the greatest value of the scale.
    pub(super) fn ends(&self) -> (f64, f64) {
        (10f64.powi(self.low), 10f64.powi(self.high))
    }
}

/// A scale of either kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    Linear(Linear),
    Log(Log),
}

/// A logarithmic scale between two numbers of the form 1, 2 or 5 times a power of ten.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Log {
    low: f64,
    high: f64,
}

impl Log {
    fn covering(low: f64, high: f64) -> Self {
        let (low, high) = (round_down(low), round_down(high * 0.999_999) * 2.6);
        Self { low, high: round_down(high) }
    }

    fn ticks(&self) -> Vec<f64> {
        let decades = (self.high / self.low).log10();
        let first = self.low.log10().floor() as i32;
        let last = self.high.log10().ceil() as i32;
        let every = ((decades / 7.0).floor() as usize).max(1);
        let factors: &[f64] = if decades <= 2.4 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        (first..=last)
            .step_by(every)
            .flat_map(|power| factors.iter().map(move |factor| factor * 10f64.powi(power)))
            .filter(|tick| (self.low * 0.999..=self.high * 1.001).contains(tick))
            .collect()
    }
}

/// The greatest of 1, 2 and 5 times a power of ten that does not exceed a positive number.
fn round_down(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let factor = [5.0, 2.0].into_iter().find(|factor| value / power >= factor * 0.999_999).unwrap_or(1.0);
    power * factor
}

impl Scale {
    /// A scale over finite values: logarithmic when all are positive and the greatest is more than `wide` times the
    /// least, else linear from zero or from the least value.
    pub(super) fn fitting(values: &[f64], ticks: usize, wide: f64) -> Self {
        let (low, high) = ends(values);
        if low > 1e-30 && high < 1e30 && high / low > wide {
            return Self::Log(Log::covering(low, high));
        }
        // Values far from zero and close together are told apart only without it.
        if low > 0.0 && high - low < low * 0.25 || high < 0.0 && high - low < -high * 0.25 {
            return Self::Linear(Linear::covering(low, high, ticks));
        }
        Self::Linear(Linear::with_zero([low, high].into_iter(), ticks))
    }

    pub(super) fn is_log(&self) -> bool {
        matches!(self, Self::Log(_))
    }

    pub(super) fn ticks(&self) -> Vec<f64> {
        match self {
            Self::Linear(scale) => scale.ticks().collect(),
            Self::Log(scale) => scale.ticks(),
        }
    }

    /// Where a value lies between two coordinates; values beyond the scale lie on its ends.
    pub(super) fn place(&self, value: f64, from: f32, to: f32) -> f32 {
        match self {
            Self::Linear(scale) => scale.place(value, from, to),
            Self::Log(Log { low, high }) => {
                let part = ((value.max(*low) / low).ln() / (high / low).ln()).clamp(0.0, 1.0) as f32;
                from + (to - from) * part
            }
        }
    }
}

/// The least and greatest of finite values; zero and one without any.
pub(super) fn ends(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low.is_finite() && high.is_finite() { (low, high) } else { (0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_scale_ends_on_round_numbers() {
        let scale = Linear::with_zero([3.0, 97.0].into_iter(), 5);
        assert_eq!((scale.low, scale.high), (0.0, 100.0));
        assert_eq!(scale.ticks().collect::<Vec<_>>(), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(scale.place(50.0, 0.0, 10.0), 5.0);
    }

    #[test]
    fn months_are_divided_like_years() {
        let scale = Linear::within(0.0, 36.0, 6, &[1.0, 2.0, 3.0, 6.0, 12.0]);
        assert_eq!(scale.ticks().collect::<Vec<_>>(), [0.0, 6.0, 12.0, 18.0, 24.0, 30.0, 36.0]);
        assert_eq!(scale.place(36.0, 0.0, 10.0), 10.0);
        let odd = Linear::within(0.0, 34.0, 6, &[6.0]);
        assert_eq!(odd.ticks().last(), Some(30.0));
    }

    #[test]
    fn degenerate_ranges_still_make_a_scale() {
        for (low, high) in [(0.0, 0.0), (5.0, 5.0), (-5.0, -5.0), (-1e290, 1e290), (1e-300, 2e-300), (1e290, 1e290)] {
            let scale = Linear::covering(low, high, 5);
            assert!(
                scale.low.is_finite() && scale.high.is_finite() && scale.high > scale.low,
                "{low} {high} {scale:?}"
            );
            assert!(scale.ticks().count() >= 2);
            assert!(scale.place(low, 0.0, 100.0).is_finite());
        }
    }

    #[test]
    fn decades_cover_the_values() {
        let scale = Decades::covering([0.3, 250.0, f64::NAN, -1.0, 0.0].into_iter()).unwrap();
        assert_eq!(scale, Decades { low: -1, high: 3 });
        assert_eq!(Decades::covering([0.0].into_iter()), None);
        assert!(Decades::covering([1e-300, 1e290].into_iter()).unwrap().ticks().count() <= 10);
    }

    #[test]
    fn wide_ranges_get_a_logarithmic_scale_that_covers_them() {
        let scale = Scale::fitting(&[3.0, 900.0], 5, 30.0);
        assert_eq!(scale, Scale::Log(Log { low: 2.0, high: 1000.0 }));
        assert!(scale.is_log());
        assert_eq!(scale.place(3.0, 0.0, 0.0), 0.0);
        assert!(scale.place(900.0, 0.0, 100.0) < 100.0);
        assert!(!Scale::fitting(&[0.0, 900.0], 5, 30.0).is_log());
        assert!(!Scale::fitting(&[], 5, 30.0).is_log());
        for (low, high) in [(1e-29, 1e29), (1.0, 31.0), (7e-5, 0.4)] {
            let scale = Scale::fitting(&[low, high], 5, 30.0);
            assert!(scale.ticks().len() >= 2 && scale.ticks().len() <= 12, "{:?}", scale.ticks());
            assert!((0.0..=100.0).contains(&scale.place(high, 0.0, 100.0)));
        }
    }
}
