//! Where nodes were really executed, from ONNX Runtime's own profile.
//!
//! A profile is a Chrome trace: events of the category `Node` carry the provider, the operator and the duration. The
//! profile is taken from a session of its own, so that the timed one is not disturbed.

use std::collections::{BTreeMap, BTreeSet};

use assay_core::evaluator::EvaluatorError;
use assay_core::model::{ModelNode, Placement, ProviderShare};
use ort::session::Session;
use serde_json::Value;

use crate::ort_evaluator::Setup;
use crate::ort_runtime::Runtime;
use crate::shared::failure;

/// Executes a model in a session with a profile and reads where its nodes ran.
///
/// # Errors
/// When the model cannot be executed once more, or no profile was written.
pub fn placement(
    runtime: &Runtime,
    setup: &Setup,
    model: &[u8],
    nodes: &[ModelNode],
    execute: impl Fn(&mut Session) -> ort::Result<()>,
) -> Result<Placement, EvaluatorError> {
    let folder = tempfile::tempdir().map_err(|error| failure("no folder for the profile", error))?;
    let profiled = || -> ort::Result<String> {
        let mut session =
            setup.builder(runtime)?.with_profiling(folder.path().join("profile"))?.commit_from_memory(model)?;
        execute(&mut session)?;
        session.end_profiling()
    };
    let file = profiled().map_err(|error| failure("ONNX Runtime cannot profile the model", error))?;
    let text = std::fs::read_to_string(&file).map_err(|error| failure("the profile cannot be read", error))?;
    read(&text, setup.provider(), nodes)
        .map_err(|reason| EvaluatorError::Failed(format!("ONNX Runtime's profile cannot be read: {reason}")))
}

/// One executed node.
struct Executed<'a> {
    provider: &'a str,
    operator: &'a str,
    node: &'a str,
    duration: f64,
}

/// The placement that a profile tells.
///
/// # Errors
/// When it is not a profile, or no node was executed.
pub fn read(profile: &str, wanted: &str, nodes: &[ModelNode]) -> Result<Placement, String> {
    let trace: Value = serde_json::from_str(profile).map_err(|error| error.to_string())?;
    let events = trace.as_array().ok_or("it is no list of events")?;
    let executed: Vec<Executed<'_>> = events.iter().filter_map(node_event).collect();
    if executed.is_empty() {
        return Err("it tells of no executed node".to_owned());
    }
    let flops: BTreeMap<&str, f64> = nodes.iter().map(|node| (node.name.as_str(), node.flops.unwrap_or(0.0))).collect();
    let all: f64 = flops.values().sum();
    let time: f64 = executed.iter().map(|e| e.duration).sum();
    let mut shares: BTreeMap<&str, (usize, f64, f64)> = BTreeMap::new();
    let (mut elsewhere, mut crossings, mut last) = (BTreeSet::new(), 0, None);
    for event in &executed {
        let copies = event.operator.starts_with("Memcpy");
        if copies || last.is_some_and(|last| last != event.provider) {
            crossings += 1;
        }
        if copies {
            continue;
        }
        last = Some(event.provider);
        let share = shares.entry(event.provider).or_default();
        share.0 += 1;
        share.1 += work(event, &flops);
        share.2 += event.duration;
        if event.provider != wanted {
            elsewhere.insert(event.operator.to_owned());
        }
    }
    // What a provider compiled as one node has the operations of the nodes that nobody else executed; so have nodes
    // that the optimiser fused under new names.
    let told: f64 = shares.values().map(|(_, flops, _)| flops).sum();
    let rest = (all - told).max(0.0);
    if let Some(heir) = heir(&executed, wanted).and_then(|heir| shares.get_mut(heir)) {
        heir.1 += rest;
    }
    let part = |amount: f64, whole: f64| (whole > 0.0).then(|| (amount / whole).clamp(0.0, 1.0));
    let counted: f64 = shares.values().map(|(_, flops, _)| flops).sum();
    let mut providers: Vec<ProviderShare> = shares
        .into_iter()
        .map(|(provider, (nodes, flops, duration))| ProviderShare {
            provider: provider.to_owned(),
            nodes,
            flop_share: part(flops, counted),
            time_share: part(duration, time),
        })
        .collect();
    let most = |share: &ProviderShare| share.flop_share.or(share.time_share).unwrap_or(0.0);
    providers.sort_by(|a, b| most(b).total_cmp(&most(a)).then_with(|| a.provider.cmp(&b.provider)));
    Ok(Placement { wanted: wanted.to_owned(), providers, elsewhere: elsewhere.into_iter().collect(), crossings })
}

/// The provider whose nodes have names that the model does not know: the one that compiled or fused the rest. The wanted
/// one only where it executed something.
fn heir<'a>(executed: &[Executed<'a>], wanted: &str) -> Option<&'a str> {
    let own = executed.iter().find(|event| event.provider == wanted);
    let compiled = executed.iter().find(|event| event.operator.starts_with(event.provider));
    compiled.or(own).or(executed.first()).map(|event| event.provider)
}

fn node_event(event: &Value) -> Option<Executed<'_>> {
    let name = event.get("name")?.as_str()?;
    if event.get("cat")?.as_str()? != "Node" {
        return None;
    }
    // Older versions tell of fences around the kernel, too.
    let node = name.strip_suffix("_kernel_time")?;
    let arguments = event.get("args")?;
    Some(Executed {
        provider: arguments.get("provider")?.as_str().filter(|provider| !provider.is_empty())?,
        operator: arguments.get("op_name")?.as_str()?,
        node,
        duration: event.get("dur")?.as_f64()?,
    })
}

/// The operations of a node that kept its name.
fn work(event: &Executed<'_>, flops: &BTreeMap<&str, f64>) -> f64 {
    flops.get(event.node).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, flops: f64) -> ModelNode {
        ModelNode { name: name.to_owned(), operator: "MatMul".to_owned(), flops: Some(flops), bytes: None }
    }

    fn profile(events: &[(&str, &str, &str, u32)]) -> String {
        let events: Vec<Value> = events
            .iter()
            .map(|(name, operator, provider, dur)| {
                serde_json::json!({"cat": "Node", "name": format!("{name}_kernel_time"), "dur": dur,
                    "args": {"op_name": operator, "provider": provider}})
            })
            .chain([serde_json::json!({"cat": "Session", "name": "model_run", "dur": 9, "args": {}})])
            .collect();
        serde_json::to_string(&events).unwrap()
    }

    const NODES: [(&str, f64); 3] = [("a", 90.0), ("b", 9.0), ("c", 1.0)];

    fn read_with(events: &[(&str, &str, &str, u32)], wanted: &str) -> Placement {
        let nodes: Vec<ModelNode> = NODES.iter().map(|(name, flops)| node(name, *flops)).collect();
        read(&profile(events), wanted, &nodes).unwrap()
    }

    #[test]
    fn a_compiled_subgraph_has_the_work_that_nobody_else_did() {
        let placement = read_with(
            &[
                ("fused_0", "CUDAExecutionProvider_42", "CUDAExecutionProvider", 5),
                ("c", "TopK", "CPUExecutionProvider", 5),
            ],
            "CUDAExecutionProvider",
        );
        let wanted = placement.wanted_share().unwrap();
        assert_eq!((wanted.flop_share, wanted.time_share), (Some(0.99), Some(0.5)));
        assert_eq!((placement.elsewhere.as_slice(), placement.crossings), (&["TopK".to_owned()][..], 1));
        assert_eq!(placement.rejection(), None);
    }

    #[test]
    fn a_session_that_fell_back_is_caught() {
        let all = [("a", "MatMul", "CPUExecutionProvider", 9), ("b", "MatMul", "CPUExecutionProvider", 1)];
        let placement = read_with(&all, "CUDAExecutionProvider");
        assert!(placement.rejection().unwrap().contains("all of the model ran on CPUExecutionProvider"));
        // Only the small nodes are where they were wanted.
        let some = [("a", "MatMul", "CPUExecutionProvider", 9), ("b", "Add", "CUDAExecutionProvider", 1)];
        assert!(read_with(&some, "CUDAExecutionProvider").rejection().is_some());
    }

    #[test]
    fn a_session_that_was_re_routed_is_caught() {
        let all = [("x", "OpenVINOExecutionProvider_1", "OpenVINOExecutionProvider", 9)];
        let placement = read_with(&all, "CPUExecutionProvider");
        assert!(placement.rejection().unwrap().contains("ran on OpenVINOExecutionProvider"));
    }

    #[test]
    fn copies_are_crossings_and_no_nodes() {
        let events = [
            ("m", "MemcpyFromHost", "CUDAExecutionProvider", 1),
            ("a", "MatMul", "CUDAExecutionProvider", 1),
            ("m2", "MemcpyToHost", "CUDAExecutionProvider", 1),
        ];
        let placement = read_with(&events, "CUDAExecutionProvider");
        assert_eq!((placement.crossings, placement.providers[0].nodes), (2, 1));
    }

    #[test]
    fn what_is_no_profile_is_refused() {
        assert!(read("{}", "A", &[]).is_err());
        assert!(read("[]", "A", &[]).unwrap_err().contains("no executed node"));
        assert!(read("nonsense", "A", &[]).is_err());
    }
}
