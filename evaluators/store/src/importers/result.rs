//! One result that others published, and the checks that hold whatever its source.

use std::collections::BTreeMap;

use assay_base::{Evidence, NumericFormat};
use assay_core::measurement::Throughput;
use serde::{Deserialize, Serialize};

/// One result that others published. What the source does not say is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishedResult {
    /// Which row of the file, from 1.
    pub row: u64,
    /// The line of the file on which it begins, from 1.
    pub line: u64,
    /// The model (or the kernel) that was run.
    pub model: String,
    /// How it was run, in the source's words: `Offline`, `pp512`, `Batch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// The accelerator, or the processor where there is none, in the source's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accelerator: Option<String>,
    /// How many of them together gave the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accelerators: Option<u64>,
    /// The machine: a system's or an instance's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The software, in the source's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// Numeric format, in the source's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Who measured, where the file says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitter: Option<String>,
    /// When it was measured or published, in the source's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Items a second of all accelerators together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Throughput>,
    /// Standard deviation over mean (of throughput or time), where the source states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative_noise: Option<f64>,
    /// Latencies by what they are, such as `ttft_p50`, in seconds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub latencies_secs: BTreeMap<String, f64>,
    /// Mean power of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_watts: Option<f64>,
    /// Energy of one query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_per_query_joules: Option<f64>,
    /// Derived by the source from another of its results, not run. It says nothing that the other does not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inferred: bool,
    /// Anything about the figures that a reader should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// Everything else the source says that identifies the result: versions, batch, lengths, links.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}

impl PublishedResult {
    /// A result of which only the model is known yet.
    pub(super) fn new(model: impl Into<String>) -> Self {
        Self {
            row: 0,
            line: 0,
            model: model.into(),
            scenario: None,
            accelerator: None,
            accelerators: None,
            system: None,
            stack: None,
            format: None,
            submitter: None,
            date: None,
            throughput: None,
            relative_noise: None,
            latencies_secs: BTreeMap::new(),
            power_watts: None,
            energy_per_query_joules: None,
            inferred: false,
            remarks: Vec::new(),
            details: BTreeMap::new(),
        }
    }

    /// The class of evidence: always [`Evidence::Published`].
    pub fn evidence(&self) -> Evidence {
        Evidence::Published
    }

    /// Items a second of one accelerator; absent where their number is not known.
    pub fn throughput_per_accelerator(&self) -> Option<f64> {
        let count = self.accelerators.filter(|count| *count > 0)?;
        Some(self.throughput.as_ref()?.value / count as f64)
    }

    /// The numeric format, where the source's words name exactly one that is known here.
    pub fn numeric_format(&self) -> Option<NumericFormat> {
        numeric_format(self.format.as_deref()?)
    }

    /// Says a thing about the figures.
    pub(super) fn remark(&mut self, text: impl Into<String>) {
        self.remarks.push(text.into());
    }
}

/// The numeric format that a source's words name; `None` where they name several or one that is not known here.
pub fn numeric_format(words: &str) -> Option<NumericFormat> {
    let word = words.trim().to_ascii_lowercase();
    let word = match word.as_str() {
        "float16" | "half" => "fp16",
        "bfloat16" => "bf16",
        "float32" | "float" => "fp32",
        "nvfp4" | "mxfp4" => "fp4",
        other => other,
    };
    NumericFormat::ALL.into_iter().find(|format| format.label() == word)
}

/// A row that was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Quarantined {
    /// Which row of the file, from 1.
    pub row: u64,
    /// The line of the file on which it begins, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// No server gives a stream a token in less (the fastest published give some 3,000 tokens/s to one, 0.33 ms each): a
/// shorter time is that of a mock server, or of tokens that arrived together.
const MIN_SECS_PER_TOKEN: f64 = 1e-4;

/// No generation that anyone publishes takes longer for a token; the figure is then in another unit.
const MAX_SECS_PER_TOKEN: f64 = 60.0;

/// Words for latencies of one token of a stream.
const PER_TOKEN: [&str; 3] = ["tpot", "itl", "per_token"];

/// Refuses what no result can be, whatever its source.
pub(super) fn plausible(result: PublishedResult) -> Result<PublishedResult, String> {
    let positive = |name: &str, value: f64| {
        if value.is_finite() && value > 0.0 { Ok(()) } else { Err(format!("{name} is {value}, not a positive number")) }
    };
    if let Some(throughput) = &result.throughput {
        positive("the throughput", throughput.value)?;
    }
    for (name, secs) in &result.latencies_secs {
        positive(&format!("the latency {name}"), *secs)?;
    }
    for (name, value) in [("the power", result.power_watts), ("the energy", result.energy_per_query_joules)] {
        value.map_or(Ok(()), |value| positive(name, value))?;
    }
    if result.throughput.is_none() && result.latencies_secs.is_empty() {
        return Err("it states neither a throughput nor a latency".to_owned());
    }
    plausible_tokens(&result)?;
    quantiles_ascend(&result)?;
    Ok(result)
}

fn plausible_tokens(result: &PublishedResult) -> Result<(), String> {
    for what in PER_TOKEN {
        let typical = ["mean", "median", "p50"].iter().find_map(|s| result.latencies_secs.get(&format!("{what}_{s}")));
        match typical {
            Some(secs) if *secs < MIN_SECS_PER_TOKEN => {
                return Err(format!(
                    "{:.4} ms for each token of a stream cannot be; was the server a mock?",
                    secs * 1e3
                ));
            }
            Some(secs) if *secs > MAX_SECS_PER_TOKEN => {
                return Err(format!("{secs:.0} s for each token of a stream cannot be; the unit must be another"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A higher quantile of the same thing is not below a lower one.
fn quantiles_ascend(result: &PublishedResult) -> Result<(), String> {
    let mut last: Option<(&str, f64, &str, f64)> = None;
    let mut quantiles: Vec<(&str, f64, &str, f64)> = result
        .latencies_secs
        .iter()
        .filter_map(|(name, secs)| {
            let (what, statistic) = name.rsplit_once('_').unwrap_or(("", name));
            Some((what, quantile(statistic)?, name.as_str(), *secs))
        })
        .collect();
    quantiles.sort_by(|a, b| (a.0).cmp(b.0).then(a.1.total_cmp(&b.1)));
    for now in quantiles {
        if let Some(before) = last
            && before.0 == now.0
            && now.3 < before.3 * (1.0 - 1e-6)
        {
            return Err(format!("the latency {} is below {}", now.2, before.2));
        }
        last = Some(now);
    }
    Ok(())
}

/// `p99` is 0.99; `min`, `median` and `max` are quantiles, too.
fn quantile(statistic: &str) -> Option<f64> {
    match statistic {
        "min" => Some(0.0),
        "median" => Some(0.5),
        "max" => Some(1.0),
        other => {
            let digits = other.strip_prefix('p')?;
            let number: f64 = digits.parse().ok()?;
            // `p999` is how some write 99.9.
            let percent = if number > 100.0 { number / 10.0 } else { number };
            (percent <= 100.0).then_some(percent / 100.0)
        }
    }
}

/// Whether two figures that must be equal are, to a relative tolerance.
pub(super) fn agree(stated: f64, computed: f64, tolerance: f64) -> bool {
    (stated - computed).abs() <= tolerance * stated.abs().max(computed.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(latencies: &[(&str, f64)]) -> Result<PublishedResult, String> {
        let mut result = PublishedResult::new("m");
        result.latencies_secs = latencies.iter().map(|(name, secs)| ((*name).to_owned(), *secs)).collect();
        plausible(result)
    }

    #[test]
    fn quantiles_must_ascend() {
        assert!(with(&[("p50", 1.0), ("p99", 2.0), ("p999", 2.0), ("ttft_p99", 0.5)]).is_ok());
        assert!(with(&[("p50", 3.0), ("p99", 2.0)]).unwrap_err().contains("p99 is below p50"));
        assert!(with(&[("min", 3.0), ("median", 2.0)]).is_err());
    }

    #[test]
    fn a_token_takes_a_token_s_time() {
        assert!(with(&[("tpot_median", 0.02)]).is_ok());
        assert!(with(&[("tpot_median", 1e-6)]).unwrap_err().contains("mock"));
        assert!(with(&[("itl_mean", 90.0)]).unwrap_err().contains("unit"));
        assert!(with(&[("p99", -1.0)]).is_err() && with(&[]).is_err());
    }

    #[test]
    fn formats_in_the_sources_words() {
        let format = |word: &str| {
            let mut result = PublishedResult::new("m");
            result.format = Some(word.to_owned());
            result.numeric_format()
        };
        assert_eq!(format("FP16"), Some(NumericFormat::Fp16));
        assert_eq!(format("nvfp4"), Some(NumericFormat::Fp4));
        assert_eq!((format("fp8,fp16"), format("UINT4")), (None, None));
    }
}
