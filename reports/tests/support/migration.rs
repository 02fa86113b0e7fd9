//! A migration plan invented for tests.

use assay_base::{Currency, Evidence, Money};
use assay_reports::content::{
    GateUnit, GateVerdict, JudgedGate, MigrationPlan, ParallelRun, PlannedEffort, PlannedRisk, PlannedTask,
    PlannedWave, PortabilityRow, Role,
};
use assay_study::migration::{GovernancePoint, GovernanceStatus, Risk, Strategy};
use jiff::civil::date;

fn wave(id: &str, name: &str, (from, to): (i8, i8), load_share: f64, after: Option<&str>) -> PlannedWave {
    PlannedWave {
        id: id.to_owned(),
        name: name.to_owned(),
        starts: date(2027, from, 4),
        ends: date(2027, to, 4),
        load_share,
        after: after.map(str::to_owned),
        is_stated: false,
    }
}

fn gate(id: &str, name: &str, found: Option<f64>, verdict: GateVerdict) -> JudgedGate {
    JudgedGate {
        id: id.to_owned(),
        name: name.to_owned(),
        wave: Some("Port and prove".to_owned()),
        at_most: Some(0.01),
        at_least: None,
        found,
        unit: GateUnit::Number,
        evidence: found.map(|_| Evidence::Measured),
        verdict,
        basis: "measurement 20261120T090000Z-0002-003".to_owned(),
    }
}

fn risk(id: &str, likelihood: u8, impact: u8) -> PlannedRisk {
    let risk = Risk {
        id: id.to_owned(),
        title: format!("What may happen: {id}"),
        likelihood,
        impact,
        mitigation: Some("Look at it early".to_owned()),
        owner: None,
    };
    PlannedRisk { risk, is_stated: false }
}

pub fn plan() -> MigrationPlan {
    let task = |id: &str, days: [f64; 3], expected_days| PlannedTask {
        id: id.to_owned(),
        name: format!("Work: {id}"),
        person_days: days,
        expected_days,
        is_stated: false,
    };
    MigrationPlan {
        to: "l4-rent".to_owned(),
        to_name: "NVIDIA L4, rented on demand".to_owned(),
        from_name: "CPU servers like this machine".to_owned(),
        strategy: Strategy::Replatform,
        strategy_reason: "NVIDIA L4 needs another compiler or runtime than what is in use.".to_owned(),
        starts: date(2027, 1, 4),
        ends: date(2027, 6, 4),
        engineers: 2.0,
        tasks: vec![task("port", [3.0, 8.0, 20.0], 9.2), task("numerics", [5.0, 10.0, 25.0], 11.7)],
        effort: PlannedEffort {
            expected_days: 20.8,
            p80_days: 24.5,
            expected_cost: Money::new(17_000.0, Currency::USD),
            p80_cost: Money::new(20_000.0, Currency::USD),
        },
        parallel_run: Some(ParallelRun { months: 2.0, cost: Some(Money::new(31_000.0, Currency::USD)) }),
        waves: vec![
            wave("port", "Port and prove", (1, 3), 0.0, None),
            wave("canary", "Canary", (3, 4), 0.25, Some("port")),
            wave("cut-over", "Cut over", (4, 6), 1.0, Some("canary")),
        ],
        gates: vec![
            gate("numerics", "The output agrees with the reference", Some(0.001), GateVerdict::Passed),
            gate("latency", "The latency objective holds", None, GateVerdict::Open),
        ],
        risks: vec![risk("throughput", 3, 4), risk("supply", 2, 3)],
        governance: vec![GovernancePoint {
            id: "decision-record".to_owned(),
            item: "Decision record with approvers".to_owned(),
            framework: Some("ISO/IEC 42001".to_owned()),
            status: GovernanceStatus::Open,
            evidence: None,
            owner: None,
        }],
        team: vec![Role { name: "Sponsor".to_owned(), person: None, parts: vec!["A".to_owned(); 6] }],
        rollback_triggers: vec!["A unit fails and is not replaced".to_owned()],
        portability: vec![
            PortabilityRow {
                topic: "Toolchain".to_owned(),
                subject: Some("CUDA".to_owned()),
                text: "front ends of the usual frameworks".to_owned(),
                source: Some("Vendor's documentation".to_owned()),
                evidence: Some(Evidence::Vendor),
                as_of: Some(date(2026, 8, 1)),
            },
            PortabilityRow {
                topic: "Exit cost".to_owned(),
                subject: Some("low".to_owned()),
                text: "kernels do not port".to_owned(),
                source: None,
                evidence: None,
                as_of: None,
            },
        ],
    }
}
