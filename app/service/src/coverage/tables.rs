//! What stacks say they support: tables under `assets/operators`, each with its source and version.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use assay_base::{NumericFormat, yaml};
use assay_core::model::ModelOperator;
use assay_hardware_profiles::{HardwareKind, Profile};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The support table of one stack.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupportTable {
    /// The version of the file's format.
    #[serde(rename = "schema")]
    _schema: TableSchema,
    /// Unique: `tensorrt`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The hardware it is for: any of these.
    pub fits: Vec<Fit>,
    /// The stack's version that the table describes.
    pub version: String,
    /// Where the table is from.
    pub source: TableSource,
    /// Whether the stack reads ONNX files itself.
    #[serde(default = "yes")]
    pub reads_onnx: bool,
    /// How a model gets there, where the stack reads no ONNX files.
    #[serde(default)]
    pub route: Option<String>,
    /// The versions of the standard's operator set that it reads, where it says.
    #[serde(default)]
    pub opsets: OpsetRange,
    /// What it means that the table does not name an operator of the standard.
    pub absent: Absent,
    /// Where nodes run that the stack has no kernel for, if it passes them on.
    #[serde(default)]
    pub falls_back_to: Option<String>,
    /// What it makes of axes whose size is not fixed.
    pub dynamic_shapes: DynamicShapes,
    /// What it makes of numeric formats; unknown for those not named.
    pub formats: Vec<FormatRow>,
    operators: Operators,
    /// Operators of other domains than the standard's, by domain.
    #[serde(default)]
    domains: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum TableSchema {
    #[serde(rename = "assay/operators/1")]
    V1,
}

fn yes() -> bool {
    true
}

/// Hardware that a stack is for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// Only this vendor's.
    #[serde(default)]
    pub vendor: Option<String>,
    /// Of this kind.
    pub kind: HardwareKind,
}

/// Where a table is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSource {
    /// The document.
    pub title: String,
    /// Its address.
    pub url: String,
    /// The day it held; absent where it is not known.
    #[serde(default)]
    pub as_of: Option<Date>,
}

/// Versions of the standard's operator set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpsetRange {
    /// The oldest.
    #[serde(default)]
    pub from: Option<i64>,
    /// The newest.
    #[serde(default)]
    pub to: Option<i64>,
}

/// What it means that a table does not name an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Absent {
    /// The table is complete: it is not supported.
    Unsupported,
    /// The table is older than the operator, or not complete: nobody said.
    Unknown,
}

/// What a stack makes of axes whose size is not fixed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DynamicShapes {
    /// How.
    pub how: DynamicHow,
    /// What to watch.
    #[serde(default)]
    pub text: Option<String>,
}

/// How a stack takes axes whose size is not fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DynamicHow {
    /// As they are.
    Supported,
    /// Within ranges that are stated beforehand.
    Profiles,
    /// Each size is a compilation of its own.
    Recompiled,
}

/// What a stack makes of a numeric format.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatRow {
    /// The format.
    pub format: NumericFormat,
    /// What becomes of it.
    pub how: FormatHow,
    /// What to watch.
    #[serde(default)]
    pub text: Option<String>,
}

/// What becomes of a numeric format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FormatHow {
    /// It is computed as it is.
    Native,
    /// Only by way of `QuantizeLinear` and `DequantizeLinear`.
    Quantised,
    /// It is computed in another format.
    Cast,
    /// It is refused.
    Unsupported,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Operators {
    supported: Vec<String>,
    #[serde(default)]
    limited: BTreeMap<String, String>,
    #[serde(default)]
    unsupported: Vec<String>,
}

/// What a table says of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// It is supported.
    Supported,
    /// It is, but for this.
    Limited(&'a str),
    /// It is not.
    Unsupported,
    /// The table does not say.
    Unknown,
}

impl SupportTable {
    /// Whether the stack is for this hardware.
    pub fn fits(&self, profile: &Profile) -> bool {
        let vendor = |fit: &Fit| fit.vendor.as_ref().is_none_or(|vendor| *vendor == profile.vendor);
        self.fits.iter().any(|fit| fit.kind == profile.kind && vendor(fit))
    }

    /// What it says of an operator.
    pub fn entry(&self, operator: ModelOperator<'_>) -> Entry<'_> {
        let has = |list: &[String]| list.iter().any(|name| name == operator.name);
        let absent = match self.absent {
            Absent::Unsupported => Entry::Unsupported,
            Absent::Unknown => Entry::Unknown,
        };
        let Some(domain) = operator.domain else {
            return if has(&self.operators.supported) {
                Entry::Supported
            } else if let Some(text) = self.operators.limited.get(operator.name) {
                Entry::Limited(text)
            } else if has(&self.operators.unsupported) {
                Entry::Unsupported
            } else {
                absent
            };
        };
        match self.domains.get(domain) {
            Some(names) if has(names) => Entry::Supported,
            Some(_) => absent,
            None => Entry::Unknown,
        }
    }

    /// Whether it has an operator of the standard, with a restriction or without.
    pub fn has(&self, name: &str) -> bool {
        matches!(self.entry(ModelOperator { domain: None, name }), Entry::Supported | Entry::Limited(_))
    }

    /// What it says of a numeric format.
    pub fn format(&self, format: NumericFormat) -> Option<&FormatRow> {
        self.formats.iter().find(|row| row.format == format)
    }
}

/// How an operator is said with others.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Substitute {
    operator: String,
    #[serde(default)]
    domain: Option<String>,
    /// The operators that take its place.
    pub with: Vec<String>,
    /// How, and what to watch.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Substitutes {
    #[serde(rename = "schema")]
    _schema: SubstitutesSchema,
    substitutes: Vec<Substitute>,
}

#[derive(Deserialize)]
enum SubstitutesSchema {
    #[serde(rename = "assay/substitutes/1")]
    V1,
}

const TABLES: [(&str, &str); 6] = [
    ("tensorrt", include_str!("../../../../assets/operators/tensorrt.yaml")),
    ("onnxruntime-cuda", include_str!("../../../../assets/operators/onnxruntime-cuda.yaml")),
    ("migraphx", include_str!("../../../../assets/operators/migraphx.yaml")),
    ("onnxruntime-cpu", include_str!("../../../../assets/operators/onnxruntime-cpu.yaml")),
    ("openvino", include_str!("../../../../assets/operators/openvino.yaml")),
    ("torch-neuronx", include_str!("../../../../assets/operators/torch-neuronx.yaml")),
];
const SUBSTITUTES: &str = include_str!("../../../../assets/operators/substitutes.yaml");

/// The tables that are known, the stack that is looked at first for each hardware first. A test reads them all.
pub fn tables() -> &'static [SupportTable] {
    static ALL: LazyLock<Vec<SupportTable>> = LazyLock::new(|| {
        TABLES.iter().filter_map(|(id, text)| yaml::parse(text, Path::new(&format!("{id}.yaml"))).ok()).collect()
    });
    &ALL
}

/// How an operator is said with others, where that is known.
pub fn substitute(operator: ModelOperator<'_>) -> Option<&'static Substitute> {
    static ALL: LazyLock<Vec<Substitute>> = LazyLock::new(|| {
        let read: Result<Substitutes, _> = yaml::parse(SUBSTITUTES, Path::new("substitutes.yaml"));
        read.map(|read| read.substitutes).unwrap_or_default()
    });
    ALL.iter().find(|known| known.operator == operator.name && known.domain.as_deref() == operator.domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_says_nothing_twice() {
        for (id, text) in TABLES {
            let table: SupportTable = yaml::parse(text, Path::new(id)).unwrap();
            assert_eq!(table.id, id);
            let limited: Vec<String> = table.operators.limited.keys().cloned().collect();
            let mut all = [table.operators.supported, limited, table.operators.unsupported].concat();
            let count = all.len();
            all.sort();
            all.dedup();
            assert_eq!(all.len(), count, "{id} names an operator twice");
            assert!(table.source.url.starts_with("https://"), "{id}");
        }
        let substitutes: Substitutes = yaml::parse(SUBSTITUTES, Path::new("substitutes.yaml")).unwrap();
        assert!(substitutes.substitutes.len() > 40);
        assert_eq!(tables().len(), TABLES.len());
    }

    #[test]
    fn what_a_table_does_not_name_is_unknown_or_unsupported_as_it_says() {
        let table = |id: &str| tables().iter().find(|table| table.id == id).unwrap();
        let of = |name| ModelOperator { domain: None, name };
        let fused = ModelOperator { domain: Some("com.microsoft"), name: "FusedMatMul" };
        assert_eq!(table("tensorrt").entry(of("MatMul")), Entry::Supported);
        assert_eq!(table("tensorrt").entry(of("MatMulInteger")), Entry::Unsupported);
        assert_eq!(table("tensorrt").entry(of("Attention")), Entry::Unknown);
        assert!(matches!(table("tensorrt").entry(of("TopK")), Entry::Limited(text) if text.contains("3840")));
        assert_eq!(table("tensorrt").entry(fused), Entry::Unknown);
        assert_eq!(table("onnxruntime-cpu").entry(fused), Entry::Supported);
        assert_eq!(table("onnxruntime-cpu").entry(of("Frobnicate")), Entry::Unsupported);
        assert_eq!(substitute(of("Gelu")).unwrap().with, ["Erf", "Mul", "Add", "Div"]);
        assert_eq!(substitute(fused).unwrap().with, ["Transpose", "MatMul", "Mul"]);
    }
}
