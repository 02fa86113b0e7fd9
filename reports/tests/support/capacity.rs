//! A capacity plan invented for tests.

use assay_base::{Currency, Evidence};
use assay_cost_models::capacity::MarginalRule;
use assay_reports::content::capacity::{
    CapacityPlan, ContractTerms, CostLine, CostLineKind, DemandForecast, DemandQuarter, Fact, Mix, OptionPlan, Order,
    Ownership, PlannedQuarter, QuarterSpan, ScenarioPlan, Shortfall, ShortfallKind, Signing,
};
use assay_study::Quarter;
use jiff::civil::{Date, date};

const QUARTERS: usize = 8;

fn first_day(index: usize) -> Date {
    date(2027 + (index / 4) as i16, 1 + 3 * (index % 4) as i8, 1)
}

fn quarter(index: usize) -> Quarter {
    Quarter::of(first_day(index))
}

fn peak(index: usize, factor: f64) -> f64 {
    4000.0 * factor * 1.1f64.powi(index as i32)
}

fn forecast(id: &str, factor: f64, weight: f64) -> DemandForecast {
    DemandForecast {
        id: id.to_owned(),
        name: format!("{id} demand"),
        model: "compound growth".to_owned(),
        source: "stated in the study".to_owned(),
        evidence: Evidence::Assumed,
        peak_to_average: 2.0,
        weight: Some(weight),
        monthly_items: (0..3 * QUARTERS).map(|month| 5e9 * factor * 1.03f64.powi(month as i32)).collect(),
        quarters: (0..QUARTERS)
            .map(|index| DemandQuarter {
                items: 15e9 * factor,
                busiest_month_items: 5e9 * factor,
                peak_per_sec: peak(index, factor),
            })
            .collect(),
    }
}

fn planned(index: usize, factor: f64, short: bool) -> PlannedQuarter {
    let needed = 2 + index as u64;
    let missing = u64::from(short && index == 3);
    PlannedQuarter {
        quarter: quarter(index),
        peak_per_sec: peak(index, factor),
        units_for_load: needed,
        units_for_latency: Some(needed),
        spares: 1,
        needed,
        needed_low: needed - 1,
        needed_high: needed + 1,
        at_start: needed - 1,
        arriving: 0,
        retiring: 0,
        to_order: 1 - missing,
        in_service: needed - missing,
        missing,
        peak_utilisation: Some(0.55),
        mean_utilisation: Some(0.3),
        power_watts: Some(1300.0 * needed as f64),
        rack_units: Some(4.0),
        lines: vec![
            CostLine { kind: CostLineKind::Committed("reserved 1y".to_owned()), amount: 9000.0 * needed as f64 },
            CostLine { kind: CostLineKind::OnDemand, amount: 2500.0 },
        ],
        cost: Some(9000.0 * needed as f64 + 2500.0),
        cash: Some(9400.0 * needed as f64),
    }
}

fn scenario(demand: &str, factor: f64, short: bool) -> ScenarioPlan {
    let quarters: Vec<PlannedQuarter> = (0..QUARTERS).map(|index| planned(index, factor, short)).collect();
    ScenarioPlan {
        demand: demand.to_owned(),
        cost: Some(quarters.iter().filter_map(|quarter| quarter.cost).sum()),
        cash: Some(quarters.iter().filter_map(|quarter| quarter.cash).sum()),
        quarters,
        orders: vec![Order {
            quarter: quarter(2),
            units: 2,
            replacing: 1,
            order_by: Some(date(2027, 3, 1)),
            price: Some(70_000.0),
        }],
        mix: Some(Mix {
            contracts: vec![ContractTerms {
                name: "reserved 1y".to_owned(),
                term_months: 12,
                rate_per_hour: 0.5,
                source: "quote".to_owned(),
                evidence: Evidence::Published,
            }],
            rent_per_hour: Some(0.8),
            spot_per_hour: None,
            spot_max_share: 0.0,
            months: Vec::new(),
            quarters: Vec::new(),
            rules: vec![MarginalRule {
                contract: "reserved 1y".to_owned(),
                break_even_duty: Some(0.62),
                least_used_committed: Some(0.71),
                most_used_rented: Some(0.4),
            }],
            signings: vec![Signing { on: date(2027, 1, 1), contract: "reserved 1y".to_owned(), units: 2 }],
            total: 310_000.0,
            all_rented: Some(390_000.0),
            after_horizon: 0.0,
        }),
        shortfalls: if short {
            vec![Shortfall { quarter: quarter(3), kind: ShortfallKind::Units, text: "one unit is missing".to_owned() }]
        } else {
            Vec::new()
        },
    }
}

fn option(id: &str, name: &str, short: bool) -> OptionPlan {
    OptionPlan {
        id: id.to_owned(),
        name: name.to_owned(),
        ownership: Ownership::Rented,
        unknown: None,
        inputs: vec![Fact {
            key: "throughput_per_unit".to_owned(),
            label: "Throughput of a unit".to_owned(),
            value: Some(2400.0),
            text: "2,400 sequences/s".to_owned(),
            evidence: Evidence::Projected,
            source: "projected".to_owned(),
        }],
        fleet_evidence: Evidence::Projected,
        cost_evidence: Evidence::Assumed,
        scenarios: vec![scenario("base", 1.0, short), scenario("high", 1.5, short)],
        hedged: None,
        warnings: vec!["the price holds for one region".to_owned()],
    }
}

/// With `short`, the first option misses a unit.
pub fn plan(short: bool) -> CapacityPlan {
    CapacityPlan {
        study: "Moving sentence encoding to accelerators".to_owned(),
        sample: true,
        scenario: None,
        currency: Currency::USD,
        item: "sequences".to_owned(),
        as_of: date(2026, 11, 20),
        quarters: (0..QUARTERS)
            .map(|index| QuarterSpan { quarter: quarter(index), begins: first_day(index), months: 3 })
            .collect(),
        demand: vec![forecast("base", 1.0, 0.7), forecast("high", 1.5, 0.3)],
        options: vec![
            option("l4-rent", "NVIDIA L4, rented on demand", short),
            option("cpu-rent", "CPU servers like this machine", false),
        ],
        met: !short,
    }
}
