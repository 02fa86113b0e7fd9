//! Any one formula by name, for the command line, spreadsheets and notebooks.
//!
//! Inputs and results are JSON. What is undefined is `null`, several answers are a list, several figures an object.

mod assets;
mod chance;
mod cost;
mod expression;
mod fleet;
mod inputs;
mod time;

#[cfg(test)]
mod tests;

use assay_base::yaml::nearest;
use serde_json::Value;

use crate::CostError;
use inputs::Inputs;

/// One input of a [`Function`].
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Its key.
    pub name: &'static str,
    /// What it is, its unit, and its default where it may be left out.
    pub doc: &'static str,
    /// Whether it must be given.
    pub required: bool,
}

impl Input {
    const fn needed(name: &'static str, doc: &'static str) -> Self {
        Self { name, doc, required: true }
    }

    const fn optional(name: &'static str, doc: &'static str) -> Self {
        Self { name, doc, required: false }
    }
}

/// A formula that can be called by name.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it answers.
    pub summary: &'static str,
    /// Where the formula comes from.
    pub source: &'static str,
    /// Its inputs.
    pub inputs: &'static [Input],
    run: fn(&Inputs<'_>) -> Result<Value, CalcError>,
}

/// Why a formula gave no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CalcError {
    /// There is no such formula.
    #[error("there is no function `{name}`{}; `assay calc --list` names them all", suggestion(.nearest))]
    UnknownFunction {
        /// What was asked for.
        name: String,
        /// The nearest known name.
        nearest: Option<String>,
    },
    /// The formula has no such input.
    #[error("`{function}` has no input `{name}`{}; its inputs are {inputs}", suggestion(.nearest))]
    UnknownInput {
        /// The formula.
        function: &'static str,
        /// The key that was given.
        name: String,
        /// The nearest known key.
        nearest: Option<String>,
        /// The known keys.
        inputs: String,
    },
    /// An input is absent.
    #[error("`{function}` needs the input `{name}`: {doc}")]
    Missing {
        /// The formula.
        function: &'static str,
        /// The key.
        name: String,
        /// What it is.
        doc: &'static str,
    },
    /// An input is of another kind.
    #[error("`{function}`: the input `{name}` must be {expected}, not {found}")]
    WrongKind {
        /// The formula.
        function: &'static str,
        /// The key.
        name: String,
        /// What is needed.
        expected: String,
        /// What was given, shortened.
        found: String,
    },
    /// The inputs as a whole are not an object.
    #[error("the inputs must be a JSON object such as {{\"rate\": 0.08, \"flows\": [-100, 60, 60]}}")]
    NotAnObject,
    /// The formula refused its inputs.
    #[error("`{function}`: {error}")]
    Refused {
        /// The formula.
        function: &'static str,
        /// Why.
        error: CostError,
    },
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

/// Every formula, by subject.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    [time::FUNCTIONS, assets::FUNCTIONS, cost::FUNCTIONS, fleet::FUNCTIONS, chance::FUNCTIONS].into_iter().flatten()
}

/// The formula of this name. A remark in parentheses after the name, such as `xirr (actual/365)`, is ignored.
///
/// # Errors
/// When there is none; the nearest name is suggested.
pub fn function(name: &str) -> Result<&'static Function, CalcError> {
    let bare = name.split_once('(').map_or(name, |(bare, _)| bare).trim();
    functions().find(|function| function.name == bare).ok_or_else(|| CalcError::UnknownFunction {
        name: bare.to_owned(),
        nearest: nearest(bare, functions().map(|function| function.name)),
    })
}

/// Calls a formula.
///
/// # Errors
/// An unknown name or input, a missing input or one of the wrong kind, or values the formula refuses.
pub fn calculate(name: &str, input: &Value) -> Result<Value, CalcError> {
    let function = function(name)?;
    let given = input.as_object().ok_or(CalcError::NotAnObject)?;
    for key in given.keys() {
        if !function.inputs.iter().any(|input| input.name == key) {
            let names = || function.inputs.iter().map(|input| input.name);
            return Err(CalcError::UnknownInput {
                function: function.name,
                name: key.clone(),
                nearest: nearest(key, names()),
                inputs: names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            });
        }
    }
    (function.run)(&Inputs { function, given })
}
