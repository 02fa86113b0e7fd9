//! Small formulas as text: `sin(x1) + 7 sin^2(x2) + 0.1 x3^4 sin(x1)`.
//!
//! Numbers, names, `pi`, + - * / ^, parentheses, multiplication by standing side by side, and the functions `sin`,
//! `cos`, `tan`, `exp`, `ln`, `sqrt`, `abs`, whose power may stand before the argument.

/// A parsed formula.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Number(f64),
    Variable(usize),
    Sum(Vec<Expression>),
    Product(Vec<Expression>),
    Negative(Box<Expression>),
    Reciprocal(Box<Expression>),
    Power(Box<Expression>, Box<Expression>),
    Call(Call, Box<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Call {
    Sin,
    Cos,
    Tan,
    Exp,
    Ln,
    Sqrt,
    Abs,
}

/// Longer formulas are refused.
const MAX_LENGTH: usize = 1_000;
/// Deeper ones, too: reading them is recursive.
const MAX_DEPTH: usize = 50;

impl Expression {
    /// Reads a formula whose variables are called `names`.
    pub fn parse(text: &str, names: &[&str]) -> Result<Self, String> {
        if text.len() > MAX_LENGTH {
            return Err(format!("the formula is longer than {MAX_LENGTH} characters"));
        }
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, names, depth: 0 };
        let expression = parser.sum()?;
        match parser.tokens.first() {
            None => Ok(expression),
            Some(token) => Err(format!("`{token}` is not expected where it stands in `{text}`")),
        }
    }

    /// The number of variables up to the last one used.
    pub fn variables(&self) -> usize {
        match self {
            Self::Number(_) => 0,
            Self::Variable(place) => place + 1,
            Self::Sum(parts) | Self::Product(parts) => parts.iter().map(Self::variables).max().unwrap_or_default(),
            Self::Negative(inner) | Self::Reciprocal(inner) | Self::Call(_, inner) => inner.variables(),
            Self::Power(base, exponent) => base.variables().max(exponent.variables()),
        }
    }

    /// The value with these variables; NaN where it is undefined, for the caller to refuse.
    pub fn value(&self, variables: &[f64]) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Variable(place) => variables.get(*place).copied().unwrap_or(f64::NAN),
            Self::Sum(parts) => parts.iter().map(|part| part.value(variables)).sum(),
            Self::Product(parts) => parts.iter().map(|part| part.value(variables)).product(),
            Self::Negative(inner) => -inner.value(variables),
            Self::Reciprocal(inner) => inner.value(variables).recip(),
            Self::Power(base, exponent) => {
                let (base, exponent) = (base.value(variables), exponent.value(variables));
                if exponent.fract() == 0.0 && exponent.abs() < 1e6 {
                    base.powi(exponent as i32)
                } else {
                    base.powf(exponent)
                }
            }
            Self::Call(call, inner) => {
                let x = inner.value(variables);
                match call {
                    Call::Sin => x.sin(),
                    Call::Cos => x.cos(),
                    Call::Tan => x.tan(),
                    Call::Exp => x.exp(),
                    Call::Ln => x.ln(),
                    Call::Sqrt => x.sqrt(),
                    Call::Abs => x.abs(),
                }
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Name(String),
    Sign(char),
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
            Self::Sign(sign) => write!(f, "{sign}"),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() || first == '.' {
            let length = number_length(rest);
            let number = rest.get(..length).unwrap_or_default();
            tokens.push(Token::Number(number.parse().map_err(|_| format!("`{number}` is not a number"))?));
            length
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(Token::Name(rest.get(..end).unwrap_or_default().to_owned()));
            end
        } else if "+-*/^()".contains(first) {
            tokens.push(Token::Sign(first));
            1
        } else {
            return Err(format!("`{first}` has no meaning in a formula"));
        };
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

/// Digits, a point, and an exponent where digits follow it.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end += 1 + digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    end
}

struct Parser<'a> {
    tokens: &'a [Token],
    names: &'a [&'a str],
    depth: usize,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn take(&mut self, sign: char) -> bool {
        let found = self.tokens.first() == Some(&Token::Sign(sign));
        if found {
            self.next();
        }
        found
    }

    fn sum(&mut self) -> Result<Expression, String> {
        let mut parts = vec![self.product()?];
        loop {
            if self.take('+') {
                parts.push(self.product()?);
            } else if self.take('-') {
                parts.push(Expression::Negative(Box::new(self.product()?)));
            } else {
                return Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Sum(parts) });
            }
        }
    }

    fn product(&mut self) -> Result<Expression, String> {
        let mut parts = vec![self.signed()?];
        loop {
            let side_by_side =
                matches!(self.tokens.first(), Some(Token::Number(_) | Token::Name(_) | Token::Sign('(')));
            if self.take('*') || side_by_side {
                parts.push(self.signed()?);
            } else if self.take('/') {
                parts.push(Expression::Reciprocal(Box::new(self.signed()?)));
            } else {
                return Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Product(parts) });
            }
        }
    }

    /// Every way down leads through here, so the depth is counted here.
    fn signed(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("the formula is nested more than {MAX_DEPTH} deep"));
        }
        let expression = self.power();
        self.depth -= 1;
        expression
    }

    fn power(&mut self) -> Result<Expression, String> {
        if self.take('-') {
            return Ok(Expression::Negative(Box::new(self.signed()?)));
        }
        let base = self.atom()?;
        if self.take('^') {
            return Ok(Expression::Power(Box::new(base), Box::new(self.signed()?)));
        }
        Ok(base)
    }

    fn atom(&mut self) -> Result<Expression, String> {
        match self.next() {
            Some(Token::Number(number)) => Ok(Expression::Number(*number)),
            Some(Token::Sign('(')) => self.rest_of_parentheses(),
            Some(Token::Name(name)) => self.named(name),
            Some(token) => Err(format!("`{token}` stands where a number, a name or `(` is expected")),
            None => Err("the formula ends where a number, a name or `(` is expected".to_owned()),
        }
    }

    fn rest_of_parentheses(&mut self) -> Result<Expression, String> {
        let inner = self.sum()?;
        if self.take(')') { Ok(inner) } else { Err("a `)` is missing".to_owned()) }
    }

    fn named(&mut self, name: &str) -> Result<Expression, String> {
        if let Some(place) = self.names.iter().position(|known| *known == name) {
            return Ok(Expression::Variable(place));
        }
        let call = match name {
            "pi" => return Ok(Expression::Number(std::f64::consts::PI)),
            "sin" => Call::Sin,
            "cos" => Call::Cos,
            "tan" => Call::Tan,
            "exp" => Call::Exp,
            "ln" => Call::Ln,
            "sqrt" => Call::Sqrt,
            "abs" => Call::Abs,
            _ => return Err(format!("`{name}` is neither an input nor a function")),
        };
        let power = if self.take('^') { Some(self.atom()?) } else { None };
        if !self.take('(') {
            return Err(format!("`{name}` needs its argument in parentheses"));
        }
        let value = Expression::Call(call, Box::new(self.rest_of_parentheses()?));
        Ok(match power {
            Some(power) => Expression::Power(Box::new(value), Box::new(power)),
            None => value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, variables: &[f64]) -> f64 {
        Expression::parse(text, &["x1", "x2", "x3"]).unwrap().value(variables)
    }

    #[test]
    fn precedence_and_side_by_side() {
        assert_eq!(value("1 + 2 * 3 - 4 / 2", &[]), 5.0);
        assert_eq!(value("-2^2 + 2^-1", &[]), -3.5);
        assert_eq!(value("2 (3 + 4) x1", &[2.0]), 28.0);
        assert_eq!(value("1e3 x1 / 2", &[3.0]), 1500.0);
        assert_eq!(value("2^3^2", &[]), 512.0);
        let x = [0.3f64, 0.7, 1.1];
        let ishigami = x[0].sin() + 7.0 * x[1].sin().powi(2) + 0.1 * x[2].powi(4) * x[0].sin();
        assert!((value("sin(x1)+7 sin^2(x2)+0.1 x3^4 sin(x1)", &x) - ishigami).abs() < 1e-15);
    }

    #[test]
    fn errors_say_what_is_wrong() {
        for (text, problem) in [
            ("1 +", "ends where"),
            ("sin x1", "needs its argument"),
            ("(1", "`)` is missing"),
            ("1 ) 2", "`)` is not expected"),
            ("y + 1", "`y` is neither"),
            ("1 § 2", "has no meaning"),
            ("", "ends where"),
        ] {
            let error = Expression::parse(text, &["x1"]).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
        assert!(Expression::parse(&"(".repeat(2_000), &[]).is_err());
        for deep in ["(", "-", "2^"] {
            let error = Expression::parse(&deep.repeat(400), &[]).unwrap_err();
            assert!(error.contains("nested"), "{error}");
        }
    }
}
