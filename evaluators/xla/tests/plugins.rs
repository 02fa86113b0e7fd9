//! Plugins that are absent, are none, or fail: each is a reason, never a crash.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

use assay_core::device::{Device, DeviceKind};
use assay_core::evaluator::{Evaluator as _, EvaluatorError, Job};
use assay_core::{NumericFormat, Shape, Workload};
use assay_xla::pjrt::{Plugin, PluginError, Topology};
use assay_xla::{Places, XlaEvaluator};

/// Compiles a shared library, or answers with `None` where there is no compiler.
fn compile(folder: &Path, name: &str, source: &str) -> Option<PathBuf> {
    std::fs::create_dir_all(folder).unwrap();
    let (code, library) = (folder.join("source.c"), folder.join(name));
    std::fs::write(&code, source).unwrap();
    match Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&code).status() {
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

/// A plugin whose functions are those of C code given by position; the others are missing.
fn plugin(major: i32, words: usize, functions: &[(usize, &str)], code: &str) -> String {
    let places: String =
        functions.iter().map(|(index, name)| format!("  table[5 + {index}] = (long)&{name};\n")).collect();
    format!(
        "#include <stddef.h>
         static long table[5 + 120];
         static const char *words = \"the device is on holiday\";
         struct message {{ size_t size; void *ext; void *error; const char *text; size_t length; }};
         struct code {{ size_t size; void *ext; void *error; int code; }};
         static void message(struct message *m) {{ m->text = words; m->length = 24; }}
         static void code(struct code *c) {{ c->code = 8; }}
         static void destroy(void *a) {{ (void)a; }}
         static void *ok(void *a) {{ (void)a; return 0; }}
         static void *fails(void *a) {{ (void)a; return &table; }}
         {code}
         const long *GetPjrtApi(void) {{
           table[0] = {words} * 8;
           ((int *)&table[4])[0] = {major};
           ((int *)&table[4])[1] = 70;
           table[5] = (long)&destroy; table[6] = (long)&message; table[7] = (long)&code;
         {places}  return table;
         }}"
    )
}

fn refusal(library: &Path) -> String {
    Plugin::load(library).unwrap_err().to_string()
}

#[test]
fn what_is_no_plugin_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refusal(Path::new("/nowhere/plugin.so")).contains("no such file"));
    let text = folder.path().join("text.so");
    std::fs::write(&text, "root:x:0:0:root:/root:/bin/bash\n").unwrap();
    assert!(refusal(&text).contains("does not load"));

    let make = |name: &str, source: &str| compile(&folder.path().join(name), "plugin.so", source);
    let Some(other) = make("other", "int something;") else { return };
    assert!(refusal(&other).contains("no `GetPjrtApi`"));
    let hollow = make("hollow", "const long *GetPjrtApi(void) { return 0; }").unwrap();
    assert!(refusal(&hollow).contains("answers with nothing"));
    let short = make("short", &plugin(0, 4, &[(3, "ok")], "")).unwrap();
    assert!(refusal(&short).contains("only 32 bytes"));
    let newer = make("newer", &plugin(1, 125, &[(3, "ok")], "")).unwrap();
    assert!(refusal(&newer).contains("version 1.70"));
    let without = make("without", &plugin(0, 125, &[], "")).unwrap();
    assert!(refusal(&without).contains("has no PluginInitialize"), "{}", refusal(&without));
    let brief = make("brief", &plugin(0, 7, &[(3, "ok")], "")).unwrap();
    assert!(refusal(&brief).contains("has no PluginInitialize"));
}

#[test]
fn the_plugins_own_words_and_code_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let Some(failing) = compile(folder.path(), "plugin.so", &plugin(0, 125, &[(3, "fails")], "")) else { return };
    let error = Plugin::load(&failing).unwrap_err();
    assert_eq!(error, PluginError::Refused { code: 8, message: "the device is on holiday".to_owned() });
    assert!(error.is_out_of_memory());
    // A topology that is refused, and one that the plugin does not know how to make.
    let refusing = plugin(0, 125, &[(3, "ok"), (82, "fails")], "");
    let refusing = Plugin::load(&compile(&folder.path().join("t"), "plugin.so", &refusing).unwrap()).unwrap();
    assert!(Topology::named(refusing, "v5e:2x2").unwrap_err().is_out_of_memory());
    let lacking = plugin(0, 125, &[(3, "ok")], "");
    let lacking = Plugin::load(&compile(&folder.path().join("l"), "plugin.so", &lacking).unwrap()).unwrap();
    let error = Topology::named(lacking, "v5e:2x2").unwrap_err().to_string();
    assert!(error.contains("PJRT 0.70") && error.contains("no TopologyDescriptionCreate"), "{error}");
}

fn cpu() -> Device {
    Device::new("cpu", DeviceKind::Cpu, "the processor")
}

/// A folder of Python packages with a plugin in the place of the CPU's.
fn packages(source: &str) -> Option<tempfile::TempDir> {
    let site = tempfile::tempdir().unwrap();
    compile(&site.path().join("xla_plugins/xla_cpu_pjrt"), "xla_cpu_pjrt.so", source)?;
    Some(site)
}

fn job() -> Job {
    let shape = Shape::Gemm { m: 2, n: 2, k: 2 };
    Job::new(&Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape }, 1)
}

#[test]
fn without_a_plugin_the_stack_says_what_to_install() {
    let evaluator = XlaEvaluator::new(&[cpu()], &Places::Folders(Vec::new()));
    let (device, status) = evaluator.probe().into_iter().next().unwrap();
    assert_eq!(device.id, "cpu");
    let reason = status.reason.unwrap();
    assert!(!status.available && reason.contains("pip install xla-cpu-pjrt"), "{reason}");
    let error = evaluator.prepare(&cpu(), &job()).map(|_| ()).unwrap_err();
    assert_eq!(error, EvaluatorError::Unavailable(reason));
}

#[test]
fn a_plugin_that_does_not_initialise_is_not_available() {
    let Some(site) = packages(&plugin(0, 125, &[(3, "fails")], "")) else { return };
    let evaluator = XlaEvaluator::new(&[cpu()], &Places::Folders(vec![site.path().to_owned()]));
    let (_, status) = evaluator.probe().into_iter().next().unwrap();
    let reason = status.reason.unwrap();
    assert!(!status.available && reason.contains("the device is on holiday"), "{reason}");
}

#[test]
fn a_missing_device_and_a_failing_compiler_are_reasons() {
    let Some(site) = packages(&plugin(0, 125, &[(3, "ok"), (10, "fails")], "")) else { return };
    let evaluator = XlaEvaluator::new(&[cpu()], &Places::Folders(vec![site.path().to_owned()]));
    assert!(evaluator.probe()[0].1.available);
    let error = evaluator.prepare(&cpu(), &job()).map(|_| ()).unwrap_err();
    assert!(matches!(&error, EvaluatorError::Unavailable(reason) if reason.contains("on holiday")), "{error}");

    // No device at all.
    let none = plugin(0, 125, &[(3, "ok"), (10, "ok"), (11, "ok"), (16, "ok")], "");
    let site = packages(&none).unwrap();
    let evaluator = XlaEvaluator::new(&[cpu()], &Places::Folders(vec![site.path().to_owned()]));
    let error = evaluator.prepare(&cpu(), &job()).map(|_| ()).unwrap_err();
    assert!(matches!(&error, EvaluatorError::Unavailable(reason) if reason.contains("finds no device")), "{error}");

    // One device, and a compiler that says that memory ran out.
    let devices = "static void *one[1] = { &table };
                   struct list { size_t size; void *ext; void *client; void **items; size_t count; };
                   static void *devices(struct list *l) { l->items = one; l->count = 1; return 0; }";
    let full = plugin(0, 125, &[(3, "ok"), (10, "ok"), (11, "ok"), (16, "devices"), (20, "fails")], devices);
    let site = packages(&full).unwrap();
    let evaluator = XlaEvaluator::new(&[cpu()], &Places::Folders(vec![site.path().to_owned()]));
    let error = evaluator.prepare(&cpu(), &job()).map(|_| ()).unwrap_err();
    assert!(matches!(&error, EvaluatorError::OutOfMemory(reason) if reason.contains("cannot compile")), "{error}");
}
