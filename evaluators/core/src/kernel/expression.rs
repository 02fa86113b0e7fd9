//! Arithmetic in a kernel's manifest: launch geometry and arguments as functions of the sizes.
//!
//! Numbers, names, `+ - * / %`, comparisons, `&& ||`, parentheses and the functions `ceil_div(a, b)`, `min`, `max`,
//! `ceil`, `floor`, `sqrt`, `log2`, `power_of_two_from(x)` and `if(condition, a, b)`. Truth is 1, falsehood 0.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Longer expressions are refused.
const MAX_LENGTH: usize = 400;
/// Deeper ones too: reading them is recursive.
const MAX_DEPTH: usize = 40;
/// Above this an integer is not exact in binary64.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A number, or an expression of the sizes and parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Expression {
    /// A constant.
    Number(f64),
    /// Text such as `ceil_div(rows, 4)`.
    Text(String),
}

/// What names stand for.
pub type Variables = BTreeMap<String, f64>;

impl Expression {
    /// The value.
    ///
    /// # Errors
    /// What is wrong with the expression, or that the value is not finite.
    pub fn value(&self, variables: &Variables) -> Result<f64, String> {
        let value = match self {
            Self::Number(number) => *number,
            Self::Text(text) => Reader::new(text, variables)?.whole()?,
        };
        if value.is_finite() { Ok(value) } else { Err(format!("`{self}` is not a finite number")) }
    }

    /// The value as a count from 0 up to `max`.
    ///
    /// # Errors
    /// As [`Expression::value`], and when it is not a whole number in that range.
    pub fn count(&self, variables: &Variables, max: u64) -> Result<u64, String> {
        let value = self.value(variables)?;
        if value.fract() != 0.0 || !(0.0..=MAX_EXACT).contains(&value) || value as u64 > max {
            return Err(format!("`{self}` is {value}, not a whole number from 0 to {max}"));
        }
        Ok(value as u64)
    }

    /// Whether a condition holds.
    ///
    /// # Errors
    /// As [`Expression::value`].
    pub fn holds(&self, variables: &Variables) -> Result<bool, String> {
        Ok(self.value(variables)? != 0.0)
    }
}

impl std::fmt::Display for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Whether a text can be a name in expressions and in the C preprocessor.
pub fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    text.len() <= 64
        && characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Evaluates while it reads.
struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    variables: &'a Variables,
    depth: usize,
}

/// Operators from the loosest to the tightest; a longer one stands before its prefix.
const LEVELS: [&[&str]; 5] = [&["||"], &["&&"], &["==", "!=", "<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];

impl<'a> Reader<'a> {
    fn new(text: &'a str, variables: &'a Variables) -> Result<Self, String> {
        if text.len() > MAX_LENGTH {
            return Err(format!("an expression is longer than {MAX_LENGTH} characters"));
        }
        Ok(Self { text, rest: text, variables, depth: 0 })
    }

    fn whole(mut self) -> Result<f64, String> {
        let value = self.level(0)?;
        match self.rest.trim_start() {
            "" => Ok(value),
            rest => Err(format!("`{rest}` is not expected in `{}`", self.text)),
        }
    }

    fn level(&mut self, level: usize) -> Result<f64, String> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.take(operator)) {
            let right = self.level(level + 1)?;
            let truth = |condition: bool| f64::from(u8::from(condition));
            left = match *operator {
                "||" => truth(left != 0.0 || right != 0.0),
                "&&" => truth(left != 0.0 && right != 0.0),
                "==" => truth(left == right),
                "!=" => truth(left != right),
                "<=" => truth(left <= right),
                ">=" => truth(left >= right),
                "<" => truth(left < right),
                ">" => truth(left > right),
                "+" => left + right,
                "-" => left - right,
                "*" => left * right,
                "/" => left / right,
                _ => left % right,
            };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<f64, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("`{}` is nested deeper than {MAX_DEPTH}", self.text));
        }
        let value = if self.take("-") { -self.unary()? } else { self.atom()? };
        self.depth -= 1;
        Ok(value)
    }

    fn atom(&mut self) -> Result<f64, String> {
        if self.take("(") {
            let value = self.level(0)?;
            return self.expect(")").map(|()| value);
        }
        self.rest = self.rest.trim_start();
        let end =
            self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if word.is_empty() {
            return Err(format!("`{}` ends or goes on where a number or name is expected", self.text));
        }
        self.rest = rest;
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return word.parse().map_err(|_| format!("`{word}` in `{}` is not a number", self.text));
        }
        if self.take("(") {
            return self.call(word);
        }
        self.variables.get(word).copied().ok_or_else(|| {
            let known = self.variables.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            format!("`{word}` in `{}` is not known; known are {known}", self.text)
        })
    }

    fn call(&mut self, name: &str) -> Result<f64, String> {
        let mut arguments = vec![self.level(0)?];
        while self.take(",") {
            arguments.push(self.level(0)?);
        }
        self.expect(")")?;
        Ok(match (name, arguments.as_slice()) {
            ("ceil_div", [a, b]) => (a / b).ceil(),
            ("min", [a, b]) => a.min(*b),
            ("max", [a, b]) => a.max(*b),
            ("ceil", [a]) => a.ceil(),
            ("floor", [a]) => a.floor(),
            ("sqrt", [a]) => a.sqrt(),
            ("log2", [a]) => a.log2(),
            ("power_of_two_from", [a]) => a.max(1.0).log2().ceil().exp2(),
            ("if", [condition, a, b]) => {
                if *condition != 0.0 {
                    *a
                } else {
                    *b
                }
            }
            _ => {
                return Err(format!(
                    "there is no function `{name}` of {} arguments in `{}`",
                    arguments.len(),
                    self.text
                ));
            }
        })
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest.trim_start().strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(format!("`{token}` is missing in `{}`", self.text)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<f64, String> {
        let variables = [("rows", 10.0), ("columns", 4096.0)].map(|(name, value)| (name.to_owned(), value));
        Expression::Text(text.to_owned()).value(&variables.into())
    }

    #[test]
    fn arithmetic_follows_the_usual_rules() {
        assert_eq!(value("1 + 2 * 3 - 4 / 2"), Ok(5.0));
        assert_eq!(value("(1 + 2) * -3"), Ok(-9.0));
        assert_eq!(value("columns % 8 == 0 && rows < 11"), Ok(1.0));
        assert_eq!(value("rows <= 9 || columns != 4096"), Ok(0.0));
        assert_eq!(value("ceil_div(rows, 4)"), Ok(3.0));
        assert_eq!(value("if(rows > 5, min(rows, 3), max(1, 2))"), Ok(3.0));
        assert_eq!(value("power_of_two_from(33) + log2(8)"), Ok(67.0));
        assert_eq!(value("1.5 * rows"), Ok(15.0));
    }

    #[test]
    fn mistakes_are_named_and_nothing_overflows() {
        assert!(value("row + 1").unwrap_err().contains("known are columns, rows"));
        assert!(value("rows +").unwrap_err().contains("expected"));
        assert!(value("rows rows").unwrap_err().contains("not expected"));
        assert!(value("1 / (rows - 10)").unwrap_err().contains("finite"));
        assert!(value("exec(1)").unwrap_err().contains("no function"));
        assert!(value("min(1").unwrap_err().contains("`)` is missing"));
        assert!(value(&"(".repeat(300)).unwrap_err().contains("deeper"));
        assert!(value(&"-".repeat(300)).unwrap_err().contains("deeper"));
        assert!(value(&"1+".repeat(300)).unwrap_err().contains("longer"));
        assert!(value("é").is_err());
    }

    #[test]
    fn counts_are_whole_and_bounded() {
        let count = |text: &str, max| Expression::Text(text.to_owned()).count(&Variables::new(), max);
        assert_eq!(count("8 / 2", 4), Ok(4));
        assert!(count("7 / 2", 9).is_err());
        assert!(count("0 - 1", 9).is_err());
        assert!(count("1e300", 9).is_err());
        assert!(count("5", 4).is_err());
    }
}
