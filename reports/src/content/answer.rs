//! The answer in words.

use super::author::{Author, in_months};
use super::findings::total;
use super::input::{Confidence, WouldChange};
use crate::document::{Inline, Rich, Tone};
use crate::rich;
use assay_base::{Evidence, format};
use assay_cost_models::Evaluation;

impl Confidence {
    /// One or two words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Firm => "firm",
            Self::Likely => "likely",
            Self::Open | Self::Unbounded => "open",
            Self::None => "no answer yet",
        }
    }

    /// One sentence on what the label means.
    pub fn description(self) -> &'static str {
        match self {
            Self::Firm => "The cost ranges do not overlap, and the throughputs compared were measured or published.",
            Self::Likely => "The cost ranges do not overlap, but a throughput is projected or assumed.",
            Self::Open => "The cost ranges overlap: the order can change within what is known.",
            Self::Unbounded => {
                "How far a throughput can be off is not known: it is stated without a range, or was measured while other \
                 programs used the machine."
            }
            Self::None => "Too little is known to compare the options.",
        }
    }

    pub(crate) fn tone(self) -> Tone {
        match self {
            Self::Firm => Tone::Positive,
            Self::Likely => Tone::Info,
            Self::Open | Self::Unbounded => Tone::Caution,
            Self::None => Tone::Neutral,
        }
    }
}

/// The verdict in a few words.
pub(crate) fn verdict(author: &Author<'_>) -> &'static str {
    match (author.found.best, author.input.answer.confidence) {
        (None, _) => "No answer yet",
        (Some(best), Confidence::Firm) => {
            if best.is_baseline {
                "Stay"
            } else {
                "Move"
            }
        }
        (Some(best), Confidence::Likely) => {
            if best.is_baseline {
                "Likely stay"
            } else {
                "Likely move"
            }
        }
        (Some(best), _) => {
            if best.is_baseline {
                "Stay for now"
            } else {
                "Open: measure before moving"
            }
        }
    }
}

/// The title of the decision: what to do, and what it is worth.
pub(crate) fn headline(author: &mut Author<'_>) -> Rich {
    let Some(best) = author.found.best else {
        return rich!["There is no answer yet: ", no_answer_reason(author)];
    };
    let name = Inline::name(&best.name);
    let Some(saving) = author.found.saving() else {
        return rich![name, " costs ", author.total(best), " over ", author.horizon()];
    };
    let (rival, horizon) = (rival_name(author), author.horizon());
    let saving = author.amount(best, "saving", Some(saving.abs()));
    let mut title = if best.is_baseline {
        rich!["Stay with ", name, ": ", rival, " would cost ", saving, " more over ", horizon]
    } else if author.found.saving().is_some_and(|saving| saving >= 0.0) {
        rich!["Move to ", name, ": it costs ", saving, " less than ", rival, " over ", horizon]
    } else {
        // The present value decides, since what is paid later weighs less.
        rich!["Move to ", name, ": dearer by ", saving, " than ", rival, " in sum, cheaper in present value"]
    };
    title.push(match author.input.answer.confidence {
        Confidence::Firm | Confidence::None => "",
        Confidence::Likely => ", if the projection holds",
        Confidence::Open => ", but the cost ranges overlap",
        Confidence::Unbounded => ", if its throughput is what the study takes it for",
    });
    title
}

fn rival_name(author: &Author<'_>) -> Inline {
    author.found.rival().map_or(Inline::from("the alternative"), |rival| Inline::name(&rival.name))
}

pub(crate) fn no_answer_reason(author: &Author<'_>) -> &'static str {
    if author.found.ranked.is_empty() {
        "no option has both a price and a throughput"
    } else if author.found.baseline.is_none_or(|baseline| baseline.tco.is_none()) {
        "the baseline has no price or no throughput"
    } else {
        "only one option has both a price and a throughput"
    }
}

/// The answer in two or three sentences.
pub(crate) fn statement(author: &mut Author<'_>) -> Rich {
    let Some(best) = author.found.best else {
        return rich![
            "Too little is known to compare the options: ",
            no_answer_reason(author),
            ". The list of what is missing names the next steps."
        ];
    };
    let (total_cost, horizon) = (author.total(best), author.horizon());
    let mut text =
        rich![Inline::strong(Inline::name(&best.name)), " costs ", Inline::strong(total_cost), " over ", horizon];
    if let (Some(rival), Some(saving)) = (author.found.rival(), author.found.saving()) {
        let share = total(rival).filter(|total| *total > 0.0).map(|total| saving.abs() / total);
        let difference = author.amount(best, "saving", Some(saving.abs()));
        let share = author.share(format!("option.{}.saving_share", best.id), share, cost(best));
        let word = if saving >= 0.0 { " less than " } else { " more than " };
        text.extend(rich![", ", difference, " (", share, ")", word, Inline::name(&rival.name)]);
    }
    text.push(".");
    if !best.is_baseline {
        text.extend(payback(author, best));
    }
    text
}

fn payback(author: &mut Author<'_>, best: &Evaluation) -> Rich {
    let Some(benefit) = &best.benefit else {
        return rich![" Its payback cannot be stated, because the baseline's cost is not known."];
    };
    match benefit.payback_months {
        Some(months) if months > 0.0 => {
            let id = format!("option.{}.payback", best.id);
            rich![" It pays back in ", author.value(id, Some(months), in_months, Some(cost(best))), "."]
        }
        Some(_) => rich![" It needs no outlay beyond the baseline's."],
        None => rich![" It does not pay back within the horizon."],
    }
}

fn cost(of: &Evaluation) -> Evidence {
    super::author::cost_evidence(of)
}

/// What would change the answer.
pub(crate) fn would_change(author: &mut Author<'_>) -> Vec<Rich> {
    let Some(best) = author.found.best else { return Vec::new() };
    let found = author.input.answer.would_change.clone();
    found.iter().map(|change| change_text(author, best, change)).collect()
}

fn change_text(author: &mut Author<'_>, best: &Evaluation, change: &WouldChange) -> Rich {
    let name = |author: &Author<'_>, id: &str| {
        Inline::name(author.input.evaluations.iter().find(|found| found.id == id).map_or(id, |found| &found.name))
    };
    match change {
        WouldChange::Cost { rival, ratio } => rich![
            Inline::strong("Cost. "),
            Inline::name(&best.name),
            " stops being ahead of ",
            name(author, rival),
            " when its total cost is ",
            Inline::strong(margin(author, best, *ratio)),
            " the estimate."
        ],
        WouldChange::Throughput { rival, share, still_cheaper } => {
            let class = best.throughput.map_or(Evidence::Assumed, |throughput| throughput.evidence);
            let part = author.share(format!("option.{}.throughput_low_share", best.id), Some(*share), class);
            let verdict = match still_cheaper {
                true => ", it is still cheaper than ",
                false => ", it is no longer surely cheaper than ",
            };
            rich![
                Inline::strong("Throughput. "),
                "At the low end of its range, ",
                part,
                " of the estimate",
                verdict,
                name(author, rival),
                "."
            ]
        }
        WouldChange::Order { other } => rich![
            Inline::strong("Order. "),
            name(author, other),
            " could be cheaper: its cost range overlaps with that of ",
            Inline::name(&best.name),
            "."
        ],
    }
}

/// How far a cost may rise: a share when it is near, else a multiple.
fn margin(author: &mut Author<'_>, best: &Evaluation, ratio: f64) -> Rich {
    let class = Some(cost(best));
    if ratio < 2.0 {
        let id = format!("option.{}.margin", best.id);
        rich![author.value(id, Some(ratio - 1.0), |share| format::percent(share, 0), class), " above"]
    } else {
        let id = format!("option.{}.margin_ratio", best.id);
        rich![author.value(id, Some(ratio), |ratio| format::significant(ratio, 3), class), " times"]
    }
}
