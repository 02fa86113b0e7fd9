//! Charts of any data: no panic, no coordinate outside the drawing, and a panel where there is nothing.

#![expect(clippy::expect_used, reason = "tests")]

mod support;

use assay_reports::charts::*;
use assay_reports::scene::{Point, Prim, Segment, Size};
use assay_reports::svg::to_svg;
use assay_reports::text::Typesetter;
use assay_reports::theme::Theme;
use proptest::prelude::*;
use support::gallery::{USD, all_charts};

thread_local! {
    static SET: Typesetter = Typesetter::new(Theme::default()).expect("the bundled fonts load");
}

/// Labels may stand a little outside, as those of an axis do.
const SLACK: f32 = 14.0;

fn check(chart: &Chart, size: Size) -> Result<(), TestCaseError> {
    let prims = SET.with(|set| chart.draw(set, size));
    prop_assert!(!prims.is_empty());
    let inside =
        |at: &Point| at.x >= -SLACK && at.x <= size.width + SLACK && at.y >= -SLACK && at.y <= size.height + SLACK;
    for prim in &prims {
        prop_assert!(prim.is_finite(), "{prim:?}");
        let points = match prim {
            Prim::Rect { area, .. } => {
                prop_assert!(area.width >= 0.0 && area.height >= 0.0, "{prim:?}");
                vec![Point { x: area.x, y: area.y }, Point { x: area.right(), y: area.bottom() }]
            }
            Prim::Text(run) => vec![run.origin, Point { x: run.origin.x + run.width(), y: run.origin.y }],
            Prim::Path { segments, .. } => segments
                .iter()
                .filter_map(|segment| match segment {
                    Segment::Move(at) | Segment::Line(at) => Some(*at),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        prop_assert!(points.iter().all(inside), "{prim:?} in {size:?}");
    }
    prop_assert!(!chart.describe().is_empty());
    Ok(())
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -1e6..1e6f64,
        1 => prop::num::f64::ANY,
        1 => Just(0.0),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, 5e-324]),
    ]
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[A-Za-z ]{0,24}", 1 => "\\PC{0,80}", 1 => Just("long label ".repeat(20))]
}

fn quantity() -> impl Strategy<Value = Quantity> {
    prop::sample::select(vec![
        Quantity::Number,
        USD,
        Quantity::Months,
        Quantity::Seconds,
        Quantity::Fraction,
        Quantity::FlopsPerSec,
        Quantity::BytesPerSec,
    ])
}

fn chart() -> impl Strategy<Value = Chart> {
    let bar = (label(), prop::option::of(number()), prop::option::of([number(), number()]), any::<bool>()).prop_map(
        |(label, value, interval, highlight)| Bar { label, value, interval, highlight, remark: "●".to_owned() },
    );
    let bars = (prop::collection::vec(bar, 0..40), quantity(), label())
        .prop_map(|(bars, quantity, axis)| Chart::Bars(BarChart { bars, quantity, axis }));
    let stacked_bar = (label(), prop::collection::vec(prop::option::of(number()), 0..12), any::<bool>())
        .prop_map(|(label, parts, highlight)| StackedBar { label, parts, highlight });
    let stacked =
        (prop::collection::vec(label(), 0..12), prop::collection::vec(stacked_bar, 0..20), quantity(), label())
            .prop_map(|(parts, bars, quantity, axis)| Chart::Stacked(StackedChart { parts, bars, quantity, axis }));
    let series = (
        label(),
        prop::collection::vec([number(), number()], 0..50),
        prop::collection::vec([number(), number(), number()], 0..20),
    )
        .prop_map(|(name, points, band)| Series { name, points, band });
    let marker = prop::option::of((number(), label()).prop_map(|(x, text)| Marker { x, text }));
    let lines = (prop::collection::vec(series, 0..9), quantity(), quantity(), marker)
        .prop_map(|(series, x, y, marker)| Chart::Lines(LineChart { series, x, x_axis: "x".to_owned(), y, marker }));
    let roof = (label(), number(), number()).prop_map(|(label, peak_flops_per_sec, bandwidth_bytes_per_sec)| Roof {
        label,
        peak_flops_per_sec,
        bandwidth_bytes_per_sec,
    });
    let point = (label(), number(), number()).prop_map(|(label, intensity_flops_per_byte, flops_per_sec)| {
        RooflinePoint { label, intensity_flops_per_byte, flops_per_sec }
    });
    let roofline = (prop::collection::vec(roof, 0..5), prop::collection::vec(point, 0..60))
        .prop_map(|(roofs, points)| Chart::Roofline(RooflineChart { roofs, points }));
    let row = (label(), number(), number(), label(), label())
        .prop_map(|(label, at_low, at_high, low, high)| TornadoRow { label, at_low, at_high, low, high });
    let tornado = (number(), label(), prop::collection::vec(row, 0..30), quantity())
        .prop_map(|(base, result, rows, quantity)| Chart::Tornado(TornadoChart { base, result, rows, quantity }));
    let step = (label(), prop::option::of(number())).prop_map(|(label, amount)| WaterfallStep { label, amount });
    let waterfall = (prop::collection::vec(step, 0..30), quantity())
        .prop_map(|(steps, quantity)| Chart::Waterfall(WaterfallChart { steps, quantity }));
    prop_oneof![bars, stacked, lines, roofline, tornado, waterfall]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_data_is_drawn_within_the_drawing(
        chart in chart(),
        width in 120.0f32..500.0,
        height in 60.0f32..300.0,
    ) {
        check(&chart, Size { width, height })?;
    }
}

#[test]
fn a_chart_without_data_says_so() {
    let empty = Chart::Bars(BarChart { bars: Vec::new(), quantity: USD, axis: "Cost".to_owned() });
    assert!(empty.is_empty());
    let svg = SET.with(|set| {
        to_svg(set, &empty.draw(set, Size { width: 300.0, height: 100.0 }), Size { width: 300.0, height: 100.0 })
    });
    assert!(svg.contains("No data"), "{svg}");
}

#[test]
fn every_chart_draws_as_svg_and_describes_its_numbers() {
    let size = Size { width: 460.0, height: 190.0 };
    for chart in all_charts() {
        let svg = SET.with(|set| to_svg(set, &chart.draw(set, size), size));
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.contains("<text"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf\""));
        assert!(chart.describe().chars().any(|c| c.is_ascii_digit()), "{}", chart.describe());
    }
}

#[test]
fn a_chart_survives_its_json_form() {
    for chart in all_charts() {
        let json = serde_json::to_string(&chart).expect("it serialises");
        assert_eq!(serde_json::from_str::<Chart>(&json).expect("it parses"), chart);
    }
}
