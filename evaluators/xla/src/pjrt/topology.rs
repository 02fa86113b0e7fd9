//! Compiling ahead of time for devices that are not here.

use super::COMPILE_OPTIONS;
use super::client::program;
use super::plugin::{Plugin, PluginError, named_values};
use super::raw::{self, Function, Object};

/// A description of devices that need not be here.
#[derive(Debug)]
pub struct Topology {
    plugin: &'static Plugin,
    topology: Object,
}

/// What the compiler says of a program, in its own names and units.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compiled {
    /// The compiler's cost analysis: names and values.
    pub costs: Vec<(String, String)>,
    /// Memory, where the compiler tells.
    pub memory: Option<CompiledMemory>,
}

/// Bytes of device memory, as the compiler laid them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompiledMemory {
    /// Machine code.
    pub code: i64,
    /// Inputs and weights.
    pub arguments: i64,
    /// Results.
    pub output: i64,
    /// Whatever is needed in between.
    pub temporary: i64,
    /// The most at any time, where the compiler tells.
    pub peak: i64,
}

impl Topology {
    /// The devices of a name such as `v5e:2x2`.
    ///
    /// # Errors
    /// The plugin's: it does not know the name, or describes no devices that are not here.
    pub fn named(plugin: &'static Plugin, name: &str) -> Result<Self, PluginError> {
        let mut create = raw::TopologyCreate::new();
        (create.name, create.name_size) = (name.as_ptr().cast(), name.len());
        plugin.call(Function::TopologyDescriptionCreate, &mut create)?;
        Ok(Self { plugin, topology: create.topology })
    }

    /// The kind of each device, such as `TPU v5 lite`.
    ///
    /// # Errors
    /// The plugin's.
    pub fn device_kinds(&self) -> Result<Vec<String>, PluginError> {
        let mut list = raw::List::new();
        list.object = self.topology;
        self.plugin.call(Function::TopologyDescriptionGetDeviceDescriptions, &mut list)?;
        if list.items.is_null() {
            return Ok(Vec::new());
        }
        // SAFETY: the plugin says that there are so many; they live as long as the topology.
        let devices = unsafe { std::slice::from_raw_parts(list.items, list.count) };
        devices.iter().map(|device| self.plugin.text(Function::DeviceDescriptionKind, *device)).collect()
    }

    /// Compiles a StableHLO module for one of the devices.
    ///
    /// # Errors
    /// The compiler's: [`PluginError::is_out_of_memory`] when the program does not fit.
    pub fn compile(&self, module: &str) -> Result<Compiled, PluginError> {
        let program = program(module);
        let mut compile = raw::Compile::new();
        (compile.topology, compile.program) = (self.topology, &raw const program);
        (compile.options, compile.options_size) = (COMPILE_OPTIONS.as_ptr().cast(), COMPILE_OPTIONS.len());
        self.plugin.call(Function::Compile, &mut compile)?;
        let executable = compile.executable;
        let compiled = Compiled { costs: self.costs(executable), memory: self.memory(executable) };
        self.plugin.call_quietly(Function::ExecutableDestroy, executable);
        Ok(compiled)
    }

    fn costs(&self, executable: Object) -> Vec<(String, String)> {
        let mut costs = raw::CostAnalysis::new();
        costs.executable = executable;
        match self.plugin.call(Function::ExecutableGetCostAnalysis, &mut costs) {
            // SAFETY: the plugin says that there are so many; they live as long as the executable.
            Ok(()) => unsafe { named_values(costs.properties, costs.count) },
            Err(_) => Vec::new(),
        }
    }

    fn memory(&self, executable: Object) -> Option<CompiledMemory> {
        let mut stats = raw::CompiledMemoryStats::new();
        stats.executable = executable;
        self.plugin.call(Function::ExecutableGetCompiledMemoryStats, &mut stats).ok()?;
        Some(CompiledMemory {
            code: stats.code,
            arguments: stats.arguments,
            output: stats.output,
            temporary: stats.temporary,
            peak: stats.peak,
        })
    }
}

impl Drop for Topology {
    fn drop(&mut self) {
        self.plugin.call_quietly(Function::TopologyDescriptionDestroy, self.topology);
    }
}
