//! Operations that one of the bundled kernels computes: the same code that the kernel lab measures.

use std::collections::BTreeMap;

use assay_core::EvaluatorError;
use assay_core::graph::{Node, TensorId};
use assay_core::kernel::Kernel;

use super::{Planner, Step};
use crate::errors::During as _;
use crate::gpu::Gpu;
use crate::kernel::{self, Binding, Operand};
use crate::plan::Launch;
use crate::sources::Element;

/// Values of a kernel's parameters by name.
type Parameters = BTreeMap<String, u32>;

/// Timed executions of each combination of parameters; the shortest counts.
const REPETITIONS: usize = 8;
/// Relative difference of times that is no difference.
const SAME: f32 = 0.005;

impl Planner<'_> {
    /// Adds the launch of a bundled kernel for a node whose operands have these names. `false` when the kernel does not
    /// apply to the device or the sizes.
    ///
    /// # Errors
    /// When the kernel does not compile, or memory is short.
    pub(super) fn bundled(
        &mut self,
        id: &str,
        node: &Node,
        operands: &[(&str, TensorId)],
    ) -> Result<bool, EvaluatorError> {
        let Some(kernel) = Kernel::bundled_by_id(id) else {
            return Err(EvaluatorError::Failed(format!("there is no bundled kernel `{id}`")));
        };
        // Storage decides: tf32 is stored as fp32.
        if !kernel.manifest.formats.iter().any(|format| Element::of(*format) == Some(self.element)) {
            return Ok(false);
        }
        let operand = |tensor: TensorId| Operand {
            address: self.raw(tensor),
            elements: self.count(tensor) as u64,
            factors: self.factors.get(&tensor).copied(),
        };
        let binding = Binding {
            variables: kernel::sizes_of(self.graph, std::slice::from_ref(node)),
            operands: operands.iter().map(|(name, tensor)| ((*name).to_owned(), operand(*tensor))).collect(),
            output: operand(node.output),
        };
        let Some((launch, parameters)) = self.fastest(&kernel, &binding)? else { return Ok(false) };
        let chosen = parameters.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ");
        self.note(id, format!("kernel {id}, {chosen}"));
        self.steps.push(Step::Launch(launch));
        Ok(true)
    }

    /// The kernel with the parameters that are fastest at these sizes; they are looked for once a device.
    pub(super) fn fastest(
        &mut self,
        kernel: &Kernel,
        binding: &Binding,
    ) -> Result<Option<(Launch, Parameters)>, EvaluatorError> {
        let implementation = &kernel.manifest.kernel;
        let key = format!("{} {:?} {:?}", kernel.manifest.id, self.element, binding.variables);
        let known = self.gpu.tuned.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&key).cloned();
        let candidates = known.clone().map_or_else(|| implementation.combinations(), |parameters| vec![parameters]);
        kernel::compile_ahead(self.gpu, kernel, implementation, self.element, binding, &candidates);
        let mut applicable = Vec::new();
        for parameters in candidates {
            match kernel::build(self.gpu, kernel, implementation, self.element, binding, &parameters) {
                Ok(built) => {
                    self.memory.extend(built.scratch);
                    applicable.push((built.launch, parameters));
                }
                Err(EvaluatorError::Unsupported(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let mut timed: Vec<(f32, Launch, Parameters)> = Vec::new();
        for (launch, parameters) in applicable {
            let milliseconds = if known.is_some() { 0.0 } else { shortest(self.gpu, &launch)? };
            timed.push((milliseconds, launch, parameters));
        }
        // The first of those that are as fast as can be told, so that the choice is the same in every run.
        let least = timed.iter().map(|(milliseconds, ..)| *milliseconds).fold(f32::INFINITY, f32::min);
        let chosen = timed.into_iter().find(|(milliseconds, ..)| *milliseconds <= least * (1.0 + SAME));
        let Some((_, launch, parameters)) = chosen else { return Ok(None) };
        let mut tuned = self.gpu.tuned.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tuned.insert(key, parameters.clone());
        Ok(Some((launch, parameters)))
    }
}

/// The shortest of a few executions, in milliseconds.
fn shortest(gpu: &Gpu, launch: &Launch) -> Result<f32, EvaluatorError> {
    let (start, end) = (gpu.event()?, gpu.event()?);
    launch.enqueue(gpu)?;
    let mut shortest = f32::INFINITY;
    for _ in 0..REPETITIONS {
        start.record(&gpu.stream).during("recording an event")?;
        launch.enqueue(gpu)?;
        end.record(&gpu.stream).during("recording an event")?;
        gpu.await_event(&end)?;
        shortest = shortest.min(start.elapsed_ms(&end).during("timing a kernel")?);
    }
    Ok(shortest)
}
