//! The value of waiting.

use serde::{Deserialize, Serialize};

use crate::error::{CostError, answer, check, finite, non_negative, positive};
use crate::uncertainty::normal_cdf;

/// When to invest in something whose value wanders.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvestmentTrigger {
    /// The positive root of the fundamental quadratic, above 1.
    pub beta: f64,
    /// Invest only from this value on: `beta / (beta - 1) * investment`.
    pub trigger_value: f64,
    investment: f64,
}

impl InvestmentTrigger {
    /// What the right to invest is worth at `value`: `A V^beta` below the trigger, `V - I` from there on.
    pub fn option_value(&self, value: f64) -> f64 {
        if value >= self.trigger_value {
            value - self.investment
        } else {
            (self.trigger_value - self.investment) * (value.max(0.0) / self.trigger_value).powf(self.beta)
        }
    }
}

/// The investment trigger of McDonald & Siegel 1986: `V*/I = beta / (beta - 1)`,
/// `beta = 1/2 - (r - d)/s^2 + sqrt(((r - d)/s^2 - 1/2)^2 + 2 r / s^2)`.
///
/// `risk_free` and `payout` (the value lost by waiting) are fractions a year, `volatility` a fraction a square-root
/// year. Source: Dixit & Pindyck, Investment under Uncertainty, ch. 5.
///
/// # Errors
/// A payout, volatility, rate or investment not above 0: waiting would never end.
pub fn mcdonald_siegel(
    risk_free: f64,
    payout: f64,
    volatility: f64,
    investment: f64,
) -> Result<InvestmentTrigger, CostError> {
    non_negative("r", risk_free)?;
    positive("delta", payout)?;
    positive("sigma", volatility)?;
    positive("I", investment)?;
    let variance = volatility * volatility;
    let drift = (risk_free - payout) / variance;
    let beta = answer("beta", 0.5 - drift + ((drift - 0.5).powi(2) + 2.0 * risk_free / variance).sqrt())?;
    check("beta", beta, beta > 1.0, "above 1; a higher rate or payout makes it so")?;
    Ok(InvestmentTrigger { beta, trigger_value: answer("V_star", beta / (beta - 1.0) * investment)?, investment })
}

/// Black-Scholes value of a European call: the right to invest `strike` at the time `years`.
///
/// Source: Hull, Options, Futures and Other Derivatives.
///
/// # Errors
/// A value outside its range.
pub fn black_scholes_call(
    spot: f64,
    strike: f64,
    risk_free: f64,
    volatility: f64,
    years: f64,
) -> Result<f64, CostError> {
    positive("S", spot)?;
    positive("K", strike)?;
    finite("r", risk_free)?;
    positive("sigma", volatility)?;
    positive("T", years)?;
    let spread = volatility * years.sqrt();
    let d1 = ((spot / strike).ln() + (risk_free + 0.5 * volatility * volatility) * years) / spread;
    let discounted = strike * (-risk_free * years).exp();
    answer("black_scholes_call", spot * normal_cdf(d1) - discounted * normal_cdf(d1 - spread))
}

/// Investing now or one step later.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deferral {
    /// Risk-neutral probability of the upper state.
    pub up_probability: f64,
    /// NPV of investing now, `V - I`.
    pub npv_now: f64,
    /// Value of deciding one step later.
    pub value_of_waiting: f64,
    /// The difference.
    pub premium: f64,
}

/// One binomial step of waiting: the value becomes `V u` or `V d`, the investment stays `I`, `q = (1 + rf - d)/(u - d)`.
///
/// # Errors
/// Factors that allow arbitrage (`d < 1 + rf < u` is needed), negative values.
pub fn one_step_deferral(
    value: f64,
    investment: f64,
    up: f64,
    down: f64,
    risk_free: f64,
) -> Result<Deferral, CostError> {
    non_negative("V", value)?;
    non_negative("I", investment)?;
    finite("rf", risk_free)?;
    positive("1 + rf", 1.0 + risk_free)?;
    non_negative("d", down)?;
    check("d", down, down < 1.0 + risk_free, "below 1 + rf")?;
    check("u", up, up.is_finite() && up > 1.0 + risk_free, "a finite number above 1 + rf")?;
    let up_probability = (1.0 + risk_free - down) / (up - down);
    let pays = |factor: f64| (value * factor - investment).max(0.0);
    let expected = up_probability * pays(up) + (1.0 - up_probability) * pays(down);
    let npv_now = value - investment;
    let value_of_waiting = answer("value_wait", expected / (1.0 + risk_free))?;
    Ok(Deferral { up_probability, npv_now, value_of_waiting, premium: value_of_waiting - npv_now })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dixit_and_pindyck() {
        let trigger = mcdonald_siegel(0.04, 0.04, 0.2, 1.0).unwrap();
        assert!((trigger.beta - 2.0).abs() < 1e-12 && (trigger.trigger_value - 2.0).abs() < 1e-12);
        assert!((trigger.option_value(1.0) - 0.25).abs() < 1e-12);
        // The two branches meet at the trigger.
        assert!((trigger.option_value(2.0) - 1.0).abs() < 1e-12);
        assert!((trigger.option_value(2.0 - 1e-9) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn hull() {
        assert!((black_scholes_call(100.0, 100.0, 0.05, 0.2, 1.0).unwrap() - 10.450_583_572_185_565).abs() < 1e-9);
    }

    #[test]
    fn waiting_one_step() {
        let deferral = one_step_deferral(100.0, 95.0, 1.3, 0.75, 0.05).unwrap();
        assert!((deferral.value_of_waiting - 18.181_818_181_818_18).abs() < 1e-12);
        assert_eq!(one_step_deferral(100.0, 95.0, 1.01, 0.75, 0.05).unwrap_err().field(), "u");
    }
}
