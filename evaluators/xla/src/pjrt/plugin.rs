//! A plugin: a shared library with the interface.

use std::ffi::c_char;
use std::path::{Path, PathBuf};

use libloading::Library;

use super::raw::{self, Function, NamedValue, Object};

/// Memory that is read from a plugin at once is at most this long; more is a sign of another layout.
const LONGEST_TEXT: usize = 1 << 20;

/// What a plugin says, or why it is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PluginError {
    /// The plugin's own words.
    #[error("{message}")]
    Refused {
        /// The status code, as in `absl::StatusCode`.
        code: i32,
        /// The message.
        message: String,
    },
    /// The library is not a plugin, or not one that we can use.
    #[error("{0}")]
    Unusable(String),
}

impl PluginError {
    /// Whether memory did not suffice, on the device or in the compiler's plan for it.
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::Refused { code: raw::RESOURCE_EXHAUSTED, .. })
    }
}

/// A loaded plugin. It stays loaded to the process's end: its threads outlive its objects.
#[derive(Debug)]
pub struct Plugin {
    path: PathBuf,
    table: *const usize,
    /// The interface's version, `0.minor`.
    minor: i32,
}

// SAFETY: the table is constant, and its functions may be called from any thread (pjrt_c_api.h, "thread-safe").
unsafe impl Send for Plugin {}
// SAFETY: as above.
unsafe impl Sync for Plugin {}

impl Plugin {
    /// Loads a library and initialises the plugin in it.
    ///
    /// # Errors
    /// When there is no such library, it is no plugin, its interface's version is another, or it does not initialise.
    pub fn load(path: &Path) -> Result<&'static Self, PluginError> {
        let unusable = |reason: String| PluginError::Unusable(format!("{}: {reason}", path.display()));
        if !path.is_file() {
            return Err(unusable("there is no such file".to_owned()));
        }
        // SAFETY: loading runs the library's initialisers, which is what using it means.
        let library = unsafe { Library::new(path) }.map_err(|error| unusable(format!("does not load: {error}")))?;
        let library = Box::leak(Box::new(library));
        // SAFETY: the symbol's type is that of `pjrt_c_api.h`.
        let entry = unsafe { library.get::<unsafe extern "C" fn() -> *const usize>(b"GetPjrtApi") }
            .map_err(|_| unusable("is no PJRT plugin: it has no `GetPjrtApi`".to_owned()))?;
        // SAFETY: takes nothing and answers with a pointer to constant data, or null.
        let table = unsafe { entry() };
        if table.is_null() {
            return Err(unusable("its `GetPjrtApi` answers with nothing".to_owned()));
        }
        // SAFETY: every version of the table begins with its own size in bytes.
        let bytes = unsafe { *table };
        if bytes < raw::HEADER_WORDS * size_of::<usize>() {
            return Err(unusable(format!("its function table has only {bytes} bytes")));
        }
        // SAFETY: within the size just read; two ints in one word.
        let [major, minor] = unsafe { *table.add(raw::VERSION_WORD).cast::<[i32; 2]>() };
        if major != 0 {
            return Err(unusable(format!("speaks version {major}.{minor} of the PJRT interface, and 0.x is known")));
        }
        let plugin: &'static Self = Box::leak(Box::new(Self { path: path.to_owned(), table, minor }));
        plugin.call(Function::PluginInitialize, &mut raw::Nothing::new())?;
        Ok(plugin)
    }

    /// Where it was loaded from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The interface's version, such as `0.81`.
    pub fn interface_version(&self) -> String {
        format!("0.{}", self.minor)
    }

    /// What the plugin says of itself: versions of XLA and StableHLO, for example.
    ///
    /// # Errors
    /// When it does not tell.
    pub fn attributes(&self) -> Result<Vec<(String, String)>, PluginError> {
        let mut attributes = raw::Attributes::new();
        self.call(Function::PluginAttributes, &mut attributes)?;
        // SAFETY: the plugin says that there are so many; the memory is its own and constant.
        Ok(unsafe { named_values(attributes.attributes, attributes.count) })
    }

    /// Calls a function of the table.
    ///
    /// # Errors
    /// The plugin's, or that it lacks the function.
    pub(super) fn call<A>(&self, function: Function, arguments: &mut A) -> Result<(), PluginError> {
        let address = self.address(function)?;
        // SAFETY: all functions but those of errors have this type; the arguments begin with their size, and their
        // layout is that of the header (raw.rs).
        let error = unsafe {
            let function: unsafe extern "C" fn(*mut A) -> Object = std::mem::transmute(address);
            function(arguments)
        };
        if error.is_null() { Ok(()) } else { Err(self.explain(error)) }
    }

    /// Calls a function whose failure changes nothing, such as one that destroys.
    pub(super) fn call_quietly(&self, function: Function, object: Object) {
        let mut one = raw::One::new();
        one.object = object;
        // Nothing can be done about an object that cannot be destroyed.
        let _ = self.call(function, &mut one);
    }

    /// Waits for an event and destroys it; no event is one that has happened.
    pub(super) fn wait(&self, event: Object) -> Result<(), PluginError> {
        if event.is_null() {
            return Ok(());
        }
        let mut one = raw::One::new();
        one.object = event;
        let outcome = self.call(Function::EventAwait, &mut one);
        self.call_quietly(Function::EventDestroy, event);
        outcome
    }

    /// A text that a function answers with about an object.
    pub(super) fn text(&self, function: Function, object: Object) -> Result<String, PluginError> {
        let mut arguments = raw::Text::new();
        arguments.object = object;
        self.call(function, &mut arguments)?;
        // SAFETY: the plugin's text, which lives as long as the object.
        Ok(unsafe { text(arguments.text, arguments.length) })
    }

    fn address(&self, function: Function) -> Result<usize, PluginError> {
        let word = raw::HEADER_WORDS + function as usize;
        let lacks = || {
            let version = self.interface_version();
            PluginError::Unusable(format!("{} (PJRT {version}) has no {function:?}", self.path.display()))
        };
        // SAFETY: the table begins with its size, and the word is within it.
        let address = unsafe {
            if (word + 1) * size_of::<usize>() > *self.table {
                return Err(lacks());
            }
            *self.table.add(word)
        };
        if address == 0 { Err(lacks()) } else { Ok(address) }
    }

    /// The message and code of an error, which is destroyed.
    fn explain(&self, error: Object) -> PluginError {
        let call = |function: Function, arguments: *mut std::ffi::c_void| {
            if let Ok(address) = self.address(function) {
                // SAFETY: the functions of errors answer with nothing, or with an error that is ignored.
                unsafe {
                    let function: unsafe extern "C" fn(*mut std::ffi::c_void) = std::mem::transmute(address);
                    function(arguments);
                }
            }
        };
        let mut message = raw::ErrorMessage::new();
        message.error = error;
        call(Function::ErrorMessage, (&raw mut message).cast());
        // SAFETY: the error's text, which lives until the error is destroyed.
        let words = unsafe { text(message.message, message.length) };
        let mut code = raw::ErrorCode::new();
        code.error = error;
        call(Function::ErrorGetCode, (&raw mut code).cast());
        let mut destroyed = raw::One::new();
        destroyed.object = error;
        call(Function::ErrorDestroy, (&raw mut destroyed).cast());
        PluginError::Refused { code: code.code, message: words }
    }
}

/// A text of the plugin's.
///
/// # Safety
/// `start` must point to `length` bytes, or be null.
unsafe fn text(start: *const c_char, length: usize) -> String {
    if start.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length.min(LONGEST_TEXT)) };
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

/// Named values of the plugin's, as text.
///
/// # Safety
/// `start` must point to `count` of them, or be null.
pub(super) unsafe fn named_values(start: *const NamedValue, count: usize) -> Vec<(String, String)> {
    if start.is_null() {
        return Vec::new();
    }
    let shown = |value: &NamedValue| {
        let integers = || {
            // SAFETY: a list has as many numbers as it says.
            let list = unsafe { std::slice::from_raw_parts(value.value as *const i64, value.value_size) };
            list.iter().map(i64::to_string).collect::<Vec<_>>().join(".")
        };
        match value.kind {
            // SAFETY: a text has as many bytes as it says.
            raw::named_value::STRING => unsafe { text(value.value as *const c_char, value.value_size) },
            raw::named_value::INT64 => value.value.cast_signed().to_string(),
            raw::named_value::INT64_LIST => integers(),
            raw::named_value::FLOAT => f32::from_bits(value.value as u32).to_string(),
            _ => (value.value & 1 == 1).to_string(),
        }
    };
    // SAFETY: the caller's promise.
    let values = unsafe { std::slice::from_raw_parts(start, count) };
    // SAFETY: a name has as many bytes as it says.
    values.iter().map(|value| (unsafe { text(value.name, value.name_size) }, shown(value))).collect()
}
