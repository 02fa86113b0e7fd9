//! NVRTC, the run-time compiler: CUDA C++ to machine code for the device at hand.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::PathBuf;

use libloading::Library;

use crate::libraries::{SearchPath, rank};

type Program = *mut c_void;
type Status = c_int;

/// The compiler, loaded for the rest of the process's life.
pub(crate) struct Nvrtc {
    /// Where it was found.
    pub(crate) path: PathBuf,
    /// Its version, major and minor.
    pub(crate) version: (u32, u32),
    create: unsafe extern "C" fn(
        *mut Program,
        *const c_char,
        *const c_char,
        c_int,
        *const *const c_char,
        *const *const c_char,
    ) -> Status,
    compile: unsafe extern "C" fn(Program, c_int, *const *const c_char) -> Status,
    destroy: unsafe extern "C" fn(*mut Program) -> Status,
    log_size: unsafe extern "C" fn(Program, *mut usize) -> Status,
    log: unsafe extern "C" fn(Program, *mut c_char) -> Status,
    cubin_size: unsafe extern "C" fn(Program, *mut usize) -> Status,
    cubin: unsafe extern "C" fn(Program, *mut c_char) -> Status,
    ptx_size: unsafe extern "C" fn(Program, *mut usize) -> Status,
    ptx: unsafe extern "C" fn(Program, *mut c_char) -> Status,
    /// Architectures it can make machine code for, such as 90.
    architectures: Vec<u32>,
}

/// Compiled code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Image {
    /// Machine code: nothing is left for the driver to compile, so the PTX version it knows does not matter.
    Cubin(Vec<u8>),
    /// Assembly for the newest architecture the compiler knows; the driver compiles it for its newer device.
    Ptx(String),
}

impl Nvrtc {
    /// Loads the best NVRTC for a driver that supports CUDA `driver_major`.
    ///
    /// # Errors
    /// Why none could be loaded, and what to install.
    pub(crate) fn load(search: &SearchPath, driver_major: u32) -> Result<Self, String> {
        let found = search.find("libnvrtc");
        let candidates = rank(found.clone(), driver_major);
        let mut reasons = Vec::new();
        for candidate in &candidates {
            match Self::open(&candidate.path) {
                Ok(nvrtc) => return Ok(nvrtc),
                Err(reason) => reasons.push(format!("{}: {reason}", candidate.path.display())),
            }
        }
        if reasons.is_empty() && !found.is_empty() {
            reasons.push(format!("what was found needs a newer driver than CUDA {driver_major}"));
        }
        let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) };
        Err(format!(
            "NVRTC (libnvrtc.so) was not found{why}: install the CUDA toolkit, or `pip install \"nvidia-cuda-nvrtc=={driver_major}.*\"` \
             (for CUDA 12: nvidia-cuda-nvrtc-cu12)"
        ))
    }

    fn open(path: &std::path::Path) -> Result<Self, String> {
        // The compiler opens this one by its bare name, which resolves to what is already loaded.
        if let Some(directory) = path.parent() {
            for builtins in (SearchPath { directories: vec![directory.to_owned()] }).find("libnvrtc-builtins") {
                // SAFETY: NVIDIA's library; its initialisers have no preconditions. A failure shows when compiling.
                if let Ok(library) = unsafe { Library::new(&builtins.path) } {
                    std::mem::forget(library);
                }
            }
        }
        // SAFETY: as above. Never closed: CUDA libraries do not survive being unloaded.
        let library = unsafe { Library::new(path) }.map_err(|e| e.to_string())?;
        let library: &'static Library = Box::leak(Box::new(library));
        macro_rules! symbol {
            ($name:literal) => {
                // SAFETY: the type is the one NVRTC's header declares for the name.
                *unsafe { library.get($name) }.map_err(|e| e.to_string())?
            };
        }
        let version: unsafe extern "C" fn(*mut c_int, *mut c_int) -> Status = symbol!(b"nvrtcVersion");
        let count: unsafe extern "C" fn(*mut c_int) -> Status = symbol!(b"nvrtcGetNumSupportedArchs");
        let architectures: unsafe extern "C" fn(*mut c_int) -> Status = symbol!(b"nvrtcGetSupportedArchs");
        let (mut major, mut minor, mut number): (c_int, c_int, c_int) = (0, 0, 0);
        // SAFETY: the arguments are valid for writing, the array is as long as the library asked for.
        let supported = unsafe {
            check(version(&mut major, &mut minor), "nvrtcVersion")?;
            check(count(&mut number), "nvrtcGetNumSupportedArchs")?;
            let mut list: Vec<c_int> = vec![0; usize::try_from(number).unwrap_or(0)];
            check(architectures(list.as_mut_ptr()), "nvrtcGetSupportedArchs")?;
            list
        };
        Ok(Self {
            path: path.to_owned(),
            version: (major.unsigned_abs(), minor.unsigned_abs()),
            create: symbol!(b"nvrtcCreateProgram"),
            compile: symbol!(b"nvrtcCompileProgram"),
            destroy: symbol!(b"nvrtcDestroyProgram"),
            log_size: symbol!(b"nvrtcGetProgramLogSize"),
            log: symbol!(b"nvrtcGetProgramLog"),
            cubin_size: symbol!(b"nvrtcGetCUBINSize"),
            cubin: symbol!(b"nvrtcGetCUBIN"),
            ptx_size: symbol!(b"nvrtcGetPTXSize"),
            ptx: symbol!(b"nvrtcGetPTX"),
            architectures: supported.into_iter().filter_map(|a| u32::try_from(a).ok()).collect(),
        })
    }

    /// Compiles a source for a compute capability such as (9, 0); `own` asks for the instructions that only this one
    /// has. `options` are NVRTC's, without the architecture; `headers` are names and texts for `#include`.
    ///
    /// # Errors
    /// The compiler's log.
    pub(crate) fn compile(
        &self,
        name: &str,
        source: &str,
        (capability, own): ((u32, u32), bool),
        options: &[String],
        headers: &[(String, String)],
    ) -> Result<Image, String> {
        let wanted = capability.0 * 10 + capability.1;
        let native = self.architectures.contains(&wanted);
        let below = self.architectures.iter().copied().filter(|a| *a <= wanted).max();
        let architecture = match below {
            _ if native => format!("sm_{wanted}{}", if own { "a" } else { "" }),
            Some(below) => format!("compute_{below}"),
            None => {
                let (major, minor) = self.version;
                return Err(format!("NVRTC {major}.{minor} has no code generator for compute capability {wanted}"));
            }
        };
        let text = |s: &str| CString::new(s).map_err(|e| format!("{name}: {e}"));
        let (source, c_name) = (text(source)?, text(name)?);
        let mut arguments = vec![text(&format!("--gpu-architecture={architecture}"))?];
        for option in options {
            arguments.push(text(option)?);
        }
        let pointers: Vec<*const c_char> = arguments.iter().map(|a| a.as_ptr()).collect();
        let c_headers: Vec<(CString, CString)> =
            headers.iter().map(|(name, content)| Ok((text(name)?, text(content)?))).collect::<Result<_, String>>()?;
        let names: Vec<*const c_char> = c_headers.iter().map(|(name, _)| name.as_ptr()).collect();
        let contents: Vec<*const c_char> = c_headers.iter().map(|(_, content)| content.as_ptr()).collect();
        let headers = c_int::try_from(names.len()).map_err(|e| e.to_string())?;
        let count = c_int::try_from(pointers.len()).map_err(|e| e.to_string())?;
        let mut program: Program = std::ptr::null_mut();
        // SAFETY: all strings outlive the program, which is destroyed below; buffers have the sizes NVRTC tells.
        unsafe {
            let created = (self.create)(
                &mut program,
                source.as_ptr(),
                c_name.as_ptr(),
                headers,
                contents.as_ptr(),
                names.as_ptr(),
            );
            check(created, "nvrtcCreateProgram")?;
            let status = (self.compile)(program, count, pointers.as_ptr());
            let result = if status != 0 {
                let log = read(|size| (self.log_size)(program, size), |to| (self.log)(program, to)).unwrap_or_default();
                Err(format!("{name} does not compile for {architecture} (NVRTC error {status}):\n{}", c_text(&log)))
            } else if native {
                read(|size| (self.cubin_size)(program, size), |to| (self.cubin)(program, to)).map(Image::Cubin)
            } else {
                read(|size| (self.ptx_size)(program, size), |to| (self.ptx)(program, to))
                    .map(|p| Image::Ptx(c_text(&p)))
            };
            (self.destroy)(&mut program);
            result
        }
    }
}

/// Asks for a size, then fills a buffer of it.
fn read(size: impl FnOnce(*mut usize) -> Status, fill: impl FnOnce(*mut c_char) -> Status) -> Result<Vec<u8>, String> {
    let mut bytes = 0;
    check(size(&mut bytes), "NVRTC's result size")?;
    let mut buffer = vec![0_u8; bytes];
    check(fill(buffer.as_mut_ptr().cast()), "NVRTC's result")?;
    Ok(buffer)
}

fn c_text(bytes: &[u8]) -> String {
    CStr::from_bytes_until_nul(bytes).map(|c| c.to_string_lossy().into_owned()).unwrap_or_default()
}

fn check(status: Status, what: &str) -> Result<(), String> {
    if status == 0 { Ok(()) } else { Err(format!("{what} failed with error {status}")) }
}
