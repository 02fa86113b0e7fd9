//! What the options draw and emit over the horizon, and from which power that is counted.

use crate::content::author::Author;
use crate::content::facts::PowerSource;
use crate::content::findings::facts;
use crate::document::{Block, Column, Inline, Rich, Row, Source, Table};
use crate::rich;
use assay_base::{Evidence, format};
use assay_cost_models::Evaluation;

const KWH_PER_MWH: f64 = 1000.0;
const KG_PER_TONNE: f64 = 1000.0;

/// Energy and emissions of each option; nothing where the study states no grid.
pub(super) fn blocks(author: &mut Author<'_>) -> Vec<Block> {
    let Some(carbon) = &author.input.study.carbon else { return Vec::new() };
    let options: Vec<&Evaluation> = author.found.in_order().collect();
    let rows = options.iter().map(|option| row(author, option)).collect();
    let grams = author.value(
        "carbon.grams_per_kwh",
        Some(carbon.grams_per_kwh),
        |grams| format::without_trailing_zeros(&format::significant(grams, 3)),
        Some(Evidence::Assumed),
    );
    let table = Table {
        anchor: "emissions".to_owned(),
        title: rich!["Energy and emissions over ", author.horizon()],
        columns: vec![
            Column::text("Option"),
            Column::number("Energy (MWh)"),
            Column::number("Emissions (t CO2e)"),
            Column::text("Power counted"),
        ],
        rows,
        source: Source {
            text: rich![
                "location-based, ",
                grams,
                " g CO2e a kWh: ",
                Inline::name(&carbon.grid),
                ", ",
                Inline::name(carbon.as_of.to_string()),
                ", ",
                Inline::name(&carbon.source),
                "."
            ],
            evidence: vec![Evidence::Assumed],
            reproduce: Some(author.command("cost", "--format json")),
        },
    };
    let mut blocks = vec![Block::Table(table)];
    blocks.extend(not_comparable(author, &options).map(Block::Paragraph));
    blocks
}

fn power(author: &Author<'_>, option: &Evaluation) -> PowerSource {
    facts(author.input, &option.id).map_or(PowerSource::Unknown, |facts| facts.power)
}

fn row(author: &mut Author<'_>, option: &Evaluation) -> Row {
    let id = |what: &str| format!("option.{}.{what}", option.id);
    let class = Some(option.evidence);
    let three = |number: f64| format::compact(number);
    let energy = author.value(id("energy_mwh"), option.energy_kwh.map(|kwh| kwh / KWH_PER_MWH), three, class);
    let carbon = author.value(id("carbon_t"), option.carbon_kg.map(|kg| kg / KG_PER_TONNE), three, class);
    let power = power(author, option).label();
    Row::new(vec![Inline::name(&option.name).into(), energy.into(), carbon.into(), power.into()])
}

/// Which options cannot be held against each other, because their power was counted around different things.
fn not_comparable(author: &Author<'_>, options: &[&Evaluation]) -> Option<Rich> {
    let of = |fits: fn(PowerSource) -> bool| {
        let names: Vec<&str> =
            options.iter().filter(|o| fits(power(author, o))).map(|option| option.name.as_str()).collect();
        names.join("; ")
    };
    let unknown = of(|power| power == PowerSource::Unknown);
    let without = of(|power| power != PowerSource::Unknown && !power.has_host());
    let with = of(PowerSource::has_host);
    let mut text = match (unknown.is_empty(), without.is_empty(), with.is_empty()) {
        (false, ..) => {
            rich![Inline::strong("Not to be compared: "), "the power is not known of ", Inline::name(unknown), "."]
        }
        (true, false, false) => rich![Inline::strong("Not to be compared: ")],
        _ => return None,
    };
    if !without.is_empty() && !with.is_empty() {
        text.extend(rich![" Without the host are ", Inline::name(without), "; with it are ", Inline::name(with), "."]);
    }
    text.extend(rich![
        " State ",
        Inline::code("power_watts_per_unit"),
        " at the plug of each option, and the figures can be held against each other."
    ]);
    Some(text)
}
