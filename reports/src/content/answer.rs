//! The answer in words: in documents, and wherever else it is shown.

use super::author::{Author, Numbers, in_months};
use super::findings::{Findings, is_nothing, plural, total};
use super::input::{AnswerFacts, Confidence, WouldChange};
use crate::Language;
use crate::document::{Inline, Rich, Tone};
use crate::rich;
use assay_base::{Evidence, format};
use assay_cost_models::{Assumptions, Evaluation};

/// Options without a rank that are named; more are counted.
const NAMED: usize = 3;

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
                "Stay, likely"
            } else {
                "Move, likely"
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

/// The answer in plain words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerInWords {
    /// The answer in a few sentences.
    pub sentence: String,
    /// What the confidence rests on.
    pub confidence: String,
    /// What would change it, a sentence each.
    pub would_change: Vec<String>,
}

/// The sentences of documents as plain text, for those who show the answer elsewhere.
pub fn answer_in_words(evaluations: &[Evaluation], assumptions: &Assumptions, answer: &AnswerFacts) -> AnswerInWords {
    let mut numbers = Numbers::new(assumptions);
    let found = Findings::of_options(evaluations, answer, &[]);
    let mut teller = Teller { numbers: &mut numbers, found: &found, evaluations, answer };
    let (sentence, confidence, changes) = (teller.statement(), teller.confidence(), teller.would_change());
    let plain = |text: &Rich| text.plain(&numbers.values, Language::English);
    AnswerInWords {
        sentence: plain(&sentence),
        confidence: plain(&confidence),
        would_change: changes.iter().map(plain).collect(),
    }
}

/// The title of the decision: what to do, and what it is worth.
pub(crate) fn headline(author: &mut Author<'_>) -> Rich {
    Teller::of(author).headline()
}

/// The answer in one or two sentences.
pub(crate) fn statement(author: &mut Author<'_>) -> Rich {
    Teller::of(author).statement()
}

/// What the confidence rests on, with the options it is about.
pub(crate) fn confidence(author: &mut Author<'_>) -> Rich {
    Teller::of(author).confidence()
}

/// What would change the answer.
pub(crate) fn would_change(author: &mut Author<'_>) -> Vec<Rich> {
    Teller::of(author).would_change()
}

/// Why there is no answer.
pub(crate) fn no_answer_reason(found: &Findings<'_>) -> &'static str {
    if found.ranked.is_empty() {
        "no option has both a price and a throughput"
    } else if found.baseline.is_none_or(|baseline| baseline.tco.is_none()) {
        "the baseline has no price or no throughput"
    } else {
        "only one option has both a price and a throughput"
    }
}

/// What the sentences are made from.
struct Teller<'t, 'a> {
    numbers: &'t mut Numbers<'a>,
    found: &'t Findings<'a>,
    evaluations: &'a [Evaluation],
    answer: &'a AnswerFacts,
}

impl<'t, 'a> Teller<'t, 'a> {
    fn of(author: &'t mut Author<'a>) -> Self {
        Self {
            numbers: &mut author.numbers,
            found: &author.found,
            evaluations: &author.input.evaluations,
            answer: &author.input.answer,
        }
    }

    fn headline(&mut self) -> Rich {
        let Some(best) = self.found.best else {
            return rich!["There is no answer yet: ", no_answer_reason(self.found)];
        };
        let name = Inline::name(&best.name);
        let horizon = self.numbers.taxed_horizon();
        let Some(saving) = self.found.saving() else {
            return rich![name, " costs ", self.numbers.total(best), " over ", horizon];
        };
        let is_saved = saving >= 0.0;
        let is_level = is_nothing(saving, best);
        let saving = self.numbers.amount(best, "saving", Some(saving.abs()));
        let mut title = match (best.is_baseline, is_saved) {
            (true, _) if is_level => rich!["Stay with ", name, ": the next best costs as much over ", horizon],
            (false, _) if is_level => rich!["Move to ", name, ": it costs as much over ", horizon],
            (true, true) => rich!["Stay with ", name, ": the next best costs ", saving, " more over ", horizon],
            (false, true) => rich!["Move to ", name, ": it saves ", saving, " over ", horizon],
            // The present value decides, since what is paid later weighs less.
            (true, false) => rich!["Stay with ", name, ": dearer by ", saving, " in sum, cheaper in present value"],
            (false, false) => rich!["Move to ", name, ": dearer by ", saving, " in sum, cheaper in present value"],
        };
        match self.answer.confidence {
            Confidence::Firm | Confidence::None => {}
            Confidence::Likely => title.push(", if the projection holds"),
            Confidence::Open => title.push(", but the cost ranges overlap"),
            Confidence::Unbounded => title.push(", if its throughput is what the study takes it for"),
        }
        if self.answer.on_spot {
            title.push(". All of it is on spot capacity, which can be withdrawn");
        }
        if self.answer.latency_unknown {
            title.push(". Its latency is not known yet");
        }
        title
    }

    fn confidence(&self) -> Rich {
        let rival = || self.found.rival().map_or(Inline::name("the next best"), |rival| Inline::name(&rival.name));
        let mut text = match self.answer.confidence {
            Confidence::Firm => rich![
                "Its cost range does not overlap with that of ",
                rival(),
                ", and the throughputs compared were measured or published."
            ],
            Confidence::Likely => rich![
                "Its cost range does not overlap with that of ",
                rival(),
                ", but a throughput is projected or assumed."
            ],
            Confidence::Open => rich![
                "Its cost range overlaps with that of ",
                rival(),
                ": the order of the two can change within what is known."
            ],
            Confidence::Unbounded => rich![
                "How far a throughput can be off is not known: it is stated without a range, or was measured while other \
                 programs used the machine."
            ],
            Confidence::None => rich!["Too little is known to compare the options."],
        };
        let others: Vec<&str> = self
            .answer
            .would_change
            .iter()
            .filter_map(|change| match change {
                WouldChange::Order { other } => Some(self.name_of(other)),
                _ => None,
            })
            .collect();
        if matches!(self.answer.confidence, Confidence::Firm | Confidence::Likely) && !others.is_empty() {
            let others = Inline::name(others.join("; "));
            text.extend(rich![" It does overlap with ", others, ": which of these is cheaper is open."]);
        }
        text
    }

    fn statement(&mut self) -> Rich {
        let Some(best) = self.found.best else {
            let mut text = rich!["There is no answer yet: ", no_answer_reason(self.found), "."];
            text.extend(self.not_compared());
            return text;
        };
        let verb = if best.is_baseline { "Stay with " } else { "Move to " };
        let (total_cost, horizon) = (self.numbers.total(best), self.numbers.taxed_horizon());
        let name = Inline::strong(Inline::name(&best.name));
        let mut text = rich![verb, name, ": it costs ", Inline::strong(total_cost), " over ", horizon];
        if let (Some(rival), Some(saving)) = (self.found.rival(), self.found.saving()) {
            text.extend(self.difference(best, rival, saving));
        }
        text.push(".");
        if !best.is_baseline {
            text.extend(self.payback(best));
        }
        if self.answer.on_spot {
            text.push(" All of it runs on spot capacity, which can be withdrawn at any time.");
        }
        if self.answer.latency_unknown {
            text.push(" Whether it keeps the latency limit is not known.");
        }
        text.extend(self.not_compared());
        text
    }

    /// How many options took no part in the comparison, with their names where they are few.
    fn not_compared(&mut self) -> Rich {
        let names: Vec<&str> = self.found.unranked.iter().map(|option| option.name.as_str()).collect();
        if names.is_empty() {
            return Rich::new();
        }
        let (count, all) = (names.len(), self.evaluations.len());
        let (left, all_count) =
            (self.numbers.count("options.unranked", count), self.numbers.count("options.total", all));
        let options = plural(all, " option", " options");
        match count <= NAMED {
            true => {
                rich![" Not compared: ", left, " of ", all_count, options, " (", Inline::name(names.join("; ")), ")."]
            }
            false => rich![" Not compared: ", left, " of ", all_count, options, "."],
        }
    }

    /// What the option costs less than its rival. The present value decides, since what is paid later weighs less:
    /// where the sums say the opposite, it is told.
    fn difference(&mut self, best: &Evaluation, rival: &Evaluation, saving: f64) -> Rich {
        let name = Inline::name(&rival.name);
        let present = |of: &Evaluation| of.tco.as_ref().map(|tco| tco.present_value.amount);
        let in_present_value = present(rival).zip(present(best)).map(|(rival, best)| rival - best);
        let difference = self.numbers.amount(best, "saving", Some(saving.abs()));
        let present = self.numbers.amount(best, "saving_present", in_present_value);
        match (best.is_baseline, saving >= 0.0) {
            (true, _) if is_nothing(saving, best) => rich!["; the next best, ", name, ", costs as much"],
            (false, _) if is_nothing(saving, best) => rich![", as much as ", name],
            (true, true) => rich!["; the next best, ", name, ", costs ", difference, " more"],
            (true, false) => {
                let words = " less in total, but ";
                rich!["; the next best, ", name, ", costs ", difference, words, present, " more in present value"]
            }
            (false, true) => {
                let share = total(rival).filter(|total| *total > 0.0).map(|total| saving / total);
                let id = format!("option.{}.saving_share", best.id);
                let share = self.numbers.share(id, share, best.evidence);
                rich![", ", difference, " (", share, ") less than ", name]
            }
            (false, false) => {
                rich![", ", difference, " more than ", name, " in total, but ", present, " less in present value"]
            }
        }
    }

    fn payback(&mut self, best: &Evaluation) -> Rich {
        let Some(benefit) = &best.benefit else {
            return rich![" Its payback cannot be stated, because the baseline's cost is not known."];
        };
        match benefit.payback_months {
            Some(months) if months > 0.0 => {
                let id = format!("option.{}.payback", best.id);
                let months = self.numbers.value(id, Some(months), in_months, Some(best.evidence));
                rich![" It pays back in ", months, "."]
            }
            Some(_) => rich![" It needs no outlay beyond the baseline's."],
            None => rich![" It does not pay back within the horizon."],
        }
    }

    fn would_change(&mut self) -> Vec<Rich> {
        let Some(best) = self.found.best else { return Vec::new() };
        // What rounds to the whole estimate is no margin.
        let is_told =
            |change: &&WouldChange| !matches!(change, WouldChange::Throughput { share, .. } if *share > 0.995);
        self.answer.would_change.iter().filter(is_told).map(|change| self.change(best, change)).collect()
    }

    fn name_of<'n>(&'n self, id: &'n str) -> &'n str {
        self.evaluations.iter().find(|found| found.id == id).map_or(id, |found| &found.name)
    }

    fn name(&self, id: &str) -> Inline {
        Inline::name(self.name_of(id))
    }

    fn change(&mut self, best: &Evaluation, change: &WouldChange) -> Rich {
        match change {
            WouldChange::Cost { rival, ratio } => rich![
                Inline::strong("Cost. "),
                Inline::name(&best.name),
                " stops being ahead of ",
                self.name(rival),
                " when its total cost is ",
                Inline::strong(self.margin(best, *ratio)),
                " the estimate."
            ],
            WouldChange::Throughput { rival, share, still_cheaper } => {
                let class = best.throughput.map_or(Evidence::Assumed, |throughput| throughput.evidence);
                let id = format!("option.{}.throughput_low_share", best.id);
                let part = self.numbers.share(id, Some(*share), class);
                let verdict = match still_cheaper {
                    true => " of the estimate, it is still cheaper than ",
                    false => " of the estimate, it is no longer surely cheaper than ",
                };
                rich![
                    Inline::strong("Throughput. "),
                    "At the low end of its range, ",
                    part,
                    verdict,
                    self.name(rival),
                    "."
                ]
            }
            WouldChange::Order { other } => rich![
                Inline::strong("Order. "),
                self.name(other),
                " could be cheaper: its cost range overlaps with that of ",
                Inline::name(&best.name),
                "."
            ],
        }
    }

    /// How far a cost may rise: a share when it is near, else a multiple.
    fn margin(&mut self, best: &Evaluation, ratio: f64) -> Rich {
        let class = Some(best.evidence);
        if ratio < 2.0 {
            let id = format!("option.{}.margin", best.id);
            rich![self.numbers.value(id, Some(ratio - 1.0), |share| format::percent(share, 0), class), " above"]
        } else {
            let id = format!("option.{}.margin_ratio", best.id);
            rich![self.numbers.value(id, Some(ratio), |ratio| format::significant(ratio, 2), class), " times"]
        }
    }
}
