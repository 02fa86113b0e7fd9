//! Finds ONNX Runtime's shared library without letting an unusable one near the process.
//!
//! ONNX Runtime 1.22 aborts the process when a session is made, and the crate `ort` panics when the library is not what
//! it expects. So a library is loaded, and asked for its version, by hand before `ort` touches it.

use std::env;
use std::ffi::CStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use assay_core::python;
use libloading::Library;
use ort::sys::OrtApiBase;

/// The oldest minor version of ONNX Runtime 1 that we use; `ort` is built for the interface of that version.
const OLDEST_MINOR: u32 = ort::MINOR_VERSION;

const INSTALL: &str = "install it with `python3 -m pip install onnxruntime` or name a library in ORT_DYLIB_PATH";

const PYTHON_PATIENCE: Duration = Duration::from_secs(5);

/// Prints where the package is without importing it, which would take seconds.
const FIND_PACKAGE: &str = "import importlib.util as u; s = u.find_spec('onnxruntime'); \
     print(s.submodule_search_locations[0] if s and s.submodule_search_locations else '')";

/// A library that `ort` can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrtLibrary {
    /// Where it is.
    pub path: PathBuf,
    /// Its version, such as `1.31.1`.
    pub version: String,
}

/// Finds the library: `ORT_DYLIB_PATH`, next to the executable and in its `lib`, [`python::environments`], the Python on
/// the path, the system's folders. The first that is usable wins; one that the user named in
/// `ORT_DYLIB_PATH` is the only one asked.
///
/// # Errors
/// What was found, why it is of no use, and what to install.
pub fn find() -> Result<OrtLibrary, String> {
    let mut refused = Vec::new();
    if let Some(path) = set_variable("ORT_DYLIB_PATH") {
        return inspect(&path).map_err(|reason| {
            format!("ORT_DYLIB_PATH names {}: {reason}; correct it, unset it, or {INSTALL}", path.display())
        });
    }
    first_usable(&local_folders(), &mut refused)
        .or_else(|| first_usable(&python_folders(&mut refused), &mut refused))
        .or_else(|| first_usable(&system_folders(), &mut refused))
        .ok_or_else(|| explain(&refused))
}

/// Whether a file is a usable ONNX Runtime.
///
/// # Errors
/// Why it is not.
pub fn inspect(path: &Path) -> Result<OrtLibrary, String> {
    if !path.is_file() {
        return Err("there is no such file".to_owned());
    }
    // Safety: loading runs the library's initialisers, which is what using it means.
    let library = unsafe { Library::new(path) }.map_err(|error| format!("it does not load: {}", innermost(&error)))?;
    // Safety: the symbol's type is that of `onnxruntime_c_api.h`.
    let base = unsafe { library.get::<unsafe extern "system" fn() -> *const OrtApiBase>(b"OrtGetApiBase") }
        .map_err(|_| "it is not ONNX Runtime: it has no `OrtGetApiBase`".to_owned())?;
    // Safety: the function takes nothing and answers with a pointer to static data, or null.
    let base = unsafe { base().as_ref() }.ok_or("its `OrtGetApiBase` answers with nothing")?;
    // Safety: as above; the string is static in the library, which is still loaded.
    let version = unsafe { (base.GetVersionString)() };
    if version.is_null() {
        return Err("it does not tell its version".to_owned());
    }
    // Safety: not null, and ends with a zero by the header's contract.
    let version = unsafe { CStr::from_ptr(version) }.to_string_lossy().into_owned();
    if !new_enough(&version) {
        return Err(format!("it is ONNX Runtime {version}, and 1.{OLDEST_MINOR} or newer is needed"));
    }
    // Safety: asks for a pointer to static data; null where the interface is not offered.
    if unsafe { (base.GetApi)(OLDEST_MINOR) }.is_null() {
        return Err(format!("ONNX Runtime {version} does not offer version {OLDEST_MINOR} of its interface"));
    }
    Ok(OrtLibrary { path: path.to_owned(), version })
}

fn new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (1, OLDEST_MINOR)
}

/// The cause at the bottom: `dlopen`'s own words.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// Libraries that were found and why they are of no use.
type Refused = Vec<String>;

fn first_usable(folders: &[PathBuf], refused: &mut Refused) -> Option<OrtLibrary> {
    folders.iter().filter_map(|folder| newest_library(folder)).find_map(|path| match inspect(&path) {
        Ok(library) => Some(library),
        Err(reason) => {
            refused.push(format!("{}: {reason}", path.display()));
            None
        }
    })
}

fn explain(refused: &Refused) -> String {
    if refused.is_empty() {
        format!("ONNX Runtime is not installed: {INSTALL}")
    } else {
        format!("no usable ONNX Runtime (found {}): {INSTALL}", refused.join("; "))
    }
}

fn set_variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn local_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let executable = env::current_exe().ok();
    if let Some(folder) = executable.as_deref().and_then(Path::parent) {
        folders.extend([folder.to_owned(), folder.join("lib")]);
    }
    folders.extend(python::environments().iter().flat_map(|prefix| package_folders(prefix)));
    // conda-forge also has the library without the Python package.
    folders.extend(set_variable("CONDA_PREFIX").map(|prefix| prefix.join("lib")));
    folders
}

/// Where the Python package keeps the library in an environment with a prefix.
fn package_folders(prefix: &Path) -> Vec<PathBuf> {
    let mut site_packages = vec![prefix.join("Lib").join("site-packages")];
    if let Ok(entries) = std::fs::read_dir(prefix.join("lib")) {
        let is_python = |path: &PathBuf| file_name(path).starts_with("python3");
        site_packages.extend(
            entries.flatten().map(|entry| entry.path()).filter(is_python).map(|python| python.join("site-packages")),
        );
    }
    site_packages.into_iter().map(|folder| folder.join("onnxruntime").join("capi")).collect()
}

fn python_folders(refused: &mut Refused) -> Vec<PathBuf> {
    let interpreters = if cfg!(windows) { ["python", "py"] } else { ["python3", "python"] };
    for interpreter in interpreters {
        match ask(interpreter, &["-c", FIND_PACKAGE], PYTHON_PATIENCE) {
            Ok(folder) if !folder.is_empty() => return vec![Path::new(&folder).join("capi")],
            // Not installed there, or no such interpreter.
            Ok(_) | Err(Silence::NoAnswer) => {}
            Err(Silence::TimedOut) => {
                refused.push(format!("{interpreter} did not answer within {} s", PYTHON_PATIENCE.as_secs()));
            }
        }
    }
    Vec::new()
}

fn system_folders() -> Vec<PathBuf> {
    [
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib64",
        "/usr/local/lib",
        "/usr/lib",
        "/opt/homebrew/lib",
        "/opt/onnxruntime/lib",
    ]
    .map(PathBuf::from)
    .to_vec()
}

/// The library with the highest version in its name.
fn newest_library(folder: &Path) -> Option<PathBuf> {
    let is_library = |path: &PathBuf| {
        let name = file_name(path);
        name == "onnxruntime.dll"
            || name.starts_with("libonnxruntime.so")
            || (name.starts_with("libonnxruntime.") && name.ends_with(".dylib"))
    };
    let libraries = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).filter(is_library);
    libraries.max_by_key(|path| (version_in(&file_name(path)), path.clone()))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn version_in(name: &str) -> Vec<u32> {
    name.split('.').filter_map(|part| part.parse().ok()).collect()
}

/// Why a command gave no answer.
#[derive(Debug, PartialEq, Eq)]
enum Silence {
    /// It is not there, or it failed.
    NoAnswer,
    /// It took too long and was killed.
    TimedOut,
}

/// The first line that a command prints.
fn ask(program: &str, arguments: &[&str], patience: Duration) -> Result<String, Silence> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|_| Silence::NoAnswer)?;
    let mut stdout = child.stdout.take().ok_or(Silence::NoAnswer)?;
    let (sender, receiver) = mpsc::channel();
    // A thread of its own: reading cannot be interrupted, and a child of the child may keep the pipe open.
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = std::io::Read::read_to_string(&mut stdout, &mut text);
        // The receiver is gone after a time-out.
        let _ = sender.send(read.map(|_| text));
    });
    let answer = receiver.recv_timeout(patience);
    // Harmless where it has ended: its output is complete.
    let _ = child.kill();
    let _ = child.wait();
    match answer {
        Ok(Ok(text)) => Ok(text.lines().next().unwrap_or_default().trim().to_owned()),
        Ok(Err(_)) => Err(Silence::NoAnswer),
        Err(_) => Err(Silence::TimedOut),
    }
}
