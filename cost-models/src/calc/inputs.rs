//! Reading a formula's inputs from JSON.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::{CalcError, Function};
use crate::CostError;
use crate::time_value::Irr;

/// The inputs of one call.
pub(super) struct Inputs<'a> {
    pub function: &'static Function,
    pub given: &'a Map<String, Value>,
}

impl<'a> Inputs<'a> {
    fn find(&self, name: &str) -> Option<&'a Value> {
        self.given.get(name).filter(|value| !value.is_null())
    }

    fn get(&self, name: &str) -> Result<&'a Value, CalcError> {
        self.find(name).ok_or_else(|| {
            let input = self.function.inputs.iter().find(|input| input.name == name);
            let doc = input.map_or("", |input| input.doc);
            CalcError::Missing { function: self.function.name, name: name.to_owned(), doc }
        })
    }

    fn wrong(&self, name: &str, expected: impl Into<String>, found: &Value) -> CalcError {
        let mut shown: String = found.to_string().chars().take(40).collect();
        if shown.len() < found.to_string().len() {
            shown.push('…');
        }
        CalcError::WrongKind {
            function: self.function.name,
            name: name.to_owned(),
            expected: expected.into(),
            found: shown,
        }
    }

    /// The error of a formula, with its name.
    pub fn refused(&self, error: CostError) -> CalcError {
        CalcError::Refused { function: self.function.name, error }
    }

    pub fn number(&self, name: &str) -> Result<f64, CalcError> {
        let value = self.get(name)?;
        value.as_f64().ok_or_else(|| self.wrong(name, "a number", value))
    }

    pub fn number_or(&self, name: &str, default: f64) -> Result<f64, CalcError> {
        if self.find(name).is_some() { self.number(name) } else { Ok(default) }
    }

    pub fn count(&self, name: &str) -> Result<u64, CalcError> {
        let number = self.number(name)?;
        if number.fract() == 0.0 && (0.0..=9e15).contains(&number) {
            Ok(number as u64)
        } else {
            Err(self.wrong(name, "a whole number, 0 or above", self.get(name)?))
        }
    }

    pub fn count_or(&self, name: &str, default: u64) -> Result<u64, CalcError> {
        if self.find(name).is_some() { self.count(name) } else { Ok(default) }
    }

    pub fn small_count(&self, name: &str) -> Result<u32, CalcError> {
        let count = self.count(name)?;
        u32::try_from(count).map_err(|_| self.wrong(name, "below 4294967296", &Value::from(count)))
    }

    pub fn small_count_or(&self, name: &str, default: u32) -> Result<u32, CalcError> {
        if self.find(name).is_some() { self.small_count(name) } else { Ok(default) }
    }

    pub fn text(&self, name: &str) -> Result<&'a str, CalcError> {
        let value = self.get(name)?;
        value.as_str().ok_or_else(|| self.wrong(name, "a text", value))
    }

    pub fn flag_or(&self, name: &str, default: bool) -> Result<bool, CalcError> {
        match self.find(name) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            // A spreadsheet's `type`: 0 is the end of a period, 1 its begin.
            Some(value) if value.as_f64() == Some(0.0) => Ok(false),
            Some(value) if value.as_f64() == Some(1.0) => Ok(true),
            Some(value) => Err(self.wrong(name, "true or false (or 1 or 0)", value)),
        }
    }

    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, CalcError> {
        let value = self.get(name)?;
        let list = value.as_array().ok_or_else(|| self.wrong(name, "a list of numbers", value))?;
        list.iter().map(|entry| entry.as_f64().ok_or_else(|| self.wrong(name, "a list of numbers", entry))).collect()
    }

    pub fn dates(&self, name: &str) -> Result<Vec<Date>, CalcError> {
        let value = self.get(name)?;
        let list = value.as_array().ok_or_else(|| self.wrong(name, "a list of dates", value))?;
        list.iter()
            .map(|entry| {
                let date = entry.as_str().and_then(|text| text.parse().ok());
                date.ok_or_else(|| self.wrong(name, "a list of dates such as \"2026-03-31\"", entry))
            })
            .collect()
    }

    /// Numbers by name, in the order given.
    pub fn named_numbers(&self, name: &str) -> Result<Vec<(String, f64)>, CalcError> {
        self.object(name)?
            .iter()
            .map(|(key, value)| {
                let number = value.as_f64().ok_or_else(|| self.wrong(name, "an object of numbers", value))?;
                Ok((key.clone(), number))
            })
            .collect()
    }

    /// Pairs of low and high by name, in the order given.
    pub fn named_ranges(&self, name: &str) -> Result<Vec<(String, f64, f64)>, CalcError> {
        self.object(name)?
            .iter()
            .map(|(key, value)| {
                let ends: Vec<f64> = value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
                match (ends.as_slice(), value.as_array().map(Vec::len)) {
                    (&[low, high], Some(2)) => Ok((key.clone(), low, high)),
                    _ => Err(self.wrong(name, format!("an object of pairs [low, high]; that of `{key}`"), value)),
                }
            })
            .collect()
    }

    fn object(&self, name: &str) -> Result<&'a Map<String, Value>, CalcError> {
        let value = self.get(name)?;
        value.as_object().ok_or_else(|| self.wrong(name, "an object", value))
    }

    /// `formula` of a number, or of each number of a list.
    pub fn each(&self, name: &str, formula: impl Fn(f64) -> Result<f64, CostError>) -> Result<Value, CalcError> {
        let one = |number: f64| formula(number).map(Value::from).map_err(|error| self.refused(error));
        match self.get(name)? {
            Value::Array(_) => self.numbers(name)?.into_iter().map(one).collect::<Result<Vec<_>, _>>().map(Value::from),
            _ => one(self.number(name)?),
        }
    }

    /// A formula's answer as JSON, an undefined one as null.
    pub fn answer(&self, result: Result<impl Answer, CostError>) -> Result<Value, CalcError> {
        result.map(Answer::into_json).map_err(|error| self.refused(error))
    }
}

/// What a formula can answer.
pub(super) trait Answer {
    fn into_json(self) -> Value;
}

impl Answer for f64 {
    fn into_json(self) -> Value {
        Value::from(self)
    }
}

impl Answer for u64 {
    fn into_json(self) -> Value {
        Value::from(self)
    }
}

impl Answer for Vec<f64> {
    fn into_json(self) -> Value {
        Value::from(self)
    }
}

impl<T: Answer> Answer for Option<T> {
    fn into_json(self) -> Value {
        self.map_or(Value::Null, T::into_json)
    }
}

impl Answer for Irr {
    fn into_json(self) -> Value {
        match self {
            Self::None => Value::Null,
            Self::One(rate) => Value::from(rate),
            Self::Several(rates) => Value::from(rates),
        }
    }
}

impl Answer for Value {
    fn into_json(self) -> Value {
        self
    }
}
