//! A client: devices, buffers on them, and compiled programs.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::rc::Rc;

use super::plugin::{Plugin, PluginError};
use super::raw::{self, Function, NamedValue, Object, named_value};
use super::{COMPILE_OPTIONS, PROGRAM_FORMAT};

/// The type of a buffer's elements, as `PJRT_Buffer_Type` numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum BufferType {
    /// 8-bit integers.
    S8 = 2,
    /// 32-bit integers.
    S32 = 4,
    /// IEEE binary16.
    F16 = 10,
    /// IEEE binary32.
    F32 = 11,
    /// IEEE binary64.
    F64 = 12,
    /// bfloat16.
    Bf16 = 13,
}

/// A plugin's own option for a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientOption {
    /// Yes or no.
    Switch(&'static str, bool),
    /// A list of numbers.
    Numbers(&'static str, Vec<i64>),
}

/// Memory of a device, in bytes, as the plugin's allocator counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// The largest use so far.
    pub peak_bytes: Option<u64>,
    /// What may be used at most.
    pub limit_bytes: Option<u64>,
}

/// A client of a plugin, which holds its devices.
#[derive(Debug)]
pub struct Client {
    plugin: &'static Plugin,
    client: Object,
    /// The first addressable device: the only one that is used.
    device: Object,
}

impl Client {
    /// Starts the plugin's runtime on its devices.
    ///
    /// # Errors
    /// The plugin's: most often that there is no device.
    pub fn start(plugin: &'static Plugin, options: &[ClientOption]) -> Result<Rc<Self>, PluginError> {
        let values: Vec<NamedValue> = options.iter().map(named).collect();
        let mut create = raw::ClientCreate::new();
        (create.options, create.option_count) = (values.as_ptr(), values.len());
        plugin.call(Function::ClientCreate, &mut create)?;
        let mut client = Self { plugin, client: create.client, device: ptr::null_mut() };
        let mut devices = raw::List::new();
        devices.object = client.client;
        plugin.call(Function::ClientAddressableDevices, &mut devices)?;
        if devices.items.is_null() || devices.count == 0 {
            return Err(PluginError::Unusable("the plugin finds no device".to_owned()));
        }
        // SAFETY: the list is not empty, and its devices live as long as the client.
        client.device = unsafe { *devices.items };
        Ok(Rc::new(client))
    }

    /// What the platform says of its version; the CUDA plugin tells CUDA's.
    ///
    /// # Errors
    /// The plugin's.
    pub fn platform_version(&self) -> Result<String, PluginError> {
        self.plugin.text(Function::ClientPlatformVersion, self.client)
    }

    /// The device's kind in the plugin's words, such as `NVIDIA H200`.
    ///
    /// # Errors
    /// The plugin's.
    pub fn device_kind(&self) -> Result<String, PluginError> {
        let mut description = raw::Related::new();
        description.object = self.device;
        self.plugin.call(Function::DeviceGetDescription, &mut description)?;
        self.plugin.text(Function::DeviceDescriptionKind, description.related)
    }

    /// The device's memory, where the plugin counts it.
    pub fn memory_use(&self) -> Option<MemoryUse> {
        let mut stats = raw::DeviceMemoryStats::new();
        stats.device = self.device;
        self.plugin.call(Function::DeviceMemoryStats, &mut stats).ok()?;
        let known = |is_set: bool, bytes: i64| u64::try_from(bytes).ok().filter(|bytes| is_set && *bytes > 0);
        Some(MemoryUse {
            peak_bytes: known(stats.has_peak, stats.peak),
            limit_bytes: known(stats.has_limit, stats.limit),
        })
    }

    /// Compiles a StableHLO module for the device.
    ///
    /// # Errors
    /// The compiler's.
    pub fn compile(self: &Rc<Self>, module: &str) -> Result<Executable, PluginError> {
        let program = program(module);
        let mut compile = raw::ClientCompile::new();
        (compile.client, compile.program) = (self.client, &raw const program);
        (compile.options, compile.options_size) = (COMPILE_OPTIONS.as_ptr().cast(), COMPILE_OPTIONS.len());
        self.plugin.call(Function::ClientCompile, &mut compile)?;
        let mut executable = Executable { client: Rc::clone(self), executable: compile.executable, outputs: 0 };
        let mut loaded = raw::Related::new();
        loaded.object = executable.executable;
        self.plugin.call(Function::LoadedExecutableGetExecutable, &mut loaded)?;
        let mut count = raw::Count::new();
        count.executable = loaded.related;
        let counted = self.plugin.call(Function::ExecutableNumOutputs, &mut count);
        self.plugin.call_quietly(Function::ExecutableDestroy, loaded.related);
        counted?;
        executable.outputs = count.count;
        Ok(executable)
    }

    /// Copies dense row-major data, given as bytes, to the device.
    ///
    /// # Errors
    /// The plugin's: most often that memory is short.
    pub fn upload(self: &Rc<Self>, element: BufferType, shape: &[usize], bytes: &[u8]) -> Result<Buffer, PluginError> {
        let extents: Vec<i64> = shape.iter().map(|&extent| extent as i64).collect();
        let expected = shape.iter().product::<usize>() * element.bytes();
        if expected != bytes.len() {
            let reason = format!("{} bytes were given for a tensor of {expected}", bytes.len());
            return Err(PluginError::Unusable(reason));
        }
        let mut upload = raw::BufferFromHost::new();
        (upload.client, upload.device) = (self.client, self.device);
        (upload.data, upload.element) = (bytes.as_ptr().cast::<c_void>(), element as i32);
        (upload.extents, upload.rank) = (extents.as_ptr(), extents.len());
        self.plugin.call(Function::ClientBufferFromHostBuffer, &mut upload)?;
        let buffer = Buffer { client: Rc::clone(self), buffer: upload.buffer };
        self.plugin.wait(upload.done)?;
        Ok(buffer)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.plugin.call_quietly(Function::ClientDestroy, self.client);
    }
}

impl BufferType {
    /// Bytes of an element.
    pub fn bytes(self) -> usize {
        match self {
            Self::S8 => 1,
            Self::F16 | Self::Bf16 => 2,
            Self::S32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// A program that is compiled for a client's device.
#[derive(Debug)]
pub struct Executable {
    client: Rc<Client>,
    executable: Object,
    outputs: usize,
}

impl Executable {
    /// Executes it once and waits until the device has finished.
    ///
    /// # Errors
    /// The plugin's.
    pub fn execute(&self, arguments: &[Buffer]) -> Result<Vec<Buffer>, PluginError> {
        let plugin = self.client.plugin;
        let arguments: Vec<Object> = arguments.iter().map(|buffer| buffer.buffer).collect();
        let lists = [arguments.as_ptr()];
        let mut outputs = vec![ptr::null_mut(); self.outputs];
        let output_lists = [outputs.as_mut_ptr()];
        let mut done = [ptr::null_mut()];
        let mut options = raw::ExecuteOptions::new();
        let mut execute = raw::Execute::new();
        (execute.executable, execute.options, execute.device_count) = (self.executable, &raw mut options, 1);
        (execute.arguments, execute.argument_count) = (lists.as_ptr(), arguments.len());
        (execute.outputs, execute.done) = (output_lists.as_ptr(), done.as_mut_ptr());
        plugin.call(Function::LoadedExecutableExecute, &mut execute)?;
        let outputs: Vec<Buffer> =
            outputs.into_iter().map(|buffer| Buffer { client: Rc::clone(&self.client), buffer }).collect();
        let [done] = done;
        plugin.wait(done)?;
        Ok(outputs)
    }
}

impl Drop for Executable {
    fn drop(&mut self) {
        self.client.plugin.call_quietly(Function::LoadedExecutableDestroy, self.executable);
    }
}

/// A tensor in a device's memory.
#[derive(Debug)]
pub struct Buffer {
    client: Rc<Client>,
    buffer: Object,
}

impl Buffer {
    /// Copies the tensor to the host, dense and row-major.
    ///
    /// # Errors
    /// The plugin's.
    pub fn download(&self) -> Result<Vec<u8>, PluginError> {
        let plugin = self.client.plugin;
        let mut copy = raw::ToHost::new();
        copy.source = self.buffer;
        plugin.call(Function::BufferToHostBuffer, &mut copy)?;
        let mut bytes = vec![0_u8; copy.destination_size];
        (copy.destination, copy.event) = (bytes.as_mut_ptr().cast(), ptr::null_mut());
        plugin.call(Function::BufferToHostBuffer, &mut copy)?;
        plugin.wait(copy.event)?;
        Ok(bytes)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.client.plugin.call_quietly(Function::BufferDestroy, self.buffer);
    }
}

/// A module as the interface takes it; valid as long as the text.
pub(super) fn program(module: &str) -> raw::Program {
    let mut program = raw::Program::new();
    (program.code, program.code_size) = (module.as_ptr().cast::<c_char>(), module.len());
    (program.format, program.format_size) = (PROGRAM_FORMAT.as_ptr().cast::<c_char>(), PROGRAM_FORMAT.len());
    program
}

fn named(option: &ClientOption) -> NamedValue {
    let (name, kind, value, value_size) = match option {
        ClientOption::Switch(name, on) => (name, named_value::BOOL, u64::from(*on), 1),
        ClientOption::Numbers(name, list) => (name, named_value::INT64_LIST, list.as_ptr() as u64, list.len()),
    };
    NamedValue {
        size: size_of::<NamedValue>(),
        extensions: ptr::null_mut(),
        name: name.as_ptr().cast(),
        name_size: name.len(),
        kind,
        value,
        value_size,
    }
}
