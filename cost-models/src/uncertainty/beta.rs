//! The beta distribution on [0, 1], behind PERT.

/// The regularised incomplete beta function: the probability of a value at most `x`. Shapes above 0.
///
/// Source: continued fraction 8.17.22 of the NIST Digital Library of Mathematical Functions, by Lentz's method.
pub fn beta_cdf(x: f64, alpha: f64, beta: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let log_front = alpha * x.ln() + beta * (-x).ln_1p() - log_beta(alpha, beta);
    // The fraction converges fast on this side of the mean; the other is its mirror.
    if x < (alpha + 1.0) / (alpha + beta + 2.0) {
        log_front.exp() * fraction(x, alpha, beta) / alpha
    } else {
        1.0 - log_front.exp() * fraction(1.0 - x, beta, alpha) / beta
    }
}

fn log_beta(alpha: f64, beta: f64) -> f64 {
    libm::lgamma(alpha) + libm::lgamma(beta) - libm::lgamma(alpha + beta)
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for step in 1..500 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        result *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        result *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    result
}

/// The value that a fraction `p` of the draws does not exceed. Newton steps on [`beta_cdf`] inside a closing bracket.
pub fn beta_ppf(p: f64, alpha: f64, beta: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    let mut x = alpha / (alpha + beta);
    for _ in 0..200 {
        let error = beta_cdf(x, alpha, beta) - p;
        if error > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = ((alpha - 1.0) * x.ln() + (beta - 1.0) * (-x).ln_1p() - log_beta(alpha, beta)).exp();
        let newton = x - error / density;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - x).abs() <= 2.0 * f64::EPSILON * x || high - low <= f64::EPSILON * x {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        // I_x(1, b) = 1 - (1 - x)^b, I_x(a, 1) = x^a, I_x(2, 2) = 3 x^2 - 2 x^3.
        for i in 1..20 {
            let x = f64::from(i) / 20.0;
            assert!((beta_cdf(x, 1.0, 3.5) - (1.0 - (1.0 - x).powf(3.5))).abs() < 1e-14);
            assert!((beta_cdf(x, 2.5, 1.0) - x.powf(2.5)).abs() < 1e-14);
            assert!((beta_cdf(x, 2.0, 2.0) - (3.0 * x * x - 2.0 * x * x * x)).abs() < 1e-14);
        }
    }

    #[test]
    fn the_quantile_inverts_the_distribution() {
        for (alpha, beta) in [(2.0, 4.0), (1.0, 5.0), (5.0, 1.0), (3.3, 2.7), (0.5, 0.5), (40.0, 60.0)] {
            for i in 1..100 {
                let p = f64::from(i) / 100.0;
                let x = beta_ppf(p, alpha, beta);
                assert!((beta_cdf(x, alpha, beta) - p).abs() < 1e-12, "{alpha} {beta} {p}");
            }
        }
    }
}
