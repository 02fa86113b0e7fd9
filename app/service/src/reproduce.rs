//! The command line that measures something again.

use std::path::Path;

use assay_core::Measurement;
use assay_core::workload::Shape;

/// The command that repeats a measurement into the study of a folder.
///
/// # Errors
/// Why there is none, in one sentence.
pub fn command(measurement: &Measurement, study_folder: &Path) -> Result<String, String> {
    let m = measurement;
    if m.provenance.is_some() {
        return Err("it was imported: how it was measured is told by its source".to_owned());
    }
    let mut words = vec!["assay".to_owned(), "run".to_owned(), study_folder.display().to_string()];
    let mut option = |name: &str, value: &str| words.extend([format!("--{name}"), value.to_owned()]);
    match &m.workload.shape {
        Shape::Model(model) => {
            option("model", &model.file);
            for (axis, size) in &model.axes {
                option("axis", &format!("{axis}={size}"));
            }
            if let Some(inputs) = &model.inputs {
                option("inputs", inputs);
            }
        }
        _ => {
            let suite = m.suite.as_deref().ok_or("the suite that it was part of is not known")?;
            option("suite", suite);
            option("workload", &m.workload.id);
        }
    }
    option("device", &m.device.id);
    let (stack, kernel) = match m.stack.as_str().split_once('+') {
        Some((stack, kernel)) => (stack, Some(kernel)),
        None => (m.stack.as_str(), None),
    };
    option("stack", stack);
    // The suite `kernels` measures the bundled kernels by itself.
    if let Some(kernel) = kernel.filter(|_| m.suite.as_deref() != Some("kernels")) {
        return Err(format!("the folder of the kernel `{kernel}` is not known; name it with assay run --kernel DIR"));
    }
    if m.target != "local" {
        option("target", &m.target);
    }
    option("seed", &m.seed.to_string());
    Ok(words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        for (word, expected) in [("a-b/c.yaml", "a-b/c.yaml"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("", "''")] {
            assert_eq!(quoted(word), expected);
        }
    }
}
