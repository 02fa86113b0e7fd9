//! Accelerators whose libraries Assay does not load: found on the PCI bus, named by their vendor's own tool.
//!
//! The bus is read first: that never hangs, and a vendor's tool is only started where a device of that vendor is there.
//! Formats are those of the vendors' documentation; none of them was read from live hardware here.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::device::{Device, DeviceKind};

mod tools;

/// How long a vendor's tool may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// What is known of a device on the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OnBus {
    address: String,
    device: u16,
    vendor: &'static Vendor,
}

/// A vendor of accelerators.
#[derive(Debug, PartialEq, Eq)]
struct Vendor {
    id: u16,
    /// What its devices are called when nothing better is known.
    name: &'static str,
    kind: DeviceKind,
    /// The word in the devices' ids, as in `rocm:0`.
    word: &'static str,
    /// Which of its devices are accelerators.
    picks: Picks,
    /// Commands that describe the devices, the better one first; empty where none is known.
    tools: &'static [&'static [&'static str]],
    /// What would run on it, and is not here.
    needs: &'static str,
}

/// Which of a vendor's devices are accelerators.
#[derive(Debug, PartialEq, Eq)]
enum Picks {
    /// All of them.
    All,
    /// Those of these PCI classes (base class and subclass).
    Classes(&'static [u16]),
    /// Those of these device ids, with their names.
    Ids(&'static [(u16, &'static str)]),
}

const DISPLAYS: &[u16] = &[0x0300, 0x0302, 0x0380, 0x1200];

static VENDORS: [Vendor; 9] = [
    Vendor {
        id: 0x1002,
        name: "AMD accelerator",
        kind: DeviceKind::Gpu,
        word: "rocm",
        picks: Picks::Classes(&[0x0380, 0x1200]),
        tools: &[
            &["amd-smi", "static", "--json"],
            &["rocm-smi", "--showproductname", "--showmeminfo", "vram", "--json"],
        ],
        needs: "ROCm builds of PyTorch, JAX or ONNX Runtime",
    },
    Vendor {
        id: 0x1da3,
        name: "Intel Gaudi",
        kind: DeviceKind::Npu,
        word: "hpu",
        picks: Picks::All,
        tools: &[&["hl-smi", "-Q", "index,name,driver_version,memory.total", "--format", "csv,noheader"]],
        needs: "Intel Gaudi's build of PyTorch",
    },
    Vendor {
        id: 0x1d0f,
        name: "AWS Neuron device",
        kind: DeviceKind::Npu,
        word: "neuron",
        picks: Picks::Ids(&[
            (0x7064, "AWS Inferentia"),
            (0x7164, "AWS Trainium"),
            (0x7264, "AWS Inferentia2"),
            (0x7364, "AWS Trainium2"),
        ]),
        tools: &[&["neuron-ls", "--json-output"]],
        needs: "torch-neuronx or JAX with libneuronxla",
    },
    Vendor {
        id: 0x1ae0,
        name: "Google TPU",
        kind: DeviceKind::Tpu,
        word: "tpu",
        picks: Picks::Ids(&[
            (0x0027, "Google TPU v2 or v3"),
            (0x005e, "Google TPU v4"),
            (0x0062, "Google TPU v5p"),
            (0x0063, "Google TPU v5e"),
            (0x006f, "Google TPU v6e"),
            (0x0076, "Google TPU v7x"),
        ]),
        tools: &[&["tpu-info", "-v"]],
        needs: "JAX with libtpu",
    },
    Vendor {
        id: 0x8086,
        name: "Intel GPU or NPU",
        kind: DeviceKind::Gpu,
        word: "xpu",
        picks: Picks::Classes(DISPLAYS),
        tools: &[&["xpu-smi", "discovery", "-j"]],
        needs: "OpenVINO, or PyTorch for XPU",
    },
    Vendor {
        id: 0x1de0,
        name: "Groq LPU",
        kind: DeviceKind::Npu,
        word: "groq",
        picks: Picks::All,
        tools: &[],
        needs: "Groq's own software",
    },
    Vendor {
        id: 0x1e52,
        name: "Tenstorrent accelerator",
        kind: DeviceKind::Npu,
        word: "tt",
        picks: Picks::All,
        tools: &[],
        needs: "TT-Metalium or TT-XLA",
    },
    Vendor {
        id: 0x1ed2,
        name: "Furiosa NPU",
        kind: DeviceKind::Npu,
        word: "furiosa",
        picks: Picks::All,
        tools: &[],
        needs: "Furiosa's own software",
    },
    Vendor {
        id: 0x1eff,
        name: "Rebellions NPU",
        kind: DeviceKind::Npu,
        word: "rbln",
        picks: Picks::All,
        tools: &[],
        needs: "Rebellions' own software",
    },
];

/// The accelerators of this machine that no evaluator reaches by itself.
pub fn devices() -> Vec<Device> {
    detect(Path::new("/sys/bus/pci/devices"), &|command| answer(command, PATIENCE))
}

/// Devices of a bus, described by tools that `ask` starts: their output, or why there is none.
fn detect(bus: &Path, ask: &dyn Fn(&[&str]) -> Result<String, String>) -> Vec<Device> {
    let on_bus = scan(bus);
    let mut devices = Vec::new();
    for vendor in &VENDORS {
        let ours: Vec<&OnBus> = on_bus.iter().filter(|found| found.vendor == vendor).collect();
        if ours.is_empty() {
            continue;
        }
        let mut silent = Vec::new();
        let mut told = Vec::new();
        for tool in vendor.tools {
            match ask(tool).and_then(|text| tools::read(tool.first().copied().unwrap_or_default(), &text)) {
                Ok(found) => {
                    told = found;
                    break;
                }
                Err(reason) => silent.push(reason),
            }
        }
        for (index, found) in ours.into_iter().enumerate() {
            let described = told.get(index);
            devices.push(found.device(index, described, &silent));
        }
    }
    devices
}

impl OnBus {
    fn device(&self, index: usize, told: Option<&tools::Told>, silent: &[String]) -> Device {
        let vendor = self.vendor;
        let by_id = match vendor.picks {
            Picks::Ids(known) => known.iter().find(|(id, _)| *id == self.device).map(|(_, name)| *name),
            _ => None,
        };
        let name = told.and_then(|told| told.name.clone());
        let mut properties = BTreeMap::from([
            ("pci".to_owned(), format!("{} ({:04x}:{:04x})", self.address, vendor.id, self.device)),
            ("no stack".to_owned(), format!("it needs {}, and no stack here drives it", vendor.needs)),
        ]);
        if let Some(told) = told {
            properties.extend(told.properties.clone());
        } else if !silent.is_empty() {
            properties.insert("tools".to_owned(), silent.join("; "));
        }
        Device {
            id: format!("{}:{index}", vendor.word),
            kind: vendor.kind,
            name: name.unwrap_or_else(|| by_id.unwrap_or(vendor.name).to_owned()),
            memory_bytes: told.and_then(|told| told.memory_bytes),
            properties,
        }
    }
}

/// Accelerators on the bus, by address.
fn scan(bus: &Path) -> Vec<OnBus> {
    let entries = std::fs::read_dir(bus).into_iter().flatten().flatten();
    let mut found: Vec<OnBus> = entries.filter_map(|entry| on_bus(&entry.path())).collect();
    found.sort_by(|a, b| a.address.cmp(&b.address));
    found
}

fn on_bus(folder: &Path) -> Option<OnBus> {
    let number = |file: &str| {
        let text = std::fs::read_to_string(folder.join(file)).ok()?;
        u32::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok()
    };
    let (vendor, device, class) = (number("vendor")?, number("device")?, number("class")?);
    let vendor = VENDORS.iter().find(|known| u32::from(known.id) == vendor)?;
    let device = u16::try_from(device).ok()?;
    let wanted = match vendor.picks {
        Picks::All => true,
        Picks::Classes(classes) => classes.iter().any(|known| u32::from(*known) == class >> 8),
        Picks::Ids(known) => known.iter().any(|(id, _)| *id == device),
    };
    let address = folder.file_name()?.to_string_lossy().into_owned();
    wanted.then_some(OnBus { address, device, vendor })
}

/// What a command prints, if it ends well and in time.
fn answer(command: &[&str], patience: Duration) -> Result<String, String> {
    let Some((program, arguments)) = command.split_first() else { return Err("no command".to_owned()) };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{program}: {error}"))?;
    let stdout = child.stdout.take();
    let (sender, receiver) = std::sync::mpsc::channel();
    // On a thread of its own: reading cannot be interrupted, and a child of the tool may keep the pipe open.
    std::thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut stdout) = stdout {
            std::io::Read::read_to_string(&mut stdout, &mut text).ok();
        }
        sender.send(text).ok();
    });
    let deadline = Instant::now() + patience;
    let text = receiver.recv_timeout(patience);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(10)),
            _ => break None,
        }
    };
    child.kill().ok();
    child.wait().ok();
    match (text, status) {
        (Ok(text), Some(status)) if status.success() => Ok(text),
        (_, Some(status)) => Err(format!("{program} ended with {status}")),
        _ => Err(format!("{program} did not answer within {} s", patience.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bus as sysfs shows it: address, vendor, device, class.
    fn bus(devices: &[(&str, u32, u32, u32)]) -> std::path::PathBuf {
        let number = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let root = std::env::temp_dir().join(format!("assay-bus-{}-{number}", std::process::id()));
        for (address, vendor, device, class) in devices {
            let folder = root.join(address);
            std::fs::create_dir_all(&folder).unwrap();
            for (file, value) in [("vendor", vendor), ("device", device), ("class", class)] {
                std::fs::write(folder.join(file), format!("{value:#06x}\n")).unwrap();
            }
        }
        std::fs::create_dir_all(root.join("0000:ff:00.0")).unwrap();
        root
    }

    #[test]
    fn the_bus_tells_what_is_an_accelerator() {
        let root = bus(&[
            ("0000:01:00.0", 0x1d0f, 0x7264, 0x08_8000),
            ("0000:02:00.0", 0x1d0f, 0xec20, 0x02_0000),
            ("0000:03:00.0", 0x1002, 0x74a1, 0x12_0000),
            ("0000:04:00.0", 0x1002, 0x1478, 0x06_0400),
            ("0000:05:00.0", 0x1ae0, 0x0063, 0xff_0000),
            ("0000:06:00.0", 0x10de, 0x2335, 0x03_0200),
            ("0000:07:00.0", 0x1e52, 0xb140, 0x12_0000),
        ]);
        let asked = std::cell::RefCell::new(Vec::new());
        let devices = detect(&root, &|command| {
            asked.borrow_mut().push(command[0].to_owned());
            Err(format!("{}: not found", command[0]))
        });
        std::fs::remove_dir_all(&root).unwrap();
        let shown: Vec<(&str, &str)> = devices.iter().map(|d| (d.id.as_str(), d.name.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("rocm:0", "AMD accelerator"),
                ("neuron:0", "AWS Inferentia2"),
                ("tpu:0", "Google TPU v5e"),
                ("tt:0", "Tenstorrent accelerator")
            ]
        );
        assert_eq!(asked.into_inner(), ["amd-smi", "rocm-smi", "neuron-ls", "tpu-info"]);
        assert_eq!(devices[0].memory_bytes, None);
        assert!(devices[0].properties["tools"].contains("rocm-smi: not found"));
        assert!(devices[3].properties["no stack"].contains("TT-Metalium"));
    }

    #[test]
    fn a_tool_names_the_devices_and_a_second_one_stands_in() {
        let root = bus(&[("0000:03:00.0", 0x1002, 0x740c, 0x03_8000)]);
        let devices = detect(&root, &|command| match command[0] {
            "rocm-smi" => Ok(tools::tests::ROCM_SMI.to_owned()),
            tool => Err(format!("{tool}: broken")),
        });
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!((devices[0].name.as_str(), devices[0].memory_bytes), ("AMD Instinct MI250X", Some(68_702_699_520)));
    }

    #[cfg(unix)]
    #[test]
    fn a_tool_that_hangs_or_fails_is_given_up() {
        let started = Instant::now();
        assert!(answer(&["sleep", "60"], Duration::from_millis(100)).unwrap_err().contains("did not answer"));
        assert!(started.elapsed() < Duration::from_secs(5));
        assert!(answer(&["false"], PATIENCE).unwrap_err().contains("ended with"));
        assert!(answer(&["no-such-tool"], PATIENCE).unwrap_err().contains("no-such-tool"));
        assert_eq!(answer(&["echo", "x"], PATIENCE), Ok("x\n".to_owned()));
    }

    #[test]
    fn this_machine_has_a_bus_or_none() {
        for device in devices() {
            assert!(!device.name.is_empty() && device.id.contains(':'));
        }
    }
}
