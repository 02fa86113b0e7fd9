//! Every formula answers by name, and a representative third of the acceptance cases holds.

use serde_json::{Value, json};

use super::*;

/// Whether `found` is `expected` within `tolerance`; an object may hold more than is expected of it.
fn agrees(found: &Value, expected: &Value, tolerance: f64) -> bool {
    match (found, expected) {
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(f, e)| agrees(f, e, tolerance))
        }
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().all(|(key, e)| found.get(key).is_some_and(|f| agrees(f, e, tolerance)))
        }
        (Value::Number(found), Value::Number(expected)) => match (found.as_f64(), expected.as_f64()) {
            // The cases' own digits end at one part in 1e15.
            (Some(f), Some(e)) => (f - e).abs() <= tolerance + 1e-14 * e.abs(),
            _ => false,
        },
        (found, expected) => found == expected,
    }
}

#[test]
fn cases_hold_within_their_tolerance() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
    assert!(cases.len() >= 30);
    for case in &cases {
        let found = calculate(case["function"].as_str().unwrap(), &case["inputs"]).unwrap();
        let tolerance = case["tolerance"].as_f64().unwrap();
        assert!(agrees(&found, &case["expected"], tolerance), "{}: {found} is not {}", case["id"], case["expected"]);
    }
}

#[test]
fn all_acceptance_cases_hold() {
    let path = "../../shared/acceptance/finance_cases.json";
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: {path} is not there");
        return;
    };
    let document: Value = serde_json::from_str(&text).unwrap();
    let cases = document["cases"].as_array().unwrap();
    let mut failed = Vec::new();
    for case in cases {
        let expected = &case["expected"];
        match calculate(case["function"].as_str().unwrap(), &case["inputs"]) {
            Ok(found) if agrees(&found, expected, case["tolerance"].as_f64().unwrap()) => {}
            Ok(found) => failed.push(format!("{}: {found} is not {expected}", case["id"])),
            Err(error) => failed.push(format!("{}: {error}", case["id"])),
        }
    }
    assert!(failed.is_empty(), "{} of {} cases fail:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

#[test]
fn names_are_unique_and_documented() {
    let mut names: Vec<&str> = functions().map(|function| function.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    for function in functions() {
        assert!(!function.summary.is_empty() && !function.source.is_empty(), "{}", function.name);
        assert!(function.inputs.iter().all(|input| !input.doc.is_empty()), "{}", function.name);
    }
}

#[test]
fn a_function_asks_for_nothing_it_does_not_list() {
    for function in functions() {
        match calculate(function.name, &json!({})) {
            Err(CalcError::Missing { name, .. }) => {
                let listed = function.inputs.iter().find(|input| input.name == name);
                assert!(listed.is_some_and(|input| input.required), "{} wants `{name}`", function.name);
            }
            other => panic!("{} without inputs: {other:?}", function.name),
        }
    }
}

#[test]
fn remarks_in_parentheses_are_ignored() {
    assert_eq!(function("xirr (actual/365)").unwrap().name, "xirr");
    assert_eq!(function(" fv (begin)").unwrap().name, "fv");
}

#[test]
fn errors_name_the_nearest_word() {
    let error = |name: &str, input: Value| calculate(name, &input).unwrap_err().to_string();
    assert!(error("npv_t", json!({})).contains("did you mean `npv_t0`?"));
    let unknown = error("npv_t0", json!({"rat": 0.1, "flows": [1]}));
    assert!(unknown.contains("no input `rat` (did you mean `rate`?); its inputs are `rate`, `flows`"), "{unknown}");
    let missing = error("npv_t0", json!({"rate": 0.1}));
    assert_eq!(missing, "`npv_t0` needs the input `flows`: cash flows, equally spaced, paid is negative");
    let wrong = error("npv_t0", json!({"rate": "much", "flows": [1]}));
    assert_eq!(wrong, "`npv_t0`: the input `rate` must be a number, not \"much\"");
    let refused = error("cost_per_1m", json!({"price_per_h": 1, "throughput_per_s": 1, "utilization": 2}));
    assert_eq!(refused, "`cost_per_1m`: utilization is 2; it must be a fraction above 0, at most 1");
    assert!(error("npv_t0", json!([1])).contains("must be a JSON object"));
}

#[test]
fn the_undefined_is_null_and_several_are_a_list() {
    assert_eq!(calculate("irr", &json!({"flows": [1, 1]})), Ok(Value::Null));
    let several = calculate("irr", &json!({"flows": [-1600, 10000, -10000]})).unwrap();
    assert_eq!(several.as_array().map(Vec::len), Some(2));
    assert_eq!(calculate("payback", &json!({"flows": [-5, 1]})), Ok(Value::Null));
}

#[test]
fn a_tornado_of_any_formula() {
    let input = json!({"base": {"a": 2, "b": 3}, "ranges": {"a": [1, 3], "b": [3, 4]}, "output": "a^2 + b"});
    let answer = calculate("tornado", &input).unwrap();
    assert_eq!(answer["base"], 7.0);
    assert_eq!(answer["order"], json!(["a", "b"]));
    assert_eq!(answer["bars"]["a"], json!({"low": 4.0, "high": 12.0, "swing": 8.0}));
}
