//! What a study names outside itself: hardware profiles, suites, workloads. A name that leads nowhere is a slip of the
//! pen, and an option or a whole study would fall out of the comparison because of it.

use assay_base::yaml::suggestion;
use assay_core::Suite;
use assay_hardware_profiles::Catalog;
use assay_study::Study;
use assay_study::validate::Problem;

use crate::assess::Measured;

/// The first name that leads nowhere.
pub fn problem(study: &Study, catalog: &Catalog, measured: &Measured) -> Option<Problem> {
    let unknown_profile = study.options.iter().find_map(|option| {
        let error = catalog.require(option.profile.as_deref()?).err()?;
        Some(Problem { path: format!("options.{}.profile", option.id), message: error.to_string() })
    });
    unknown_profile.or_else(|| suite_or_workload(study, measured))
}

/// The first scenario whose values do not fit the study: it would be found out only when it is looked at.
pub fn broken_scenario(study: &Study) -> Option<Problem> {
    study.scenarios.iter().find_map(|scenario| {
        let error = study.under_scenario(&scenario.id).err()?;
        Some(Problem { path: format!("scenarios.{}.set", scenario.id), message: error.to_string() })
    })
}

fn suite_or_workload(study: &Study, measured: &Measured) -> Option<Problem> {
    let suite = match Suite::load(&study.suite) {
        Ok(suite) => suite,
        // A file may lie on another machine only; its workloads are then known from the measurements.
        Err(_) if study.suite.ends_with(".yaml") || study.suite.ends_with(".yml") => return None,
        Err(error) => {
            let message = format!("{error}{}", suggestion(&study.suite, Suite::builtin_names()));
            return Some(Problem { path: "suite".to_owned(), message });
        }
    };
    let was_measured = |id: &str| measured.measurements().iter().any(|m| m.workload.id == id);
    if suite.workload(&study.workload).is_some() || was_measured(&study.workload) {
        return None;
    }
    let known = suite.workloads.iter().map(|workload| workload.id.as_str());
    let known = known.chain(measured.measurements().iter().map(|m| m.workload.id.as_str()));
    let message = format!(
        "neither the suite `{}` nor a measurement has the workload `{}`{} (that of a model is known once it was run \
         with `assay run --model`)",
        study.suite,
        study.workload,
        suggestion(&study.workload, known)
    );
    Some(Problem { path: "workload".to_owned(), message })
}
