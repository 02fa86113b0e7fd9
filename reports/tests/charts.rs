//! Charts of any data: no panic, no coordinate outside the drawing, and a panel where there is nothing.

#![expect(clippy::expect_used, reason = "tests")]

mod support;

use assay_reports::Language;
use assay_reports::charts::*;
use assay_reports::scene::{Point, Prim, Segment, Size};
use assay_reports::svg::to_svg;
use assay_reports::text::Typesetter;
use assay_reports::theme::Theme;
use proptest::prelude::*;
use support::gallery::{USD, all_charts};

thread_local! {
    static SET: Typesetter = Typesetter::new(Theme::default(), Language::English).expect("the bundled fonts load");
}

/// Shapes may stand a little outside.
const SLACK: f32 = 14.0;
/// Texts hardly.
const TEXT_SLACK: f32 = 1.5;

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
            Prim::Text(run) => {
                let (left, right) = (run.origin.x, run.origin.x + run.width());
                let beside = left < -TEXT_SLACK || right > size.width + TEXT_SLACK;
                prop_assert!(!beside, "{:?} at {left}..{right} in {size:?}", run.text());
                vec![run.origin]
            }
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
    prop_assert!(!chart.describe(Language::English).is_empty());
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
    prop_oneof![bars, stacked, lines, roofline, tornado, waterfall, more_charts()]
}

fn distributions() -> impl Strategy<Value = Vec<Samples>> {
    let series =
        (label(), prop::collection::vec(number(), 0..40)).prop_map(|(name, samples)| Samples { name, samples });
    prop::collection::vec(series, 0..6)
}

fn interval() -> impl Strategy<Value = Option<[f64; 2]>> {
    prop::option::of([number(), number()])
}

/// Schedules, risks, scores, distributions and trade-offs.
fn more_charts() -> impl Strategy<Value = Chart> {
    let labels = || prop::collection::vec(label(), 0..9);
    let value = (prop::option::of(number()), interval(), any::<bool>())
        .prop_map(|(value, interval, highlight)| GroupedValue { value, interval, highlight });
    let group = (label(), prop::collection::vec(prop::option::of(value), 0..7))
        .prop_map(|(label, values)| BarGroup { label, values });
    let grouped = (labels(), prop::collection::vec(group, 0..9), quantity(), label())
        .prop_map(|(members, groups, quantity, axis)| Chart::Grouped(GroupedChart { members, groups, quantity, axis }));
    let marker = || prop::option::of((number(), label()).prop_map(|(x, text)| Marker { x, text }));
    let cdf = (distributions(), quantity(), label(), marker())
        .prop_map(|(series, quantity, axis, marker)| Chart::Cdf(CdfChart { series, quantity, axis, marker }));
    let violin = (distributions(), quantity(), label())
        .prop_map(|(series, quantity, axis)| Chart::Violin(ViolinChart { series, quantity, axis }));
    let better = || prop::sample::select(vec![Better::Low, Better::High]);
    let point = (label(), number(), number(), interval(), interval(), any::<bool>()).prop_map(
        |(label, x, y, x_interval, y_interval, highlight)| ScatterPoint {
            label,
            x,
            y,
            x_interval,
            y_interval,
            highlight,
        },
    );
    let scatter = (prop::collection::vec(point, 0..30), quantity(), quantity(), better(), better(), label()).prop_map(
        |(points, x, y, x_better, y_better, x_axis)| {
            Chart::Scatter(ScatterChart { points, x, x_axis, x_better, y, y_axis: "y".to_owned(), y_better })
        },
    );
    let curve = (label(), prop::collection::vec([number(), number()], 0..20))
        .prop_map(|(name, points)| CostCurve { name, points });
    let break_even = (prop::collection::vec(curve, 0..6), quantity(), quantity(), label(), label()).prop_map(
        |(options, volume, cost, volume_axis, cost_axis)| {
            Chart::BreakEven(BreakEvenChart { options, volume, volume_axis, cost, cost_axis })
        },
    );
    let span = prop_oneof![
        (number(), number()).prop_map(|(start_weeks, end_weeks)| GanttSpan::Task { start_weeks, end_weeks }),
        number().prop_map(|at_weeks| GanttSpan::Milestone { at_weeks }),
    ];
    let row = (label(), label(), span, prop::collection::vec(0usize..20, 0..4), any::<bool>())
        .prop_map(|(label, owner, span, after, critical)| GanttRow { label, owner, span, after, critical });
    let wave = (label(), number(), number()).prop_map(|(name, start_weeks, end_weeks)| GanttWave {
        name,
        start_weeks,
        end_weeks,
    });
    let start = prop::option::of((-9000i16..9999, 1i8..13, 1i8..29).prop_map(|(y, m, d)| jiff::civil::date(y, m, d)));
    let gantt = (prop::collection::vec(row, 0..20), prop::collection::vec(wave, 0..5), start, marker())
        .prop_map(|(rows, waves, start, marker)| Chart::Gantt(GanttChart { rows, waves, start, marker }));
    let risk = (label(), label(), 0u8..8, 0u8..8).prop_map(|(id, label, likelihood, impact)| Risk {
        id,
        label,
        likelihood,
        impact,
    });
    let names = || prop::array::uniform5(label());
    let risks = (names(), names(), prop::collection::vec(risk, 0..60))
        .prop_map(|(likelihoods, impacts, risks)| Chart::Risks(RiskMatrix { likelihoods, impacts, risks }));
    let cells = prop::collection::vec(prop::collection::vec(prop::option::of(number()), 0..12), 0..20);
    let heat = (labels(), prop::collection::vec(label(), 0..30), cells, quantity(), label()).prop_map(
        |(columns, rows, cells, quantity, title)| Chart::Heat(HeatMap { columns, rows, cells, quantity, title }),
    );
    let scored = (label(), prop::collection::vec(prop::option::of(number()), 0..9), any::<bool>())
        .prop_map(|(name, scores, highlight)| RadarSeries { name, scores, highlight });
    let radar = (labels(), number(), prop::collection::vec(scored, 0..9), label())
        .prop_map(|(criteria, greatest, series, title)| Chart::Radar(RadarChart { criteria, greatest, series, title }));
    prop_oneof![grouped, cdf, violin, scatter, break_even, gantt, risks, heat, radar]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

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
        assert!(
            chart.describe(Language::English).chars().any(|c| c.is_ascii_digit()),
            "{}",
            chart.describe(Language::English)
        );
    }
}

#[test]
fn a_chart_survives_its_json_form() {
    for chart in all_charts() {
        let json = serde_json::to_string(&chart).expect("it serialises");
        assert_eq!(serde_json::from_str::<Chart>(&json).expect("it parses"), chart);
    }
}
