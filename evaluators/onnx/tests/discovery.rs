//! The search for ONNX Runtime, in child processes: it reads the environment, and a process has one library for good.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

use assay_core::device::{Device, DeviceKind};
use assay_core::evaluator::Evaluator as _;
use assay_onnx::OrtEvaluator;

/// Says in a child process to probe and print.
const CHILD: &str = "ASSAY_ONNX_TEST_CHILD";

/// Not a test of its own: it is what the children run.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    for (_, status) in OrtEvaluator::new(Device::new("cpu", DeviceKind::Cpu, "")).probe() {
        println!("available={} reason={} .", status.available, status.reason.unwrap_or_default());
    }
}

/// What a probe says in an environment of nothing but these variables.
fn probe(variables: &[(&str, &Path)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env_clear()
        .env(CHILD, "1")
        // No Python.
        .env("PATH", "")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().find(|line| line.contains("available=")).unwrap().to_owned()
}

/// Compiles a shared library, or answers with `None` where there is no compiler.
fn compile(folder: &Path, name: &str, source: &str) -> Option<PathBuf> {
    std::fs::create_dir_all(folder).unwrap();
    let (code, library) = (folder.join("source.c"), folder.join(name));
    std::fs::write(&code, source).unwrap();
    let done = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&code).status();
    match done {
        Ok(status) => {
            assert!(status.success());
            Some(library)
        }
        Err(_) => {
            eprintln!("skipped: there is no C compiler");
            None
        }
    }
}

/// A library that says it is ONNX Runtime of a version, and offers no interface.
fn pretender(version: &str) -> String {
    format!(
        "static const void *get_api(unsigned v) {{ (void)v; return 0; }}
         static const char *version(void) {{ return \"{version}\"; }}
         struct base {{ const void *(*get_api)(unsigned); const char *(*version)(void); }};
         static const struct base base = {{ get_api, version }};
         const struct base *OrtGetApiBase(void) {{ return &base; }}"
    )
}

#[test]
fn a_named_library_that_is_of_no_use_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let named = |path: &Path| probe(&[("ORT_DYLIB_PATH", path)]);

    let text = named(Path::new("/nowhere/libonnxruntime.so"));
    assert!(text.contains("available=false") && text.contains("no such file"), "{text}");

    let not_a_library = folder.path().join("libonnxruntime.so");
    std::fs::write(&not_a_library, "root:x:0:0:root:/root:/bin/bash\n").unwrap();
    let text = named(&not_a_library);
    assert!(text.contains("available=false") && text.contains("it does not load"), "{text}");
    assert!(text.contains("ELF") || text.contains("too short"), "dlopen's own words are missing: {text}");

    let Some(other) = compile(&folder.path().join("other"), "libonnxruntime.so", "int something;") else { return };
    let text = named(&other);
    assert!(text.contains("it has no `OrtGetApiBase`"), "{text}");

    let old = compile(&folder.path().join("old"), "libonnxruntime.so", &pretender("1.22.1")).unwrap();
    let text = named(&old);
    assert!(text.contains("1.22.1") && text.contains("1.23 or newer"), "{text}");

    let hollow = compile(&folder.path().join("hollow"), "libonnxruntime.so", &pretender("1.99.0")).unwrap();
    let text = named(&hollow);
    assert!(text.contains("does not offer version 23"), "{text}");
}

#[test]
fn an_environment_with_an_old_version_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let capi = folder.path().join("lib/python3.11/site-packages/onnxruntime/capi");
    if compile(&capi, "libonnxruntime.so.1.20.0", &pretender("1.20.0")).is_none() {
        return;
    }
    compile(&capi, "libonnxruntime.so.1.9.0", &pretender("1.9.0")).unwrap();
    for variable in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        let text = probe(&[(variable, folder.path())]);
        if text.contains("available=true") {
            eprintln!("skipped: this system has an ONNX Runtime of its own");
            return;
        }
        // Of two files the newer one, compared as numbers.
        assert!(text.contains("libonnxruntime.so.1.20.0: it is ONNX Runtime 1.20.0"), "{text}");
        assert!(text.contains("pip install onnxruntime"), "{text}");
    }
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let text = probe(&[("ORT_DYLIB_PATH", Path::new("")), ("VIRTUAL_ENV", Path::new(""))]);
    assert!(text.contains("available=true") || text.contains("is not installed"), "{text}");
}

#[test]
fn the_python_on_the_path_is_asked_and_killed_when_it_hangs() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package");
    if compile(&package.join("capi"), "libonnxruntime.so", &pretender("1.21.0")).is_none() {
        return;
    }
    let python = folder.path().join("python3");
    let script = |text: &str| {
        std::fs::write(&python, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    };

    script(&format!("echo {}", package.display()));
    let text = probe(&[("PATH", folder.path())]);
    if text.contains("available=true") {
        eprintln!("skipped: this system has an ONNX Runtime of its own");
        return;
    }
    assert!(text.contains("it is ONNX Runtime 1.21.0"), "{text}");

    script("exec /bin/sleep 60");
    let started = std::time::Instant::now();
    let text = probe(&[("PATH", folder.path())]);
    assert!(text.contains("python3 did not answer within 5 s"), "{text}");
    assert!(started.elapsed().as_secs() < 30);
}
