//! What vendors' tools print about their devices. Shapes are from the vendors' documentation.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a tool tells of one device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its name.
    pub name: Option<String>,
    /// Its memory.
    pub memory_bytes: Option<u64>,
    /// Whatever else is worth knowing.
    pub properties: BTreeMap<String, String>,
}

/// The devices that a tool's output tells of, in its order.
///
/// # Errors
/// When the output is not what the tool is known to print.
pub fn read(tool: &str, text: &str) -> Result<Vec<Told>, String> {
    let devices = match tool {
        "amd-smi" => amd_smi(text),
        "rocm-smi" => rocm_smi(text),
        "hl-smi" => hl_smi(text),
        "neuron-ls" => neuron_ls(text),
        "xpu-smi" => xpu_smi(text),
        "tpu-info" => tpu_info(text),
        _ => None,
    };
    devices
        .filter(|devices| !devices.is_empty())
        .ok_or_else(|| format!("{tool} printed something that is not known here"))
}

/// JSON after lines of warnings.
fn json(text: &str) -> Option<Value> {
    let start = text.lines().scan(0, |at, line| {
        let here = *at;
        *at += line.len() + 1;
        Some((here, line))
    });
    let begins = |line: &str| line.trim_start().starts_with(['{', '[']);
    let (at, _) = start.into_iter().find(|(_, line)| begins(line))?;
    serde_json::from_str(text.get(at..)?).ok()
}

/// Text that says something: tools print `N/A` where they know nothing.
fn word(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty() && !text.eq_ignore_ascii_case("n/a")).then_some(text)
}

fn properties<const N: usize>(entries: [(&str, Option<String>); N]) -> BTreeMap<String, String> {
    entries.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A number with a unit as one text or as an object; decimal units as the tools write them stand for powers of two.
fn bytes(value: &Value) -> Option<u64> {
    let (number, unit) = match value {
        Value::Object(fields) => (fields.get("value")?.as_f64()?, fields.get("unit")?.as_str()?.to_owned()),
        Value::String(text) => {
            let (number, unit) = text.trim().split_once(' ')?;
            (number.parse::<f64>().ok()?, unit.trim().to_owned())
        }
        _ => return None,
    };
    let unit = match unit.to_ascii_lowercase().as_str() {
        "b" => 1.0,
        "kb" | "kib" => 1024.0,
        "mb" | "mib" => 1024.0 * 1024.0,
        "gb" | "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    (number.is_finite() && number > 0.0).then_some((number * unit) as u64)
}

/// `amd-smi static --json`: a bare list, or since ROCm 7 an object with `gpu_data`.
fn amd_smi(text: &str) -> Option<Vec<Told>> {
    let document = json(text)?;
    let gpus = document.as_array().or_else(|| document.get("gpu_data")?.as_array())?;
    let told = |gpu: &Value| Told {
        name: word(gpu.pointer("/asic/market_name")),
        memory_bytes: gpu.pointer("/vram/size").and_then(bytes),
        properties: properties([
            ("architecture", word(gpu.pointer("/asic/target_graphics_version"))),
            ("driver", word(gpu.pointer("/driver/version"))),
            ("memory type", word(gpu.pointer("/vram/type"))),
        ]),
    };
    Some(gpus.iter().map(told).collect())
}

/// `rocm-smi --json`: an object with `card0`, `card1`, ... whose keys changed between versions.
fn rocm_smi(text: &str) -> Option<Vec<Told>> {
    let document = json(text)?;
    let mut cards: Vec<(usize, &Value)> = document
        .as_object()?
        .iter()
        .filter_map(|(name, card)| Some((name.strip_prefix("card")?.parse().ok()?, card)))
        .collect();
    cards.sort_by_key(|(number, _)| *number);
    let told = |card: &Value| {
        let field = |wanted: &str| {
            let fields = card.as_object()?;
            word(fields.iter().find(|(key, _)| key.to_ascii_lowercase().contains(wanted)).map(|(_, value)| value))
        };
        Told {
            name: field("card series").or_else(|| field("product name")),
            memory_bytes: field("vram total memory (b)").and_then(|text| text.parse().ok()),
            properties: properties([("architecture", field("gfx version"))]),
        }
    };
    Some(cards.into_iter().map(|(_, card)| told(card)).collect())
}

/// `hl-smi -Q index,name,driver_version,memory.total --format csv,noheader`.
fn hl_smi(text: &str) -> Option<Vec<Told>> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let [index, name, driver, memory] = fields.as_slice() else { return None };
        index.parse::<u32>().ok()?;
        Some(Told {
            name: Some(format!("Intel Gaudi {name}")),
            memory_bytes: bytes(&Value::String((*memory).to_owned())),
            properties: properties([("driver", Some((*driver).to_owned()))]),
        })
    };
    text.lines().filter(|l| !l.trim().is_empty()).map(line).collect()
}

/// `neuron-ls --json-output`: a list of devices, or an object with `mlas` or `neuron_devices`.
fn neuron_ls(text: &str) -> Option<Vec<Told>> {
    let document = json(text)?;
    let list = document
        .as_array()
        .or_else(|| ["neuron_devices", "mlas"].into_iter().find_map(|key| document.get(key)?.as_array()))?;
    let instance = word(document.get("instance_type"));
    let told = |device: &Value| Told {
        name: None,
        memory_bytes: device.get("memory_size").and_then(|m| m.as_u64().or_else(|| bytes(m))),
        properties: properties([
            ("cores", word(device.get("nc_count").or_else(|| device.get("neuron_cores")))),
            ("instance", instance.clone()),
        ]),
    };
    let sound = list.iter().all(|d| d.get("neuron_device").is_some() || d.get("nc_count").is_some());
    sound.then(|| list.iter().map(told).collect())
}

/// `xpu-smi discovery -j`.
fn xpu_smi(text: &str) -> Option<Vec<Told>> {
    let document = json(text)?;
    let told = |device: &Value| Told {
        name: word(device.get("device_name")),
        memory_bytes: word(device.get("memory_physical_size_byte")).and_then(|text| text.parse().ok()),
        properties: properties([("driver", word(device.get("driver_version"))), ("uuid", word(device.get("uuid")))]),
    };
    Some(document.get("device_list")?.as_array()?.iter().map(told).collect())
}

/// `tpu-info -v`: lines such as `accelerator type: v6e`. It tells of the kind, not of each chip.
fn tpu_info(text: &str) -> Option<Vec<Told>> {
    let value = |wanted: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(wanted)?.trim_start().strip_prefix(':'))?;
        (!line.trim().is_empty()).then(|| line.trim().to_owned())
    };
    let kind = value("accelerator type")?;
    let properties = properties([("libtpu", value("libtpu version")), ("tpu-info", value("tpu-info version"))]);
    Some(vec![Told { name: Some(format!("Google TPU {kind}")), memory_bytes: None, properties }])
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// In the shape that ROCm 6 documents.
    pub const ROCM_SMI: &str = r#"{"card0": {"Card Series": "AMD Instinct MI250X", "Card Model": "0x740c",
        "VRAM Total Memory (B)": "68702699520", "GFX Version": "gfx90a"}, "system": {"Driver version": "6.7.0"}}"#;
    const AMD: &str = r#"{"gpu": 0, "asic": {"market_name": "AMD Instinct MI300X", "target_graphics_version": "gfx942"},
        "vram": {"type": "HBM", "size": {"value": 196592, "unit": "MB"}}, "driver": {"version": "N/A"}}"#;

    #[test]
    fn amd_smi_has_two_shapes_and_warns_before_them() {
        for text in [format!("[{AMD}]"), format!("WARNING: something is old\n{{\"gpu_data\": [{AMD}]}}")] {
            let told = read("amd-smi", &text).unwrap();
            assert_eq!(told[0].name.as_deref(), Some("AMD Instinct MI300X"));
            assert_eq!(told[0].memory_bytes, Some(196_592 << 20));
            assert_eq!(told[0].properties.get("architecture").map(String::as_str), Some("gfx942"));
            assert_eq!(told[0].properties.get("driver"), None);
        }
    }

    #[test]
    fn rocm_smi_skips_the_system_and_finds_renamed_keys() {
        let told = read("rocm-smi", ROCM_SMI).unwrap();
        assert_eq!((told.len(), told[0].memory_bytes), (1, Some(68_702_699_520)));
        let renamed = r#"{"card10": {"Card series": "B"}, "card2": {"Card series": "A"}}"#;
        let names: Vec<_> = read("rocm-smi", renamed).unwrap().into_iter().map(|t| t.name.unwrap()).collect();
        assert_eq!(names, ["A", "B"]);
    }

    #[test]
    fn hl_smi_prints_a_line_a_device() {
        let told = read("hl-smi", "0, HL-325L, 1.22.1-abc, 131072 MiB\n1, HL-325L, 1.22.1-abc, 131072 MiB\n").unwrap();
        assert_eq!((told.len(), told[1].memory_bytes), (2, Some(128 << 30)));
        assert_eq!(told[0].name.as_deref(), Some("Intel Gaudi HL-325L"));
    }

    #[test]
    fn neuron_ls_tells_cores_and_memory() {
        let text = r#"[{"neuron_device": 0, "bdf": "00:1f.0", "connected_to": null, "nc_count": 2,
            "memory_size": 34359738368, "neuron_processes": []}]"#;
        let told = read("neuron-ls", text).unwrap();
        assert_eq!((told[0].memory_bytes, told[0].properties["cores"].as_str()), (Some(32 << 30), "2"));
    }

    #[test]
    fn xpu_smi_and_tpu_info_name_their_devices() {
        let text = r#"{"device_list": [{"device_id": 0, "device_name": "Intel(R) Data Center GPU Max 1550",
            "uuid": "00000000-0000-0029-0000-002f0bd58086", "memory_physical_size_byte": "68719476736"}]}"#;
        let told = read("xpu-smi", text).unwrap();
        assert_eq!(
            (told[0].name.as_deref(), told[0].memory_bytes),
            (Some("Intel(R) Data Center GPU Max 1550"), Some(64 << 30))
        );
        let told =
            read("tpu-info", "tpu-info version: 0.5.1\nlibtpu version: 0.0.20\naccelerator type: v6e\n").unwrap();
        assert_eq!(told[0].name.as_deref(), Some("Google TPU v6e"));
    }

    #[test]
    fn anything_else_is_refused() {
        for tool in ["amd-smi", "rocm-smi", "hl-smi", "neuron-ls", "xpu-smi", "tpu-info", "other"] {
            for text in ["", "command not found", "{}", "[]", "null", "[1, {]", "0, x", "WARNING\n{\"gpu_data\": 3}"] {
                assert!(read(tool, text).is_err(), "{tool}: {text}");
            }
        }
    }
}
