//! How numbers are shown. Every stored number is SI; this is the only place that turns one into text.
//!
//! Decimal point, thousands grouped by a comma, a true minus sign, a no-break space before a unit.
//! What is unknown is shown as an en dash, never as zero.

use crate::money::{Currency, Money};

/// What stands for a number that is not known.
pub const UNKNOWN: &str = "–";

/// `265305.4` with 0 decimals as `265,305`.
pub fn thousands(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let mut out = String::with_capacity(text.len() + text.len() / 3 + 2);
    let is_zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    if value < 0.0 && !is_zero {
        out.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// The number with about `digits` significant digits, grouped, without exponent between 1e-4 and 1e15.
pub fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-4..15).contains(&magnitude) {
        return format!("{value:.*e}", digits.saturating_sub(1)).replace('-', "−");
    }
    let decimals = (digits as i32 - 1 - magnitude).max(0) as usize;
    thousands(value, decimals)
}

fn scaled(value: f64, steps: &[(f64, &str)], digits: usize) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let fallback = steps.last().copied().unwrap_or((1.0, ""));
    let (factor, unit) = steps.iter().copied().find(|(factor, _)| value.abs() >= *factor * 0.9995).unwrap_or(fallback);
    let number = significant(value / factor, digits);
    if unit.is_empty() { number } else { format!("{number}\u{a0}{unit}") }
}

/// A duration: `1.23 s`, `4.56 ms`, `789 µs`, `12.0 ns`.
pub fn duration(secs: f64) -> String {
    if secs.abs() >= 120.0 {
        return scaled(secs, &[(86_400.0, "d"), (3_600.0, "h"), (60.0, "min")], 3);
    }
    scaled(secs, &[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")], 3)
}

/// Floating-point (or integer) operations a second: `67.1 GFLOP/s`.
pub fn flop_rate(flops_per_sec: f64) -> String {
    scaled(
        flops_per_sec,
        &[(1e15, "PFLOP/s"), (1e12, "TFLOP/s"), (1e9, "GFLOP/s"), (1e6, "MFLOP/s"), (1.0, "FLOP/s")],
        3,
    )
}

/// Multiples of the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeUnits {
    /// Whatever suits each duration.
    #[default]
    Fitting,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
}

/// A duration in these units: `4.56 ms`, `4,560 µs`.
pub fn duration_in(secs: f64, units: TimeUnits) -> String {
    match units {
        TimeUnits::Fitting => duration(secs),
        TimeUnits::Seconds => scaled(secs, &[(1.0, "s")], 3),
        TimeUnits::Milliseconds => scaled(secs, &[(1e-3, "ms")], 3),
        TimeUnits::Microseconds => scaled(secs, &[(1e-6, "µs")], 3),
    }
}

/// Multiples of the byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ByteUnits {
    /// Sizes in powers of 1024 and rates in powers of 1000, as specifications have them.
    #[default]
    Customary,
    /// Powers of 1000 (SI): GB, GB/s.
    Decimal,
    /// Powers of 1024 (IEC): GiB, GiB/s.
    Binary,
}

/// A memory size in these units: `24.0 GiB`, `25.8 GB`.
pub fn memory_in(bytes: f64, units: ByteUnits) -> String {
    match units {
        ByteUnits::Customary | ByteUnits::Binary => memory(bytes),
        ByteUnits::Decimal => scaled(bytes, &[(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")], 3),
    }
}

/// Bandwidth in these units: `4.38 TB/s`, `3.99 TiB/s`.
pub fn bandwidth_in(bytes_per_sec: f64, units: ByteUnits) -> String {
    match units {
        ByteUnits::Customary | ByteUnits::Decimal => bandwidth(bytes_per_sec),
        ByteUnits::Binary => format!("{}/s", memory(bytes_per_sec)),
    }
}

/// Bandwidth in decimal units: `4.38 TB/s`.
pub fn bandwidth(bytes_per_sec: f64) -> String {
    scaled(bytes_per_sec, &[(1e12, "TB/s"), (1e9, "GB/s"), (1e6, "MB/s"), (1.0, "B/s")], 3)
}

/// A memory size in binary units: `24.0 GiB`.
pub fn memory(bytes: f64) -> String {
    const KI: f64 = 1024.0;
    scaled(bytes, &[(KI * KI * KI * KI, "TiB"), (KI * KI * KI, "GiB"), (KI * KI, "MiB"), (KI, "KiB"), (1.0, "B")], 3)
}

/// Power: `700 W`, `1.73 kW`.
pub fn power(watts: f64) -> String {
    scaled(watts, &[(1e6, "MW"), (1e3, "kW"), (1.0, "W")], 3)
}

/// Energy: `12.3 kWh`, `0.91 Wh`, `3.1 J`, `12.6 pJ`.
pub fn energy(joules: f64) -> String {
    let small = [(1.0, "J"), (1e-3, "mJ"), (1e-6, "µJ"), (1e-9, "nJ"), (1e-12, "pJ")];
    scaled(joules, &[&[(3.6e9, "MWh"), (3.6e6, "kWh"), (3.6e3, "Wh")][..], &small].concat(), 3)
}

/// A number over many orders of magnitude, such as an error: `2.9e−7`, `1.6e−2`.
pub fn scientific(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return significant(value, 2);
    }
    format!("{value:.1e}").replace('-', "\u{2212}")
}

/// A rate of things: `6,400 items/s`.
pub fn rate(per_sec: f64, unit: &str) -> String {
    format!("{}\u{a0}{unit}/s", compact(per_sec))
}

/// A throughput in its own unit: `67.1 GFLOP/s`, `4.38 TB/s`, `6,400 tokens/s`.
pub fn throughput(per_sec: f64, unit: &str) -> String {
    match unit {
        "FLOP/s" => flop_rate(per_sec),
        "B/s" => bandwidth(per_sec),
        _ => format!("{}\u{a0}{unit}", compact(per_sec)),
    }
}

/// A count with a suffix from a million on: `12.3 M`.
pub fn compact(value: f64) -> String {
    if value.abs() < 1e6 {
        significant(value, 3)
    } else {
        scaled(value, &[(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M")], 3)
    }
}

/// The number with the marks of languages that write `1.234,56`: points and commas between digits trade places.
pub fn decimal_comma(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let is_digit = |index: Option<usize>| index.and_then(|i| characters.get(i)).is_some_and(char::is_ascii_digit);
    let mark = |(index, character): (usize, &char)| match character {
        '.' if is_digit(index.checked_sub(1)) && is_digit(Some(index + 1)) => ',',
        ',' if is_digit(index.checked_sub(1)) && is_digit(Some(index + 1)) => '.',
        other => *other,
    };
    characters.iter().enumerate().map(mark).collect()
}

/// A fraction as a percentage: `0.384` with 1 decimal as `38.4 %`.
pub fn percent(fraction: f64, decimals: usize) -> String {
    if fraction.is_finite() { format!("{}\u{a0}%", thousands(fraction * 100.0, decimals)) } else { UNKNOWN.to_owned() }
}

/// An amount for headlines: `$1.84M`, `€620k`, `$12.30`, `−$0.029`.
pub fn money(value: Money) -> String {
    money_in(value.amount, value.currency)
}

/// See [`money`].
pub fn money_in(amount: f64, currency: Currency) -> String {
    if !amount.is_finite() {
        return UNKNOWN.to_owned();
    }
    let sign = if amount < 0.0 { "−" } else { "" };
    let size = amount.abs();
    let text = match size {
        s if s >= 999_500_000.0 => format!("{}B", significant(s / 1e9, 3)),
        s if s >= 999_500.0 => format!("{}M", significant(s / 1e6, 3)),
        s if s >= 9_999.5 => format!("{}k", significant(s / 1e3, 3)),
        s if s >= 99.995 => thousands(s, 0),
        s if s >= 0.995 || s == 0.0 => thousands(s, 2),
        s => significant(s, 3),
    };
    format!("{sign}{}{text}", currency.prefix())
}

/// An amount in full, to the unit: `$1,840,221`.
pub fn money_full(value: Money) -> String {
    if !value.amount.is_finite() {
        return UNKNOWN.to_owned();
    }
    let sign = if value.amount <= -0.5 { "−" } else { "" };
    format!("{sign}{}{}", value.currency.prefix(), thousands(value.amount.abs(), 0))
}

/// A span of months: `10.4 months`.
pub fn months(value: f64) -> String {
    format!("{}\u{a0}months", significant(value, 3))
}

/// A whole number of months: `36 months`.
pub fn whole_months(value: u32) -> String {
    format!("{}\u{a0}{}", thousands(f64::from(value), 0), if value == 1 { "month" } else { "months" })
}

/// A count of things: `1 unit`, `1,200 units`.
pub fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{}\u{a0}{noun}{plural}", thousands(count as f64, 0))
}

/// The plural of an English noun: `requests`, `queries`, `batches`.
pub fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|end| noun.ends_with(end)) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// A count for sentences: `20 billion`, `1.5 million`, `350,000`.
pub fn spoken(value: f64) -> String {
    let steps = [(1e12, "trillion"), (1e9, "billion"), (1e6, "million")];
    let Some((factor, word)) = steps.into_iter().find(|(factor, _)| value.abs() >= *factor * 0.9995) else {
        return if value.abs() >= 100.0 { thousands(value, 0) } else { without_trailing_zeros(&significant(value, 3)) };
    };
    format!("{}\u{a0}{word}", without_trailing_zeros(&significant(value / factor, 3)))
}

/// A formatted quantity without the zeros that end its decimals: `1.50 ms` to `1.5 ms`, `$2.00M` to `$2M`.
pub fn without_trailing_zeros(text: &str) -> String {
    let Some(point) = text.find('.') else { return text.to_owned() };
    let (whole, rest) = text.split_at(point);
    let digits = rest.bytes().skip(1).take_while(u8::is_ascii_digit).count();
    let (fraction, unit) = rest.split_at(digits + 1);
    let kept = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{whole}{kept}{unit}")
}

/// `format` of the value where there is one, else the mark for the unknown.
pub fn or_unknown<T>(value: Option<T>, format: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), format)
}

/// Reads a number as people type it: `20,000`, `20 k`, `1.5G`, `2e9`, `€ 3`. The suffixes are those of [`compact`].
pub fn read_number(text: &str) -> Option<f64> {
    let cleaned: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '\'' | '\u{2019}' | '$' | '€' | '_'))
        .map(|c| if c == '\u{2212}' { '-' } else { c })
        .collect();
    let last = cleaned.chars().last()?;
    let factor = match last {
        'k' | 'K' => 1e3,
        'M' => 1e6,
        'G' | 'B' => 1e9,
        'T' => 1e12,
        'P' => 1e15,
        _ => 1.0,
    };
    let digits = if factor == 1.0 { cleaned.as_str() } else { cleaned.trim_end_matches(last) };
    digits.parse::<f64>().ok().map(|value| value * factor).filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_and_minus_is_a_minus() {
        assert_eq!(thousands(265_305.4, 0), "265,305");
        assert_eq!(thousands(-1_234_567.891, 2), "−1,234,567.89");
        assert_eq!(thousands(-0.001, 0), "0");
        assert_eq!(thousands(f64::NAN, 0), UNKNOWN);
    }

    #[test]
    fn marks_trade_places_between_digits_only() {
        assert_eq!(decimal_comma("−$1,234.56"), "−$1.234,56");
        assert_eq!(decimal_comma("1.2e−7, and so on."), "1,2e−7, and so on.");
        assert_eq!(decimal_comma(""), "");
    }

    #[test]
    fn quantities_choose_their_unit() {
        assert_eq!(duration(0.00456), "4.56\u{a0}ms");
        assert_eq!(duration(7200.0), "2.00\u{a0}h");
        assert_eq!(flop_rate(67.1e9), "67.1\u{a0}GFLOP/s");
        assert_eq!(bandwidth(4.383e12), "4.38\u{a0}TB/s");
        assert_eq!(throughput(6400.0, "tokens/s"), "6,400\u{a0}tokens/s");
        assert_eq!(throughput(67.1e9, "FLOP/s"), "67.1\u{a0}GFLOP/s");
        assert_eq!(memory(24.0 * 1024f64.powi(3)), "24.0\u{a0}GiB");
        assert_eq!(memory_in(24.0 * 1024f64.powi(3), ByteUnits::Decimal), "25.8\u{a0}GB");
        assert_eq!(bandwidth_in(1024f64.powi(3), ByteUnits::Binary), "1.00\u{a0}GiB/s");
        assert_eq!(duration_in(0.00456, TimeUnits::Microseconds), "4,560\u{a0}µs");
        assert_eq!(duration_in(0.00456, TimeUnits::Seconds), "0.00456\u{a0}s");
        assert_eq!(power(1730.0), "1.73\u{a0}kW");
        assert_eq!(energy(3600.0), "1.00\u{a0}Wh");
        assert_eq!(percent(0.384, 1), "38.4\u{a0}%");
    }

    #[test]
    fn money_reads_like_a_headline() {
        assert_eq!(money_in(1_840_000.0, Currency::USD), "$1.84M");
        assert_eq!(money_in(-620_000.0, Currency::EUR), "−€620k");
        assert_eq!(money_in(0.029, Currency::USD), "$0.0290");
        assert_eq!(money_in(12.3, Currency::USD), "$12.30");
        assert_eq!(money_in(0.0, Currency::USD), "$0.00");
        assert_eq!(money_full(Money::new(1_840_221.4, Currency::USD)), "$1,840,221");
    }

    #[test]
    fn counts_are_spoken_and_trailing_zeros_go() {
        assert_eq!(spoken(20e9), "20\u{a0}billion");
        assert_eq!(spoken(1.55e6), "1.55\u{a0}million");
        assert_eq!(spoken(350_000.0), "350,000");
        assert_eq!(spoken(2.5), "2.5");
        assert_eq!(spoken(f64::NAN), UNKNOWN);
        assert_eq!(without_trailing_zeros("$1.50M"), "$1.5M");
        assert_eq!(without_trailing_zeros("2.00\u{a0}ms"), "2\u{a0}ms");
        assert_eq!(without_trailing_zeros("1,000"), "1,000");
        assert_eq!((whole_months(36), whole_months(1)), ("36\u{a0}months".to_owned(), "1\u{a0}month".to_owned()));
    }

    #[test]
    fn the_unknown_is_never_zero() {
        assert_eq!(or_unknown(None, money), UNKNOWN);
    }

    #[test]
    fn numbers_are_read_as_people_type_them() {
        for (text, value) in
            [("20,000", 20_000.0), ("20 k", 20_000.0), ("1.5G", 1.5e9), ("−3", -3.0), ("4\u{a0}T", 4e12), ("2e9", 2e9)]
        {
            assert_eq!(read_number(text), Some(value), "{text}");
        }
        for text in ["", "abc", "1.2.3", "k", "inf", "NaN"] {
            assert_eq!(read_number(text), None, "{text}");
        }
    }
}
