//! The interface's memory layout: `pjrt_c_api.h`, as far as it is used.

use std::ffi::{c_char, c_int, c_void};

/// An object of the plugin's, or null.
pub type Object = *mut c_void;

/// Words before the first function: size, extensions, and the version (size, extensions, major and minor).
pub const HEADER_WORDS: usize = 5;
/// The word that holds the major and minor version.
pub const VERSION_WORD: usize = 4;

/// The position of a function after the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Function {
    ErrorDestroy = 0,
    ErrorMessage = 1,
    ErrorGetCode = 2,
    PluginInitialize = 3,
    PluginAttributes = 4,
    EventDestroy = 5,
    EventAwait = 8,
    ClientCreate = 10,
    ClientDestroy = 11,
    ClientPlatformVersion = 14,
    ClientAddressableDevices = 16,
    ClientCompile = 20,
    ClientBufferFromHostBuffer = 22,
    DeviceDescriptionKind = 26,
    DeviceGetDescription = 29,
    DeviceMemoryStats = 34,
    ExecutableDestroy = 40,
    ExecutableNumOutputs = 44,
    ExecutableGetCostAnalysis = 46,
    LoadedExecutableDestroy = 50,
    LoadedExecutableGetExecutable = 51,
    LoadedExecutableExecute = 55,
    BufferDestroy = 58,
    BufferToHostBuffer = 70,
    TopologyDescriptionCreate = 82,
    TopologyDescriptionDestroy = 83,
    TopologyDescriptionGetDeviceDescriptions = 86,
    Compile = 89,
    ExecutableGetCompiledMemoryStats = 96,
}

/// Zeros at the end of each struct, for fields that are newer than this file.
pub const SPARE_WORDS: usize = 16;

/// Declares structs that begin with their size and end with spare zeros.
macro_rules! structs {
    ($($(#[$doc:meta])* $name:ident { $($field:ident : $kind:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[repr(C)]
        pub struct $name {
            size: usize,
            extensions: Object,
            $(pub $field: $kind,)*
            spare: [u64; SPARE_WORDS],
        }

        impl $name {
            /// All zero but the size.
            pub fn new() -> Self {
                // SAFETY: numbers, pointers and arrays of them; zero is a value of each.
                let mut zeros: Self = unsafe { std::mem::zeroed() };
                zeros.size = size_of::<Self>();
                zeros
            }
        }
    )*};
}

structs! {
    /// `PJRT_Error_Message_Args`
    ErrorMessage { error: Object, message: *const c_char, length: usize }
    /// `PJRT_Error_GetCode_Args`
    ErrorCode { error: Object, code: c_int }
    /// `PJRT_Plugin_Initialize_Args`
    Nothing {}
    /// The arguments of every function that takes one object: destroying, awaiting.
    One { object: Object }
    /// The arguments of every function that takes an object and answers with another.
    Related { object: Object, related: Object }
    /// The arguments of every function that takes an object and answers with a text.
    Text { object: Object, text: *const c_char, length: usize }
    /// `PJRT_Plugin_Attributes_Args`
    Attributes { attributes: *const NamedValue, count: usize }
    /// `PJRT_Client_Create_Args`
    ClientCreate {
        options: *const NamedValue, option_count: usize, get: Object, get_argument: Object, put: Object,
        put_argument: Object, client: Object, try_get: Object, try_get_argument: Object,
    }
    /// The arguments of functions that take an object and answer with a list of objects.
    List { object: Object, items: *const Object, count: usize }
    /// `PJRT_Program`
    Program { code: *const c_char, code_size: usize, format: *const c_char, format_size: usize }
    /// `PJRT_Client_Compile_Args`
    ClientCompile {
        client: Object, program: *const Program, options: *const c_char, options_size: usize, executable: Object,
    }
    /// `PJRT_Client_BufferFromHostBuffer_Args`
    BufferFromHost {
        client: Object, data: *const c_void, element: c_int, extents: *const i64, rank: usize, strides: *const i64,
        stride_count: usize, semantics: c_int, device: Object, memory: Object, layout: Object, done: Object,
        buffer: Object,
    }
    /// `PJRT_ExecuteOptions`
    ExecuteOptions {
        send: Object, receive: Object, send_count: usize, receive_count: usize, launch: c_int,
        not_donated: *const i64, not_donated_count: usize, context: Object,
    }
    /// `PJRT_LoadedExecutable_Execute_Args`
    Execute {
        executable: Object, options: *mut ExecuteOptions, arguments: *const *const Object, device_count: usize,
        argument_count: usize, outputs: *const *mut Object, done: *mut Object, device: Object,
    }
    /// `PJRT_Buffer_ToHostBuffer_Args`
    ToHost { source: Object, layout: Object, destination: *mut c_void, destination_size: usize, event: Object }
    /// `PJRT_Executable_NumOutputs_Args`
    Count { executable: Object, count: usize }
    /// `PJRT_Executable_GetCostAnalysis_Args`
    CostAnalysis { executable: Object, count: usize, properties: *const NamedValue }
    /// `PJRT_Executable_GetCompiledMemoryStats_Args`
    CompiledMemoryStats {
        executable: Object, code: i64, arguments: i64, output: i64, alias: i64, temporary: i64, host: [i64; 5], peak: i64,
    }
    /// `PJRT_Device_MemoryStats_Args`, up to the limit.
    DeviceMemoryStats {
        device: Object, in_use: i64, peak: i64, has_peak: bool, allocations: i64, has_allocations: bool, largest: i64,
        has_largest: bool, limit: i64, has_limit: bool,
    }
    /// `PJRT_TopologyDescription_Create_Args`
    TopologyCreate {
        name: *const c_char, name_size: usize, options: *const NamedValue, option_count: usize, topology: Object,
    }
    /// `PJRT_Compile_Args`
    Compile {
        topology: Object, program: *const Program, options: *const c_char, options_size: usize, client: Object,
        executable: Object,
    }
}

/// `PJRT_NamedValue`. Lists of these are arrays, so they have no spare zeros.
#[repr(C)]
pub struct NamedValue {
    pub size: usize,
    pub extensions: Object,
    pub name: *const c_char,
    pub name_size: usize,
    pub kind: c_int,
    /// A number by its bits, or a pointer.
    pub value: u64,
    pub value_size: usize,
}

/// `PJRT_NamedValue_Type`
pub mod named_value {
    pub const STRING: i32 = 0;
    pub const INT64: i32 = 1;
    pub const INT64_LIST: i32 = 2;
    pub const FLOAT: i32 = 3;
    pub const BOOL: i32 = 4;
}

/// `PJRT_Error_Code_RESOURCE_EXHAUSTED`
pub const RESOURCE_EXHAUSTED: i32 = 8;
