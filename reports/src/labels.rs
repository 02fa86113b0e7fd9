//! The words that documents carry besides their content, in every language that Assay knows.

use assay_base::Evidence;
use std::borrow::Cow;

/// The language of a document's fixed words and of the marks in its numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English: `1,234.5`.
    #[default]
    English,
    /// German: `1.234,5`.
    German,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The language of a BCP 47 tag such as `de-AT`; English for those that Assay does not know.
    pub fn of(tag: &str) -> Self {
        match tag.split(['-', '_']).next() {
            Some(primary) if primary.eq_ignore_ascii_case("de") => Self::German,
            _ => Self::English,
        }
    }

    pub(crate) fn words(self) -> &'static Labels {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }

    /// A number made by [`assay_base::format`] with this language's marks and words.
    pub(crate) fn number(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::English => Cow::Borrowed(text),
            Self::German => {
                let mut text = assay_base::format::decimal_comma(text);
                for (english, german) in GERMAN_UNITS {
                    if text.contains(english) {
                        text = text.replace(english, german);
                    }
                }
                Cow::Owned(text)
            }
        }
    }

    /// A day in words, such as `21 November 2026` or `21. November 2026`.
    pub(crate) fn day(self, day: jiff::civil::Date) -> String {
        match self {
            Self::English => day.strftime("%-d %B %Y").to_string(),
            Self::German => {
                let month = usize::try_from(day.month()).ok().and_then(|month| GERMAN_MONTHS.get(month - 1));
                format!("{}. {} {}", day.day(), month.copied().unwrap_or_default(), day.year())
            }
        }
    }
}

/// The words within numbers. Longer ones come before those that they contain.
const GERMAN_UNITS: [(&str, &str); 24] = [
    ("trillion", "Billionen"),
    ("billion", "Milliarden"),
    ("million", "Millionen"),
    ("months", "Monate"),
    ("month", "Monat"),
    (" before tax", " vor Steuer"),
    (" after ", " nach "),
    (" tax", " Steuer"),
    (" rows/s", " Zeilen/s"),
    (" sequences/s", " Sequenzen/s"),
    (" images/s", " Bilder/s"),
    (" tokens/s", " Token/s"),
    (" samples/s", " Datensätze/s"),
    ("weeks", "Wochen"),
    ("week", "Woche"),
    ("days", "Tage"),
    (" an hour", " je Stunde"),
    (" per unit", " je Stück"),
    (" per 1M items", " je 1 Mio. Einheiten"),
    (" of the units", " der Einheiten"),
    (" for ", " für "),
    ("at most ", "höchstens "),
    ("weighed ", "gewichtet um "),
    ("dearer", "teurer"),
];

const GERMAN_MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// Fills each `{}` of a label, first to last.
pub(crate) fn fill(pattern: &str, parts: &[&str]) -> String {
    let mut parts = parts.iter();
    let mut out = String::new();
    for (index, text) in pattern.split("{}").enumerate() {
        if index > 0 {
            out.push_str(parts.next().copied().unwrap_or_default());
        }
        out.push_str(text);
    }
    out
}

/// Declares each label once with its text in every language, so that none can be missing.
macro_rules! labels {
    ($($name:ident: $english:literal, $german:literal;)*) => {
        /// The fixed words of one language. `{}` is filled in by [`fill`].
        #[derive(Debug)]
        pub(crate) struct Labels { $(pub $name: &'static str,)* }
        const ENGLISH: Labels = Labels { $($name: $english,)* };
        const GERMAN: Labels = Labels { $($name: $german,)* };
        #[cfg(test)]
        const TABLE: &[(&str, &str, &str)] = &[$((stringify!($name), $english, $german),)*];
    };
}

labels! {
    // Pages.
    contents_empty: "This document has no sections.", "Dieses Dokument hat keine Abschnitte.";
    continued: "{} {} (continued)", "{} {} (Fortsetzung)";
    evidence: "Evidence", "Beleg";
    evidence_list: "Evidence:", "Belege:";
    figure: "Figure", "Abbildung";
    missing_title: "Some characters cannot be shown", "Einige Zeichen lassen sich nicht darstellen";
    missing_body: "The typefaces of this document lack {} of its characters; each stands as □ on the page. Searching and copying give the characters themselves. By code point: {}.", "Den Schriften dieses Dokuments fehlen {} seiner Zeichen; jedes erscheint als □. Suchen und Kopieren liefern die Zeichen selbst. Als Codepunkte: {}.";
    no_columns: "This table has no columns.", "Diese Tabelle hat keine Spalten.";
    no_rows: "No rows.", "Keine Zeilen.";
    own_title: "The title is the author's. The rules found:", "Der Titel stammt vom Verfasser. Die Regeln fanden:";
    own_words: "In the author's own words", "In den Worten des Verfassers";
    page_link: "{}, page {}", "{}, Seite {}";
    page_of: "Page {} of {}", "Seite {} von {}";
    reproduce: "Reproduce:", "Nachstellen:";
    sample: "SAMPLE", "MUSTER";
    sample_foot: "Sample study, not for decisions", "Musterstudie, nicht für Entscheidungen";
    source: "Source:", "Quelle:";
    table: "Table", "Tabelle";
    // Classes of evidence.
    measured: "measured", "gemessen";
    published: "published", "veröffentlicht";
    projected: "projected", "hochgerechnet";
    vendor: "vendor", "Herstellerangabe";
    assumed: "assumed", "angenommen";
    // Drawn in charts.
    and_more: "and {} more", "und {} weitere";
    cheapest: "{} is cheapest", "{} ist am günstigsten";
    critical: "Dark: a delay delays the end", "Dunkel: Verzug verschiebt das Ende";
    impact: "Impact", "Auswirkung";
    intensity: "Arithmetic intensity (FLOP/byte)", "Arithmetische Intensität (FLOP/Byte)";
    likelihood: "Likelihood", "Wahrscheinlichkeit";
    logarithmic: "{}, logarithmic", "{}, logarithmisch";
    no_data: "No data: nothing was measured or known for this chart.", "Keine Daten: Für dieses Diagramm wurde nichts gemessen und ist nichts bekannt.";
    pareto_front: "Pareto front", "Pareto-Front";
    share_of_samples: "Share of samples", "Anteil der Messwerte";
    unlabelled: "{} more without a label", "{} weitere ohne Beschriftung";
    unknown: "unknown", "unbekannt";
    week: "W{}", "W{}";
    // What a screen reader says of charts.
    and: "{} and {}", "{} und {}";
    alt_at: "{} at {}", "{} bei {}";
    alt_bars: "Bar chart of {}: {}.", "Balkendiagramm, {}: {}.";
    alt_break_even: "Cost curves over {}: {}.", "Kostenkurven über {}: {}.";
    alt_cdf: "Cumulative distribution of {}: {}.", "Verteilungsfunktion, {}: {}.";
    alt_crossing: "{} becomes cheapest in place of {} at {}.", "{} wird am günstigsten anstelle von {} bei {}.";
    alt_depends: "{} after {}", "{} nach {}";
    alt_gantt: "Schedule in weeks: {}.", "Zeitplan in Wochen: {}.";
    alt_grouped: "Grouped bar chart of {}: {}.", "Gruppiertes Balkendiagramm, {}: {}.";
    alt_heat: "Heat map of {}: {}.", "Heatmap, {}: {}.";
    alt_interval: "{} ({} to {})", "{} ({} bis {})";
    alt_line: "{} from {} at {} to {} at {}", "{} von {} bei {} bis {} bei {}";
    alt_lines: "Line chart over {}: {}.", "Liniendiagramm über {}: {}.";
    alt_no_crossing: "The cheapest stays the same in this range.", "Das günstigste bleibt in diesem Bereich dasselbe.";
    alt_pareto: "Scatter chart of {} over {}. On the Pareto front: {}.", "Streudiagramm, {} über {}. Auf der Pareto-Front: {}.";
    alt_pareto_rest: "Not on it: {}.", "Nicht darauf: {}.";
    alt_point: "{} at {} and {}", "{} bei {} und {}";
    alt_radar: "Radar chart, {}.", "Netzdiagramm, {}.";
    alt_range: "{} from {} to {}", "{} von {} bis {}";
    alt_risk: "{} {}, likelihood {} of 5, impact {} of 5", "{} {}, Wahrscheinlichkeit {} von 5, Auswirkung {} von 5";
    alt_risks: "Risk matrix: {}.", "Risikomatrix: {}.";
    alt_roof: "{} at {} and {}", "{} mit {} und {}";
    alt_roof_point: "{}, {} reaches {} at {} FLOP/byte", "{}, {} erreicht {} bei {} FLOP/Byte";
    alt_roof_points: "Points: {}.", "Punkte: {}.";
    alt_roofline: "Roofline chart with logarithmic axes.", "Roofline-Diagramm mit logarithmischen Achsen.";
    alt_roofs: "Roofs: {}.", "Dächer: {}.";
    alt_stacked: "Stacked bar chart of {}: {}.", "Gestapeltes Balkendiagramm, {}: {}.";
    alt_tornado: "Tornado chart around {} {}: {}.", "Tornado-Diagramm um {} {}: {}.";
    alt_tornado_row: "{} from {} ({}) to {} ({})", "{} von {} ({}) bis {} ({})";
    alt_violin: "Violin chart of {}: {}.", "Violinendiagramm, {}: {}.";
    alt_violin_row: "{}, median {}, middle half {} to {}, {} samples", "{}, Median {}, mittlere Hälfte {} bis {}, {} Messwerte";
    alt_waterfall: "Waterfall chart: {}.", "Wasserfalldiagramm: {}.";
}

impl Labels {
    /// The word for a class of evidence.
    pub(crate) fn class(&self, class: Evidence) -> &'static str {
        match class {
            Evidence::Measured => self.measured,
            Evidence::Published => self.published,
            Evidence::Projected => self.projected,
            Evidence::Vendor => self.vendor,
            Evidence::Assumed => self.assumed,
        }
    }

    /// `a`, `a and b`, `a, b and c`.
    pub(crate) fn join(&self, parts: &[String]) -> String {
        match parts {
            [] => String::new(),
            [only] => only.clone(),
            [first @ .., last] => fill(self.and, &[&first.join(", "), last]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_is_missing_in_any_language() {
        assert!(TABLE.len() > 60);
        for (name, english, german) in TABLE {
            assert!(!english.trim().is_empty() && !german.trim().is_empty(), "{name}");
            assert_eq!(english.matches("{}").count(), german.matches("{}").count(), "{name}");
            assert!(english != german || *name == "week", "{name} is not translated");
        }
    }

    #[test]
    fn english_words_for_evidence_are_those_of_the_study() {
        for class in Evidence::ALL {
            assert_eq!(ENGLISH.class(class), class.label());
        }
    }

    #[test]
    fn tags_name_languages_and_numbers_follow() {
        assert_eq!(Language::of("de-AT"), Language::German);
        assert_eq!(Language::of("DE"), Language::German);
        assert_eq!(Language::of("fr"), Language::English);
        assert_eq!(Language::German.number("$1,234.56"), "$1.234,56");
        assert_eq!(Language::English.number("$1,234.56"), "$1,234.56");
    }

    #[test]
    fn patterns_are_filled_in_order() {
        assert_eq!(fill(ENGLISH.page_of, &["3", "9"]), "Page 3 of 9");
        assert_eq!(ENGLISH.join(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
