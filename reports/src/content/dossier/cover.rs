//! The cover.

use crate::content::answer::{confidence, statement, verdict};
use crate::content::author::Author;
use crate::content::{day, day_text};
use crate::document::{Cover, Fact, Inline};
use crate::rich;

pub(super) fn cover(author: &mut Author<'_>) -> Cover {
    let input = author.input;
    let mut statement = statement(author);
    if author.found.best.is_some() {
        statement.push(" ");
        statement.extend(confidence(author));
    }
    let passed = author.found.passed.len();
    let passed = author.count("measurements.passed", passed);
    let total = author.count("measurements.total", input.measurements.len());
    let mut facts = vec![Fact::new("Prepared", Inline::name(day(input)))];
    if let Some(name) = &input.study.author {
        facts.push(Fact::new("Prepared by", Inline::name(name)));
    }
    facts.push(Fact::new("Prepared with", Inline::name(&input.prepared_with)));
    facts.push(Fact::new("Prices of", Inline::name(day_text(input, input.pricing_date))));
    facts.push(Fact::new("Measurements", rich![passed, " of ", total, " passed"]));
    facts.push(Fact::new("Evidence hash", Inline::code(&input.evidence_hash)));
    Cover {
        kicker: "Accelerator feasibility dossier".to_owned(),
        subtitle: input.study.question.clone(),
        verdict: verdict(author).to_owned(),
        tone: input.answer.confidence.tone(),
        statement,
        facts,
    }
}
