//! How the numbers were made.

use super::model_cards;
use crate::content::author::Author;
use crate::content::findings::plural;
use crate::document::{Block, Inline, Rich, Section};
use crate::rich;
use assay_base::{Evidence, format};
use assay_study::{StudyOption, ThroughputSource};
use std::collections::BTreeMap;

/// The method of measurements, and where costs are shown, that of projections and costs.
pub(in crate::content) fn section(author: &mut Author<'_>, with_costs: bool) -> Section {
    let mut blocks = vec![
        Block::Heading("Timing".into()),
        Block::Bullets(timing(author)),
        Block::Heading("Statistics".into()),
        Block::Bullets(statistics()),
    ];
    if with_costs && model_cards::has_projection(author) {
        blocks.push(Block::Heading("Projection".into()));
        blocks.push(Block::Paragraph(projection(author)));
    }
    if with_costs {
        blocks.push(Block::Heading("Cost".into()));
        blocks.push(Block::Bullets(cost(author)));
    }
    blocks.push(Block::Heading("Validity".into()));
    blocks.push(Block::Bullets(validity(author)));
    Section {
        kicker: "Method".to_owned(),
        action_title: "Each result is timed until its noise is known and checked before it counts".into(),
        anchor: "method".to_owned(),
        blocks,
    }
}

fn timing(author: &mut Author<'_>) -> Vec<Rich> {
    let rule = author.input.stop_rule;
    let min_time = author.value("stop.min_time", Some(rule.min_time_secs), format::duration, None);
    let max_time = author.value("stop.max_time", Some(rule.max_time_secs), format::duration, None);
    let min_samples = author.count("stop.min_samples", rule.min_samples);
    let bound = author.value("stop.noise", Some(rule.noise_bound), |bound| format::percent(bound, 1), None);
    let mut bullets = vec![rich![
        Inline::strong("Stop rule. "),
        "Timing goes on for at least ",
        min_time,
        " and ",
        min_samples,
        " samples, then until the relative noise is under ",
        bound,
        " or no longer changes. After ",
        max_time,
        " it ends in any case, with fewer samples where the work is slow; which of these ended it is recorded.",
        Inline::footnote("The rule follows the relative standard deviation criterion of NVIDIA's nvbench.")
    ]];
    bullets.extend(stop_reasons(author));
    bullets.push(rich![
        Inline::strong("Isolation. "),
        "Workloads run in a process of their own after a warm-up. Load of other programs, time taken by the hypervisor \
         and other users of the device are recorded with each result."
    ]);
    bullets
}

/// How often each bound ended the timing.
fn stop_reasons(author: &mut Author<'_>) -> Option<Rich> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for timing in author.input.measurements.iter().filter_map(|measurement| measurement.timing.as_ref()) {
        *counts.entry(timing.stop.label()).or_default() += 1;
    }
    if counts.is_empty() {
        return None;
    }
    let mut text = rich![Inline::strong("What ended it. "), "Results by what ended their timing: "];
    for (index, (label, count)) in counts.into_iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        let count = author.count(format!("stop.ended_by.{}", label.replace(' ', "_")), count);
        text.extend(rich![comma, label, " (", count, ")"]);
    }
    text.push(".");
    Some(text)
}

fn statistics() -> Vec<Rich> {
    vec![
        rich![
            Inline::strong("Location. "),
            "The median is reported with a distribution-free confidence interval from order statistics; throughput is \
             taken at the median."
        ],
        rich![
            Inline::strong("Tails. "),
            "Percentiles are empirical. A certified percentile, by the early-stopping rule of MLPerf, is stated only \
             where there are enough samples for it; otherwise it is absent, not guessed."
        ],
        rich![
            Inline::strong("Dependence. "),
            "The effective number of samples is corrected for the correlation of neighbouring samples."
        ],
    ]
}

fn projection(author: &mut Author<'_>) -> Rich {
    let input = author.input;
    let assumed = &input.study.assumptions;
    let percent = |part: f64| format::percent(part, 0);
    let class = Some(Evidence::Assumed);
    // The card of projections from a measurement comes first; its range is the assumed one or wider.
    let used = input.model_cards.first().and_then(|card| card.range_used);
    let [low, high] = used.unwrap_or([assumed.projection_low_factor, assumed.projection_high_factor]);
    let low = author.value("projection.low", Some(low), percent, class);
    let high = author.value("projection.high", Some(high), percent, class);
    let vendor = author.value("projection.vendor_peak", Some(assumed.vendor_peak_fraction), percent, class);
    let asks_compiler = |option: &StudyOption| {
        matches!(option.throughput, ThroughputSource::Projected { published: None, compiler: Some(_), .. })
    };
    let compiler: Rich = match input.study.options.iter().any(asks_compiler) {
        true => " Where an option names a vendor's compiler, what that compiler expects is taken instead, in the same range.".into(),
        false => Rich::default(),
    };
    let mut text = rich![
        "The throughput of hardware that was not measured is projected: the part of the ceiling reached on the \
         measured device is carried over to the ceilings of the other, which are taken as ",
        vendor,
        " of the vendor's figures. The range reaches from ",
        low,
        " to ",
        high,
        " of the projection and never exceeds the roof. A projection is marked as such wherever it or a cost made \
         from it is shown; it is a reason to measure, not a measurement. The card of the method, in the appendix of the dossier, says how far it missed known results."
    ];
    text.extend(compiler);
    text
}

fn cost(author: &mut Author<'_>) -> Vec<Rich> {
    let rate = author.input.assumptions.discount_rate_annual;
    let rate = author.value("discount_rate", Some(rate), |rate| format::percent(rate, 1), Some(Evidence::Assumed));
    vec![
        rich![
            Inline::strong("Time. "),
            "Payments fall at the end of their month, purchases at its beginning; the decision is at time zero. Months \
             are discounted at ",
            rate,
            " a year."
        ],
        rich![
            Inline::strong("Whole units. "),
            "Nobody rents a part of a server: the fleet is rounded up for the peak of each month. Owned and committed \
             units stay once acquired."
        ],
        rich![
            Inline::strong("Ranks. "),
            "Options are ranked by the present value of their cost. An option whose price or throughput is unknown is \
             shown and not ranked; a price that is unknown is never taken from another device."
        ],
    ]
}

/// What the results hold for, and where they end.
fn validity(author: &mut Author<'_>) -> Vec<Rich> {
    let passed = author.found.passed.len();
    let noisy = author.found.noisy.len();
    let mut bullets = vec![rich![
        Inline::strong("What was measured "),
        "holds for the machines, versions and settings named with each run. A new driver, compiler or clock limit \
         calls for a new measurement."
    ]];
    if noisy > 0 {
        let count = author.count("measurements.noisy", noisy);
        let all = author.count("measurements.passed", passed);
        bullets.push(rich![
            Inline::strong("Noise. "),
            count,
            " of ",
            all,
            plural(noisy, " result that passed is noisy", " results that passed are noisy"),
            ": their order may change on a quiet machine."
        ]);
    }
    bullets.push(rich![
        Inline::strong("What was not measured "),
        "is the application around the workload: queues, networks, data loading and other tenants."
    ]);
    bullets
}
