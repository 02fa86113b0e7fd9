//! Changing one value in the text of a hardware profile: form and text are two views of the same document.

use std::path::Path;

use assay_base::yaml;
use assay_hardware_profiles::Profile;
use assay_study::text;
use serde_json::{Map, Value};

/// What the text of a profile says, whether or not it is a valid profile; `None` where it is no YAML of keys and values.
pub fn document(text: &str) -> Option<Value> {
    yaml::parse::<Value>(text, Path::new("")).ok().filter(Value::is_object)
}

/// The text with the value at `path`, such as `tdp_watts.value`, changed; null takes it away, and what it was the last
/// value of. Comments and layout stay wherever the value can be changed on its line.
///
/// # Errors
/// When the text is no YAML of keys and values, or the path leads through something that has no keys.
pub fn set(text: &str, path: &str, value: Value) -> Result<String, String> {
    let known = document(text).ok_or("the text is not YAML; mend it there first")?;
    let mut changed = known.clone();
    place(&mut changed, &path.split('.').collect::<Vec<_>>(), as_read(value))?;
    if changed == known {
        return Ok(text.to_owned());
    }
    // The key that was taken away may have been the last of what it belonged to.
    let mut changed_path = path;
    while let Some((parent, _)) = changed_path.rsplit_once('.')
        && text::value_at(&changed, changed_path).is_none()
        && text::value_at(&changed, parent).is_none()
    {
        changed_path = parent;
    }
    let edited = text::replace(text, changed_path, &changed);
    // Only trust an edit that reads back as the very document.
    match edited.filter(|edited| document(edited).as_ref() == Some(&changed)) {
        Some(edited) => Ok(edited),
        None => anew(&changed),
    }
}

/// The document written anew, in the order of the format where it is a profile.
fn anew(document: &Value) -> Result<String, String> {
    let text = match serde_json::from_value::<Profile>(document.clone()) {
        Ok(profile) => yaml::to_string(&profile),
        Err(_) => yaml::to_string(document),
    };
    text.map_err(|error| error.to_string())
}

/// Whole numbers as they are read back from text.
fn as_read(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e15 => Value::from(whole as i64),
            _ => Value::Number(number),
        },
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, as_read(value))).collect()),
        other => other,
    }
}

fn place(here: &mut Value, path: &[&str], value: Value) -> Result<(), String> {
    let [key, rest @ ..] = path else { return Ok(()) };
    if here.is_null() {
        *here = Value::Object(Map::new());
    }
    let Value::Object(map) = here else { return Err(format!("`{key}` cannot be set: it is in no group of keys")) };
    if rest.is_empty() {
        if value.is_null() {
            map.remove(*key);
        } else {
            map.insert((*key).to_owned(), value);
        }
        return Ok(());
    }
    if value.is_null() && !map.contains_key(*key) {
        return Ok(());
    }
    let inner = map.entry((*key).to_owned()).or_insert(Value::Null);
    place(inner, rest, value)?;
    if inner.as_object().is_some_and(Map::is_empty) {
        map.remove(*key);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEXT: &str = "\
# why
schema: assay/profile/1
id: made-up
vendor: Nobody   # really
name: Made up
kind: gpu
sources:
  here: { title: A test, evidence: assumed, confidence: low }
memory_gb: { value: 80, source: here }
peak_tflops:
  bf16: { value: 900, source: here }
";

    #[test]
    fn values_change_on_their_lines() {
        let set = |path: &str, value: Value| set(TEXT, path, value).unwrap();
        assert_eq!(set("vendor", json!("Somebody")), TEXT.replace("Nobody", "Somebody"));
        assert_eq!(set("memory_gb.value", json!(96.0)), TEXT.replace("value: 80", "value: 96"));
        let with = set("tdp_watts", json!({ "value": 700, "source": "here" }));
        assert!(with.starts_with(TEXT) && with.len() > TEXT.len(), "{with}");
        assert!(set("peak_tflops.fp8", json!({ "value": 1800, "source": "here" })).contains("  fp8: {"));
        let without = set("memory_gb", Value::Null);
        assert!(!without.contains("memory_gb") && without.starts_with("# why"), "{without}");
        let without = set("peak_tflops.bf16", Value::Null);
        assert!(!without.contains("peak_tflops") && without.contains("# really"), "{without}");
        assert_eq!(set("year", Value::Null), TEXT);
    }

    #[test]
    fn text_that_is_none_is_refused() {
        assert!(set("a: [", "vendor", json!("x")).is_err());
        assert!(set(TEXT, "vendor.name", json!("x")).unwrap_err().contains("name"));
    }
}
