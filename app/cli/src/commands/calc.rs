//! `assay calc`

use anyhow::Context as _;
use assay_service::cost_models::calc;
use serde_json::{Value, json};

use crate::Verdict;
use crate::args::{Calc, Format};
use crate::output::{self, text};

pub fn run(arguments: &Calc) -> anyhow::Result<Verdict> {
    if arguments.list {
        list(arguments.format)?;
        return Ok(Verdict::Yes);
    }
    let (Some(function), Some(input)) = (&arguments.function, &arguments.input) else {
        anyhow::bail!("name a function and its --input; `assay calc --list` lists both");
    };
    let input: Value = serde_json::from_str(input).context("--input is not JSON")?;
    let value = calc::calculate(function, &input)?;
    output::json(&json!({ "value": value }))?;
    Ok(Verdict::Yes)
}

fn list(format: Format) -> anyhow::Result<()> {
    let rows: Vec<Value> = calc::functions()
        .map(|f| {
            let inputs: Vec<Value> =
                f.inputs.iter().map(|i| json!({"name": i.name, "doc": i.doc, "required": i.required})).collect();
            json!({"id": f.name, "name": f.name, "summary": f.summary, "source": f.source, "inputs": inputs})
        })
        .collect();
    output::data(
        format,
        &Value::Array(rows.clone()),
        &rows,
        &[text("Function"), text("Answers"), text("Inputs"), text("Source")],
        || {
            calc::functions()
                .map(|f| {
                    let name = |i: &calc::Input| if i.required { i.name.to_owned() } else { format!("[{}]", i.name) };
                    vec![
                        f.name.to_owned(),
                        f.summary.to_owned(),
                        f.inputs.iter().map(name).collect::<Vec<_>>().join(", "),
                        f.source.to_owned(),
                    ]
                })
                .collect()
        },
    )
}
