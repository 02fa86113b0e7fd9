//! A document with every kind of block, inline content and chart.

use assay_base::{Currency, Evidence};
use assay_reports::charts::*;
use assay_reports::document::*;
use assay_reports::rich;

pub const USD: Quantity = Quantity::Money(Currency::USD);

/// A document about nothing, made of `sections`.
pub fn document(sections: Vec<Section>, values: Values) -> Document {
    Document {
        schema_version: SCHEMA_VERSION,
        meta: Meta {
            title: "Gallery of blocks & charts".to_owned(),
            subject: "Every block, inline and chart".to_owned(),
            author: "Assay's tests".to_owned(),
            keywords: vec!["blocks".to_owned(), "charts <all>".to_owned()],
            language: "en".to_owned(),
            prepared_unix_secs: 1_795_161_600,
            prepared: "20 November 2026".to_owned(),
            classification: Some("Confidential".to_owned()),
            evidence_hash: Some("sha256:0123456789abcdef0123456789abcdef".to_owned()),
            sample: true,
        },
        cover: Some(Cover {
            kicker: "Test document".to_owned(),
            subtitle: "What it shows is invented and means nothing.".to_owned(),
            verdict: "Go, with one condition".to_owned(),
            tone: Tone::Positive,
            statement: rich![
                "The first option is ",
                Inline::strong("cheaper"),
                ".",
                Inline::footnote("A footnote of the cover, set on the page after it.")
            ],
            facts: vec![Fact::new("Prepared for", "Readers"), Fact::new("Evidence", Inline::code("sha256:0123"))],
        }),
        sections,
        values,
    }
}

pub fn section(anchor: &str, title: impl Into<Rich>, blocks: Vec<Block>) -> Section {
    Section { kicker: "A section".to_owned(), action_title: title.into(), anchor: anchor.to_owned(), blocks }
}

pub fn source() -> Source {
    Source {
        text: "the tests.".into(),
        evidence: vec![Evidence::Measured, Evidence::Assumed],
        reproduce: Some("assay results list --format csv".to_owned()),
    }
}

pub fn figure(anchor: &str, chart: Chart) -> Figure {
    Figure {
        anchor: anchor.to_owned(),
        takeaway: "The takeaway of the figure as a sentence".into(),
        chart,
        height_pt: 170.0,
        source: source(),
    }
}

pub fn table(rows: Vec<Row>) -> Table {
    Table {
        anchor: "table".to_owned(),
        title: "Names and numbers".into(),
        columns: vec![
            Column::text("Name"),
            Column::number("Median (ms)"),
            Column::number("Cost (USD)"),
            Column::text("Evidence"),
        ],
        rows,
        source: source(),
    }
}

pub fn bars() -> Chart {
    let bar = |label: &str, value, highlight| Bar {
        label: label.to_owned(),
        value,
        interval: value.map(|value: f64| [value * 0.9, value * 1.2]),
        highlight,
        remark: "●".to_owned(),
    };
    Chart::Bars(BarChart {
        bars: vec![
            bar("First option", Some(1.2), true),
            bar("Second option", Some(3.4), false),
            bar("Third, unknown", None, false),
        ],
        quantity: USD,
        axis: "Cost of a million items (USD)".to_owned(),
    })
}

pub fn stacked() -> Chart {
    Chart::Stacked(StackedChart {
        parts: ["Compute", "Energy", "Migration", "Residual value"].map(str::to_owned).to_vec(),
        bars: vec![
            StackedBar {
                label: "First".to_owned(),
                parts: vec![Some(620e3), Some(40e3), Some(90e3), None],
                highlight: true,
            },
            StackedBar {
                label: "Second".to_owned(),
                parts: vec![Some(900e3), None, Some(20e3), Some(-120e3)],
                highlight: false,
            },
        ],
        quantity: USD,
        axis: "Total cost over 36 months (USD)".to_owned(),
    })
}

pub fn lines() -> Chart {
    let points = |start: f64, slope: f64| (0..=36).map(|m| [f64::from(m), start + slope * f64::from(m)]).collect();
    Chart::Lines(LineChart {
        series: vec![
            Series {
                name: "First".to_owned(),
                points: points(-620e3, 68e3),
                band: (0..=36)
                    .map(|m| [f64::from(m), -700e3 + 45e3 * f64::from(m), -560e3 + 92e3 * f64::from(m)])
                    .collect(),
            },
            Series { name: "Second".to_owned(), points: points(-200e3, 20e3), band: Vec::new() },
        ],
        x: Quantity::Months,
        x_axis: "Months after the decision".to_owned(),
        y: USD,
        marker: Some(Marker { x: 9.1, text: "Break-even in month 10".to_owned() }),
    })
}

pub fn roofline() -> Chart {
    let point = |label: &str, intensity, rate| RooflinePoint {
        label: label.to_owned(),
        intensity_flops_per_byte: intensity,
        flops_per_sec: rate,
    };
    Chart::Roofline(RooflineChart {
        roofs: vec![
            Roof { label: "CPU fp32, measured".to_owned(), peak_flops_per_sec: 120e9, bandwidth_bytes_per_sec: 21e9 },
            Roof { label: "H200 bf16, vendor".to_owned(), peak_flops_per_sec: 989e12, bandwidth_bytes_per_sec: 4.8e12 },
        ],
        points: vec![
            point("Dense GEMM", 170.0, 98e9),
            point("Softmax", 0.6, 6e9),
            point("Attention, decode", 1.0, 11e9),
            point("ResNet block", 60.0, 61e9),
        ],
    })
}

pub fn tornado() -> Chart {
    let row = |label: &str, at_low, at_high, low: &str, high: &str| TornadoRow {
        label: label.to_owned(),
        at_low,
        at_high,
        low: low.to_owned(),
        high: high.to_owned(),
    };
    Chart::Tornado(TornadoChart {
        base: 1.84e6,
        result: "Base NPV".to_owned(),
        rows: vec![
            row("Device price", 2.21e6, 1.41e6, "−15 %", "+30 %"),
            row("Utilisation", 0.98e6, 2.52e6, "35 %", "70 %"),
            row("Energy price", 2.0e6, 1.66e6, "$0.11", "$0.29"),
        ],
        quantity: USD,
    })
}

pub fn waterfall() -> Chart {
    let step = |label: &str, amount| WaterfallStep { label: label.to_owned(), amount };
    Chart::Waterfall(WaterfallChart {
        steps: vec![
            step("Investment", Some(-620e3)),
            step("Avoided refresh", Some(1745e3)),
            step("Energy", Some(318e3)),
            step("Run cost", Some(-200e3)),
            step("NPV", None),
        ],
        quantity: USD,
    })
}

pub fn all_charts() -> Vec<Chart> {
    let mut all = vec![bars(), stacked(), lines(), roofline(), tornado(), waterfall()];
    all.extend(super::more_charts::all());
    all
}

pub fn rows(count: usize, values: &mut Values) -> Vec<Row> {
    (0..count)
        .map(|index| {
            let number = index as f64 * 1.25 + 1.0;
            let value = Value {
                number: Some(number),
                text: assay_base::format::thousands(number, 2),
                evidence: Some(Evidence::Measured),
            };
            let id = values.add(format!("row.{index}"), value);
            Row::new(vec![
                Inline::name(format!("Workload {index} · batch {}", 1 << (index % 7))).into(),
                id.clone().into(),
                id.into(),
                Inline::Evidence(Evidence::ALL[index % 5]).into(),
            ])
        })
        .collect()
}

/// The whole gallery.
pub fn gallery() -> Document {
    let mut values = Values::default();
    let saving = values
        .add("saving", Value { number: Some(1.84e6), text: "$1.84M".to_owned(), evidence: Some(Evidence::Projected) });
    let kpi = |label: &str, value: &str, tone| Kpi {
        label: Inline::name(label).into(),
        value: Inline::name(value).into(),
        comparison: "▲ against the baseline".into(),
        note: "a short remark".into(),
        tone,
    };
    let text = section(
        "text",
        rich!["The message of this section takes about two lines and says what was found, not what was done"],
        vec![
            Block::Lead(rich![
                "A lead paragraph with a value of ",
                Inline::strong(saving.clone()),
                " and a footnote.",
                Inline::footnote(rich![
                    "The footnote, with ",
                    Inline::code("code"),
                    " and ",
                    Inline::see("charts", "a link"),
                    "."
                ])
            ]),
            Block::Kpis(vec![
                kpi("NPV, 36 months", "$1.84M", Tone::Positive),
                kpi("Payback", "10.4 months", Tone::Positive),
                kpi("P99 latency", "11.8 ms", Tone::Neutral),
                kpi("Energy", "not measured", Tone::Caution),
            ]),
            Block::Callout(Callout {
                tone: Tone::Positive,
                title: "Recommendation: approve the pilot".into(),
                body: vec![rich![
                    "Because ",
                    saving,
                    " is more than nothing. See ",
                    Inline::see("charts", "the charts"),
                    "."
                ]],
            }),
            Block::Heading("What was found".into()),
            Block::Bullets(vec![
                rich![
                    Inline::strong("First."),
                    " The order of things matters, and this sentence is long enough to need a second line on any paper."
                ],
                rich![
                    Inline::emphasis("Second."),
                    " Unicode: €1,234.56, 47 kΩ, µ = 0.5, ≤ ≥ ± × −, fi fl ffi, Łódź, Ελληνικά, Русский."
                ],
                rich!["Missing: 日本語, ", Inline::url("https://example.com/?a=1&b=2", "a link out"), "."],
            ]),
            Block::Facts(Facts {
                anchor: "facts".to_owned(),
                title: "System under test".into(),
                rows: vec![Fact::new("Processor", "A processor"), Fact::new("Kernel", Inline::code("6.1.0"))],
                source: source(),
            }),
            Block::Paragraph("A last paragraph.".into()),
        ],
    );
    let charts = section(
        "charts",
        "Charts",
        vec![
            Block::Figures(vec![figure("bars", bars())]),
            Block::Figures(vec![figure("waterfall", waterfall()), figure("tornado", tornado())]),
            Block::Figures(vec![figure("lines", lines())]),
            Block::Figures(vec![figure("stacked", stacked())]),
            Block::Figures(vec![figure("roofline", roofline())]),
        ],
    );
    let plans = section(
        "plans",
        "Charts of trade-offs, plans and risks",
        super::more_charts::all()
            .into_iter()
            .map(|chart| {
                Block::Figures(vec![Figure { height_pt: chart.suggested_height_pt(), ..figure("more", chart) }])
            })
            .collect(),
    );
    let rows = rows(60, &mut values);
    let tables = section("tables", "A table over two pages", vec![Block::Table(table(rows))]);
    let contents = section("contents", "Contents", vec![Block::Contents]);
    document(vec![contents, text, charts, plans, tables], values)
}
