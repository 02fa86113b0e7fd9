//! How far projections can be believed: each method's card with its back-tested error.

use crate::content::author::Author;
use crate::content::facts::ModelCard;
use crate::document::{Block, Fact, Facts, Inline, Rich, Source};
use crate::rich;
use assay_base::{Evidence, format};

/// The cards, where a projection is used; without one, that there is none.
pub(in crate::content) fn blocks(author: &mut Author<'_>) -> Vec<Block> {
    if !has_projection(author) {
        return Vec::new();
    }
    let cards = author.input.model_cards.clone();
    if cards.is_empty() {
        return vec![Block::Paragraph(rich![
            Inline::strong("No back-test. "),
            "The projection was not tested on results that are known, so its error is not stated; measure before \
             signing."
        ])];
    }
    cards.iter().enumerate().map(|(index, card)| Block::Facts(facts(author, index, card))).collect()
}

/// How far projections missed what is known, in a sentence; `None` without a projection or a tested method.
pub(in crate::content) fn sentence(author: &mut Author<'_>) -> Option<Rich> {
    if !has_projection(author) {
        return None;
    }
    let card = author.input.model_cards.first()?;
    let (median, p90, limit) = (card.median_error?, card.p90_error?, card.limits.first());
    let limit = limit.map_or(Rich::default(), |limit| rich![" ", Inline::name(limit), "."]);
    let class = Some(Evidence::Published);
    let percent = |part: f64| format::percent(part, 0);
    let median = author.value("model_card.0.median_error", Some(median), percent, class);
    let p90 = author.value("model_card.0.p90_error", Some(p90), percent, class);
    let mut sentence = rich![
        "Projections like these missed known results by ",
        median,
        " at the median, nine of ten by at most ",
        p90,
        "."
    ];
    sentence.extend(limit);
    Some(sentence)
}

/// Whether any throughput is projected.
pub(in crate::content) fn has_projection(author: &Author<'_>) -> bool {
    let throughputs = author.input.options.iter().filter_map(|option| option.throughput.as_ref().ok());
    throughputs.into_iter().any(|known| known.per_accelerator.evidence == Evidence::Projected)
}

fn facts(author: &mut Author<'_>, index: usize, card: &ModelCard) -> Facts {
    let id = |what: &str| format!("model_card.{index}.{what}");
    // An error is counted over published results.
    let class = Some(Evidence::Published);
    let percent = |part: f64| format::percent(part, 0);
    let range = match card.range_used {
        Some([low, high]) => {
            let low = author.value(id("range_low"), Some(low), percent, Some(Evidence::Assumed));
            let high = author.value(id("range_high"), Some(high), percent, Some(Evidence::Assumed));
            rich![low, " to ", high, " of the projection"]
        }
        None => rich!["not stated"],
    };
    let mut rows = vec![Fact::new("Tested on", Inline::name(&card.fitted_on))];
    if card.n > 0 {
        let median = author.value(id("median_error"), card.median_error, percent, class);
        let p90 = author.value(id("p90_error"), card.p90_error, percent, class);
        let n = author.count(id("n"), card.n);
        let mut tested = rich![n, " predictions"];
        if card.not_predicted > 0 {
            tested.extend(rich![
                ", ",
                author.count(id("not_predicted"), card.not_predicted),
                " results could not be predicted"
            ]);
        }
        rows.extend([
            Fact::new("Predictions", tested),
            Fact::new("Median error", median),
            Fact::new("Nine of ten within", p90),
        ]);
    }
    rows.push(Fact::new("Range used here", range));
    rows.extend(card.limits.iter().map(|limit| Fact::new("Limit", Inline::name(limit))));
    let title: Rich = rich!["Model card: ", Inline::name(&card.method)];
    let (text, evidence) = match card.n {
        0 => (rich!["a method that was not tested; measure before signing."], Evidence::Projected),
        _ => {
            (rich!["each known result left out in turn, predicted from the others, and compared."], Evidence::Published)
        }
    };
    let source = Source { text, evidence: vec![evidence], reproduce: None };
    Facts { anchor: format!("model-card-{index}"), title, rows, source }
}
