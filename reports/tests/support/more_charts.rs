//! One chart of each of the kinds that show schedules, risks, scores, distributions and trade-offs.

use super::gallery::USD;
use assay_reports::charts::*;

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

pub fn grouped() -> Chart {
    let value = |value: f64, highlight| {
        Some(GroupedValue { value: Some(value), interval: Some([value * 0.94, value * 1.05]), highlight })
    };
    Chart::Grouped(GroupedChart {
        members: names(&["native", "onnxruntime", "cuda"]),
        groups: vec![
            BarGroup { label: "CPU server".to_owned(), values: vec![value(410.0, false), value(640.0, false), None] },
            BarGroup {
                label: "L4".to_owned(),
                values: vec![
                    None,
                    value(2_900.0, false),
                    Some(GroupedValue { value: None, interval: None, highlight: false }),
                ],
            },
            BarGroup { label: "H200".to_owned(), values: vec![None, value(9_300.0, false), value(12_400.0, true)] },
        ],
        quantity: Quantity::Number,
        axis: "Sequences a second at batch 16".to_owned(),
    })
}

/// Samples around a centre with a tail, the same on every machine.
fn samples(center: f64, spread: f64, count: u32) -> Vec<f64> {
    (0..count)
        .map(|index| {
            let part = (f64::from(index) + 0.5) / f64::from(count);
            let body = (part - 0.5) * 2.0 * spread;
            center * (1.0 + body + if part > 0.97 { (part - 0.97) * 30.0 } else { 0.0 })
        })
        .collect()
}

fn latencies() -> Vec<Samples> {
    let of =
        |name: &str, center, spread, count| Samples { name: name.to_owned(), samples: samples(center, spread, count) };
    vec![of("H200 cuda", 0.0042, 0.18, 900), of("L4 onnxruntime", 0.0105, 0.3, 900), of("CPU native", 0.031, 0.4, 300)]
}

pub fn cdf() -> Chart {
    Chart::Cdf(CdfChart {
        series: latencies(),
        quantity: Quantity::Seconds,
        axis: "Latency of a request".to_owned(),
        marker: Some(Marker { x: 0.020, text: "Limit 20 ms".to_owned() }),
    })
}

pub fn violin() -> Chart {
    Chart::Violin(ViolinChart {
        series: latencies(),
        quantity: Quantity::Seconds,
        axis: "Latency of a request".to_owned(),
    })
}

pub fn scatter() -> Chart {
    let point = |label: &str, x, y, highlight| ScatterPoint {
        label: label.to_owned(),
        x,
        y,
        x_interval: Some([x * 0.9, x * 1.12]),
        y_interval: None,
        highlight,
    };
    Chart::Scatter(ScatterChart {
        points: vec![
            point("CPU server, keep", 4.1, 0.031, false),
            point("L4 rented", 1.35, 0.0105, false),
            point("H200 rented", 0.92, 0.0042, true),
            point("H200 bought", 0.71, 0.0044, false),
            point("Inferentia2 rented", 0.83, 0.0088, false),
            point("A10 rented", 2.2, 0.0125, false),
            point("B200 rented", 1.4, 0.0031, false),
        ],
        x: USD,
        x_axis: "Cost of a million sequences (USD)".to_owned(),
        x_better: Better::Low,
        y: Quantity::Seconds,
        y_axis: "99th percentile of the latency".to_owned(),
        y_better: Better::Low,
    })
}

pub fn break_even() -> Chart {
    let stairs = |base: f64, step: f64, capacity: f64| {
        let mut points = vec![[0.0, base]];
        for index in 1..=12 {
            let volume = f64::from(index) * capacity;
            if volume >= 60e6 {
                break;
            }
            points.push([volume, base + step * f64::from(index - 1)]);
            points.push([volume, base + step * f64::from(index)]);
        }
        let last = points.last().map_or(base, |point| point[1]);
        points.push([60e6, last]);
        points
    };
    let curve = |name: &str, points| CostCurve { name: name.to_owned(), points };
    Chart::BreakEven(BreakEvenChart {
        options: vec![
            curve("H200 reserved", stairs(19_500.0, 19_500.0, 40e6)),
            curve("L4 on demand", stairs(900.0, 4_200.0, 8e6)),
            curve("API, per token", vec![[0.0, 0.0], [60e6, 66_000.0]]),
        ],
        volume: Quantity::Number,
        volume_axis: "Sequences a month".to_owned(),
        cost: USD,
        cost_axis: "Cost a month (USD)".to_owned(),
    })
}

pub fn gantt() -> Chart {
    let task = |label: &str, owner: &str, start: f64, end: f64, after: &[usize], critical| GanttRow {
        label: label.to_owned(),
        owner: owner.to_owned(),
        span: GanttSpan::Task { start_weeks: start, end_weeks: end },
        after: after.to_vec(),
        critical,
    };
    let gate = |label: &str, at, after: &[usize]| GanttRow {
        label: label.to_owned(),
        owner: "Board".to_owned(),
        span: GanttSpan::Milestone { at_weeks: at },
        after: after.to_vec(),
        critical: true,
    };
    let wave = |name: &str, start, end| GanttWave { name: name.to_owned(), start_weeks: start, end_weeks: end };
    Chart::Gantt(GanttChart {
        rows: vec![
            task("Order and rack two nodes", "Platform", 0.0, 5.0, &[], true),
            task("Port the scoring model", "ML", 0.0, 4.0, &[], false),
            task("Numerical equivalence suite", "ML", 4.0, 6.0, &[1], false),
            gate("Gate 1: pilot release", 6.0, &[0, 2]),
            task("Shadow traffic, 10 % to 100 %", "Platform", 6.0, 10.0, &[3], true),
            task("Rollback drill", "Operations", 8.0, 9.5, &[], false),
            gate("Gate 2: scale", 10.5, &[4, 5]),
            task("Canary at 5 %", "Platform", 10.5, 12.0, &[6], true),
            task("Ramp to all traffic", "Platform", 12.0, 14.0, &[7], true),
            task("Decommission CPU nodes", "Operations", 14.0, 16.0, &[8], true),
        ],
        waves: vec![wave("Prepare", 0.0, 6.0), wave("Pilot", 6.0, 10.5), wave("Scale", 10.5, 16.0)],
        start: Some(jiff::civil::date(2027, 1, 11)),
        marker: Some(Marker { x: 13.0, text: "Contract ends".to_owned() }),
    })
}

pub fn risks() -> Chart {
    let risk = |id: &str, label: &str, likelihood, impact| Risk {
        id: id.to_owned(),
        label: label.to_owned(),
        likelihood,
        impact,
    };
    Chart::Risks(RiskMatrix {
        likelihoods: ["Rare", "Unlikely", "Possible", "Likely", "Almost certain"].map(str::to_owned),
        impacts: ["Negligible", "Minor", "Moderate", "Major", "Severe"].map(str::to_owned),
        risks: vec![
            risk("R1", "Delivery of the nodes slips by a quarter", 3, 4),
            risk("R2", "Accuracy falls below the gate after quantisation", 2, 5),
            risk("R3", "Demand stays under the low scenario", 3, 3),
            risk("R4", "Driver upgrade breaks the pinned toolchain", 4, 2),
            risk("R5", "Energy price doubles", 2, 2),
            risk("R6", "Key engineer leaves during the pilot", 3, 3),
            risk("R7", "Vendor ends the product line early", 1, 4),
        ],
    })
}

pub fn heat() -> Chart {
    Chart::Heat(HeatMap {
        columns: names(&["Batch 1", "Batch 4", "Batch 16", "Batch 64", "Batch 256"]),
        rows: names(&["CPU native", "CPU onnxruntime", "L4 onnxruntime", "H200 cuda"]),
        cells: vec![
            vec![Some(12.0), Some(31.0), Some(58.0), Some(64.0), None],
            vec![Some(18.0), Some(47.0), Some(92.0), Some(97.0), Some(95.0)],
            vec![Some(140.0), Some(510.0), Some(1_450.0), Some(2_900.0), Some(3_050.0)],
            vec![Some(210.0), Some(830.0), Some(3_200.0), Some(9_300.0), Some(12_400.0)],
        ],
        quantity: Quantity::Number,
        title: "Sequences a second".to_owned(),
    })
}

pub fn radar() -> Chart {
    let series = |name: &str, scores: [f64; 6], highlight| RadarSeries {
        name: name.to_owned(),
        scores: scores.map(Some).to_vec(),
        highlight,
    };
    let mut unknown = series("TPU v6e", [4.0, 3.5, 3.0, 2.0, 2.0, 2.5], false);
    unknown.scores[4] = None;
    Chart::Radar(RadarChart {
        criteria: names(&["Performance", "Cost", "Energy", "Portability", "Supply", "Maturity"]),
        greatest: 5.0,
        series: vec![
            series("CPU server", [1.0, 1.5, 1.5, 5.0, 5.0, 5.0], false),
            series("H200", [5.0, 4.0, 3.5, 4.0, 2.5, 4.5], true),
            series("L4", [2.5, 3.0, 4.0, 4.0, 4.0, 4.5], false),
            series("Inferentia2", [3.5, 4.5, 4.5, 2.0, 3.5, 3.0], false),
            unknown,
            series("MI300X", [4.5, 4.0, 3.0, 3.0, 3.0, 3.0], false),
        ],
        title: "Score, 0 to 5; dashed: CPU server".to_owned(),
    })
}

pub fn all() -> Vec<Chart> {
    vec![grouped(), cdf(), violin(), scatter(), break_even(), gantt(), risks(), heat(), radar()]
}
