//! What must be signed, and by whom.

use assay_reports::content::Role;
use assay_study::migration::{GovernancePoint, GovernanceStatus};

use super::Move;

/// From this age on a quote is to be renewed.
const QUOTE_DAYS: i32 = 90;

/// Roles with their part in each of [`assay_reports::content::ACTIVITIES`].
const ROLES: [(&str, [&str; 6]); 6] = [
    ("Sponsor", ["A", "I", "I", "I", "A", "I"]),
    ("Platform lead", ["R", "A", "A", "A", "C", "C"]),
    ("Machine-learning engineer", ["C", "R", "C", "C", "I", "I"]),
    ("Operations", ["I", "C", "R", "R", "I", "C"]),
    ("Finance and procurement", ["C", "I", "I", "I", "R", "I"]),
    ("Security and compliance", ["C", "C", "I", "C", "C", "A, R"]),
];

/// The team, with the names the study gives. A role that only the study knows takes part without a letter.
pub(super) fn team(planned: &Move<'_>) -> Vec<Role> {
    let stated = &planned.section.team;
    let name_of = |role: &str| stated.iter().find(|member| member.role == role).map(|member| member.name.clone());
    let mut team: Vec<Role> = ROLES
        .iter()
        .map(|(role, parts)| Role {
            name: (*role).to_owned(),
            person: name_of(role),
            parts: parts.iter().map(|&part| part.to_owned()).collect(),
        })
        .collect();
    for member in stated {
        if !team.iter().any(|known| known.name == member.role) {
            let person = Some(member.name.clone());
            team.push(Role { name: member.role.clone(), person, parts: vec![String::new(); 6] });
        }
    }
    team
}

/// The points that every plan has, with what the study's own evidence prepares, and those of the study.
pub(super) fn points(planned: &Move<'_>) -> Vec<GovernancePoint> {
    let mut points = usual(planned);
    for stated in &planned.section.governance {
        match points.iter_mut().find(|known| known.id == stated.id) {
            Some(known) => *known = stated.clone(),
            None => points.push(stated.clone()),
        }
    }
    points
}

fn point(id: &str, framework: &str, item: &str, evidence: Option<String>) -> GovernancePoint {
    GovernancePoint {
        id: id.to_owned(),
        item: item.to_owned(),
        framework: Some(framework.to_owned()),
        status: if evidence.is_some() { GovernanceStatus::Prepared } else { GovernanceStatus::Open },
        evidence,
        owner: None,
    }
}

/// The quotes of the option to move to and of the baseline: prepared where each is dated and not old.
fn prices(planned: &Move<'_>) -> GovernancePoint {
    let assessment = planned.assessment;
    let baseline = assessment.option(&assessment.study.baseline);
    let quotes = std::iter::once(planned.resolved).chain(baseline.filter(|b| b.input.id != planned.resolved.input.id));
    let (mut fresh, mut texts) = (true, Vec::new());
    for option in quotes {
        let name = &option.input.name;
        texts.push(match &option.price {
            Ok(price) => {
                let age = price.as_of.map(|day| (day, (assessment.pricing_date - day).get_days()));
                fresh &= age.is_some_and(|(_, days)| days <= QUOTE_DAYS);
                match age {
                    Some((day, days)) if days > QUOTE_DAYS => format!("{name}: {day}, {days} days old"),
                    Some((day, _)) => format!("{name}: {} of {day}", price.source),
                    None => format!("{name}: {}, without a date", price.source),
                }
            }
            Err(_) => {
                fresh = false;
                format!("{name}: no price")
            }
        });
    }
    let item = "Price quotes with source and date, renewed within ninety days";
    let point = point("price-sources", "Internal control", item, Some(texts.join("; ")));
    GovernancePoint { status: if fresh { GovernanceStatus::Prepared } else { GovernanceStatus::Open }, ..point }
}

/// Energy and emissions, where the study states the grid and the power is known.
fn emissions(planned: &Move<'_>) -> GovernancePoint {
    let known = planned.assessment.evaluation(&planned.option.id).and_then(|e| e.carbon_kg);
    let evidence = known.map(|_| "energy and emissions in the cost chapter of the dossier".to_owned());
    point("energy", "NIST AI RMF MEASURE 2.12", "Energy and emissions of the new platform", evidence)
}

fn usual(planned: &Move<'_>) -> Vec<GovernancePoint> {
    let passed = planned.measured.passed();
    let measured = (passed > 0).then(|| format!("{passed} measurements with environment, noise and correctness"));
    let screening = planned
        .profile
        .and_then(|profile| profile.export_control.as_ref())
        .map(|known| format!("screening by the numbers: {}", known.screening().label()));
    let isolation: Vec<String> = planned
        .profile
        .map(assay_hardware_profiles::Profile::portability)
        .unwrap_or_default()
        .into_iter()
        .filter(|fact| fact.topic == assay_hardware_profiles::PortabilityTopic::Isolation)
        .map(|fact| fact.text)
        .collect();
    let isolation = (!isolation.is_empty()).then(|| isolation.join("; "));
    vec![
        point("decision-record", "ISO/IEC 42001 A.6", "Decision record with approvers", None),
        point("test-report", "ISO/IEC 42001 A.6", "Report of tests and their limits", measured),
        point(
            "resources",
            "ISO/IEC 42001 A.4",
            "Documentation of tooling and compute",
            Some("hardware profile, runtime versions in the runs".to_owned()),
        ),
        prices(planned),
        point("supplier", "NIST AI RMF GOVERN 6", "Assessment of the supplier and its roadmap", None),
        point("deactivation", "NIST AI RMF MANAGE 2.4", "Way back and switching off, rehearsed", None),
        emissions(planned),
        point("change", "SOC 2 CC8", "Change management of driver, compiler and runtime", None),
        point("capacity", "SOC 2 A1.1", "Capacity is monitored against demand", None),
        point("isolation", "SOC 2 CC6", "Isolation of tenants on the new platform", isolation),
        point("export-control", "EAR, ECCN 3A090 and 4A090", "Export control, signed by counsel with date", screening),
        point("residency", "Data protection", "Region of the offer fits data residency", None),
        point("firmware", "Supply chain", "Attestation, signed firmware, time to fix driver weaknesses", None),
    ]
}
