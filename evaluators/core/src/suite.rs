//! Suites: named lists of workloads, read from YAML.

use std::path::Path;

use assay_base::yaml::{self, YamlError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workload::Workload;

/// A named list of workloads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// The version of the file format: `assay/suite/1`.
    pub schema: SchemaVersion,
    /// The name used on the command line.
    pub id: String,
    /// The name in tables and documents.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The workloads, in the order in which they are measured.
    pub workloads: Vec<Workload>,
}

/// The version of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SchemaVersion {
    /// The first.
    #[serde(rename = "assay/suite/1")]
    V1,
}

/// A suite that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// There is no such suite.
    #[error("there is no suite `{name}`; known are {}, or name a YAML file", BUILTIN.map(|(id, _)| id).join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// The file does not fit.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// A workload cannot be meant.
    #[error("suite `{suite}`: {message}")]
    Invalid {
        /// The suite.
        suite: String,
        /// What is wrong.
        message: String,
    },
}

const BUILTIN: [(&str, &str); 4] = [
    ("quick", include_str!("../../../assets/suites/quick.yaml")),
    ("standard", include_str!("../../../assets/suites/standard.yaml")),
    ("links", include_str!("../../../assets/suites/links.yaml")),
    ("kernels", include_str!("../../../assets/suites/kernels.yaml")),
];

impl Suite {
    /// A built-in suite by its name, or one from a YAML file.
    ///
    /// # Errors
    /// When there is no such suite, or it does not fit.
    pub fn load(name: &str) -> Result<Self, SuiteError> {
        if let Some((id, text)) = BUILTIN.iter().find(|(id, _)| *id == name) {
            return Self::parse(text, Path::new(&format!("{id}.yaml")));
        }
        let path = Path::new(name);
        if path.extension().is_some_and(|e| e == "yaml" || e == "yml") && path.is_file() {
            return Self::check(yaml::read(path)?);
        }
        Err(SuiteError::Unknown { name: name.to_owned() })
    }

    /// A suite from text; `file` names it in errors.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn parse(text: &str, file: &Path) -> Result<Self, SuiteError> {
        Self::check(yaml::parse(text, file)?)
    }

    /// The names of the built-in suites.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(id, _)| *id)
    }

    /// A workload by its id.
    pub fn workload(&self, id: &str) -> Option<&Workload> {
        self.workloads.iter().find(|w| w.id == id)
    }

    fn check(suite: Self) -> Result<Self, SuiteError> {
        let invalid = |message: String| SuiteError::Invalid { suite: suite.id.clone(), message };
        if suite.workloads.is_empty() {
            return Err(invalid("has no workloads".to_owned()));
        }
        for (i, workload) in suite.workloads.iter().enumerate() {
            workload.validate().map_err(invalid)?;
            if suite.workloads[..i].iter().any(|earlier| earlier.id == workload.id) {
                return Err(invalid(format!("two workloads have the id `{}`", workload.id)));
            }
        }
        Ok(suite)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_suites_are_sound() {
        for name in Suite::builtin_names() {
            assert_eq!(Suite::load(name).unwrap().id, name);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let suite = |workload: &str| {
            let text = format!("schema: assay/suite/1\nid: x\nname: X\ndescription: d\nworkloads:\n  - {workload}\n");
            Suite::parse(&text, Path::new("x.yaml")).unwrap_err().to_string()
        };
        let error = suite("{id: a, format: fp32, shape: {kind: gem, m: 1, n: 1, k: 1}}");
        assert!(error.contains("gemm"), "{error}");
        let error = suite("{id: a, format: fp32, shape: {kind: gemm, m: 0, n: 1, k: 1}}");
        assert!(error.contains("m must be at least 1"), "{error}");
        assert!(Suite::load("nope").unwrap_err().to_string().contains("quick"));
    }
}
