//! The profile of one accelerator: its specification, with accessors in SI units.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use assay_base::NumericFormat;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::export_control::ExportControl;
use crate::offer::{CostReference, Offer, Quote};
use crate::portability::{Portability, PortabilityFact};
use crate::source::{Figure, Provenance, Source, unique_map};

/// The version of the file format. There is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SchemaVersion {
    /// The first version.
    #[serde(rename = "assay/profile/1")]
    V1,
}

/// The kind of processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HardwareKind {
    /// A general-purpose processor or a server of them.
    Cpu,
    /// A graphics processor used for computing.
    Gpu,
    /// A tensor processing unit of Google's.
    Tpu,
    /// A neural-network processor programmed through a vendor's compiler.
    Npu,
    /// A language processing unit.
    Lpu,
    /// Any other application-specific circuit.
    Asic,
    /// Whatever runs behind an endpoint whose provider does not name the hardware.
    Hosted,
}

impl HardwareKind {
    /// The word used in tables, YAML and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
            Self::Tpu => "tpu",
            Self::Npu => "npu",
            Self::Lpu => "lpu",
            Self::Asic => "asic",
            Self::Hosted => "hosted",
        }
    }
}

impl fmt::Display for HardwareKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// Where a product stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LifecycleStage {
    /// Made public, not to be had yet.
    Announced,
    /// To be had and supported.
    Available,
    /// Still to be had; current software no longer supports it, or its support is winding down.
    Legacy,
    /// No longer to be had.
    EndOfLife,
}

impl LifecycleStage {
    /// The word used in tables, YAML and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Available => "available",
            Self::Legacy => "legacy",
            Self::EndOfLife => "end-of-life",
        }
    }
}

/// Where a product stood in its life on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// The stage.
    pub stage: LifecycleStage,
    /// A key of the profile's `sources`.
    pub source: String,
    /// The day it stood there, when that differs from the source's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub as_of: Option<Date>,
    /// What shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The links between accelerators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interconnect {
    /// What it is and how its bandwidth is counted.
    pub description: String,
    /// Total bandwidth of one accelerator's links in GB/s (10^9 bytes), both directions unless the description
    /// says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth_gb_per_sec: Option<Figure>,
}

/// One accelerator: what it is, what it can do on paper, and how it can be had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The version of this file's format: `assay/profile/1`.
    pub schema: SchemaVersion,
    /// Short, unique, lower case: `nvidia-h100-sxm`. It is also the file's name.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9.-]*$"))]
    pub id: String,
    /// Who makes it.
    pub vendor: String,
    /// The product's name, with the variant that the figures are for.
    pub name: String,
    /// The kind of processor.
    pub kind: HardwareKind,
    /// Other names by which price lists and bills call it: `H100`, `a2-ultragpu-*`. A `*` stands for anything. They
    /// are held against the name of the accelerator and that of the instance type. `RunPod:H100` is what one provider
    /// means by a name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The generation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The year it came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    /// Where it stands in its life. Absent where no source says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// What the figures and quotes below refer to by key.
    #[serde(default, deserialize_with = "unique_map", skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, Source>,
    /// Memory of one accelerator in decimal gigabytes (10^9 bytes). Give this or `memory_gib`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_gb: Option<Figure>,
    /// Memory of one accelerator in binary gigabytes (2^30 bytes). Give this or `memory_gb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_gib: Option<Figure>,
    /// The kind of memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_type: Option<String>,
    /// Peak bandwidth of that memory in GB/s (10^9 bytes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bandwidth_gb_per_sec: Option<Figure>,
    /// Peak rate by numeric format in TFLOP/s (10^12), for int8 in TOP/s. Dense: rates with structured sparsity do
    /// not belong here.
    #[serde(default, deserialize_with = "unique_map", skip_serializing_if = "BTreeMap::is_empty")]
    pub peak_tflops: BTreeMap<NumericFormat, Figure>,
    /// Thermal design power in watts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tdp_watts: Option<Figure>,
    /// The links between accelerators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interconnect: Option<Interconnect>,
    /// How it is built: `SXM5`, `PCIe dual-slot`, `OAM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form_factor: Option<String>,
    /// The formats its units compute in, also where no rate is published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numeric_formats: Vec<NumericFormat>,
    /// The stacks that exist for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stacks: Vec<String>,
    /// What a reader must know before using the figures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The numbers by which export control is screened. Absent where no dense peak is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export_control: Option<ExportControl>,
    /// What moving a workload to it, and away from it again, takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portability: Option<Portability>,
    /// The ways to pay for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
    /// What others modelled an hour of it to cost. Not offers: nobody sells at these prices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cost_references: Vec<CostReference>,
}

/// What a specification's value measures; it decides how the value is formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSec,
    /// Floating-point (or integer) operations a second.
    FlopsPerSec,
    /// Watts.
    Watts,
}

impl Quantity {
    /// The value with its unit, for people.
    pub fn format(self, value: f64) -> String {
        use assay_base::format;
        match self {
            Self::Bytes => format::memory(value),
            Self::BytesPerSec => format::bandwidth(value),
            Self::FlopsPerSec => format::flop_rate(value),
            Self::Watts => format::power(value),
        }
    }
}

/// One figure of a profile in SI, with its provenance: a row of a specification table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Specification {
    /// A stable name, such as `memory_bytes` or `peak_flops_per_sec.bf16`.
    pub name: String,
    /// A label for people, such as `Peak bf16 (dense)`.
    pub label: String,
    /// What the value measures.
    pub quantity: Quantity,
    /// The value in SI.
    pub value: f64,
    /// Where it comes from; absent when the figure names a source the profile does not have (which `check` refuses).
    pub provenance: Option<Provenance>,
}

const GIGA: f64 = 1e9;
const TERA: f64 = 1e12;
const GIBI: f64 = 1024.0 * 1024.0 * 1024.0;

impl Profile {
    /// A profile that knows nothing yet but what it is of; for devices found on a host.
    pub fn new(id: impl Into<String>, vendor: impl Into<String>, name: impl Into<String>, kind: HardwareKind) -> Self {
        Self {
            schema: SchemaVersion::V1,
            id: id.into(),
            vendor: vendor.into(),
            name: name.into(),
            kind,
            aliases: Vec::new(),
            architecture: None,
            year: None,
            lifecycle: None,
            sources: BTreeMap::new(),
            memory_gb: None,
            memory_gib: None,
            memory_type: None,
            memory_bandwidth_gb_per_sec: None,
            peak_tflops: BTreeMap::new(),
            tdp_watts: None,
            interconnect: None,
            form_factor: None,
            numeric_formats: Vec::new(),
            stacks: Vec::new(),
            notes: Vec::new(),
            export_control: None,
            portability: None,
            offers: Vec::new(),
            cost_references: Vec::new(),
        }
    }

    /// Memory of one accelerator in bytes.
    pub fn memory_bytes(&self) -> Option<f64> {
        let decimal = self.memory_gb.as_ref().map(|figure| figure.value * GIGA);
        decimal.or_else(|| self.memory_gib.as_ref().map(|figure| figure.value * GIBI))
    }

    /// Peak bandwidth of that memory in bytes a second.
    pub fn memory_bandwidth_bytes_per_sec(&self) -> Option<f64> {
        self.memory_bandwidth_gb_per_sec.as_ref().map(|figure| figure.value * GIGA)
    }

    /// Dense peak in operations a second for the format; absent where none is published.
    pub fn peak_flops_per_sec(&self, format: NumericFormat) -> Option<f64> {
        self.peak_tflops.get(&format).map(|figure| figure.value * TERA)
    }

    /// Thermal design power in watts.
    pub fn tdp_watts(&self) -> Option<f64> {
        self.tdp_watts.as_ref().map(|figure| figure.value)
    }

    /// Total bandwidth of the links between accelerators in bytes a second.
    pub fn interconnect_bytes_per_sec(&self) -> Option<f64> {
        let figure = self.interconnect.as_ref()?.bandwidth_gb_per_sec.as_ref()?;
        Some(figure.value * GIGA)
    }

    /// The offer of this id.
    pub fn offer(&self, id: &str) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.id == id)
    }

    /// Where a figure comes from; `None` when it names a source the profile does not have (which `check` refuses).
    pub fn provenance(&self, figure: &Figure) -> Option<Provenance> {
        let source = self.sources.get(&figure.source)?;
        Some(Provenance::resolve(source, figure.as_of, figure.confidence, figure.note.as_deref()))
    }

    /// Where a price comes from; `None` when it names a source the profile does not have (which `check` refuses).
    pub fn quote_provenance(&self, quote: &Quote) -> Option<Provenance> {
        let source = self.sources.get(&quote.source)?;
        Some(Provenance::resolve(source, Some(quote.as_of), quote.confidence, quote.note.as_deref()))
    }

    /// Where the product's place in its life is known from; `None` when that is not known.
    pub fn lifecycle_provenance(&self) -> Option<Provenance> {
        let lifecycle = self.lifecycle.as_ref()?;
        let source = self.sources.get(&lifecycle.source)?;
        Some(Provenance::resolve(source, lifecycle.as_of, None, lifecycle.note.as_deref()))
    }

    /// What moving a workload to it and away from it takes, by topic, for a migration plan. Empty where nothing is
    /// known.
    pub fn portability(&self) -> Vec<PortabilityFact> {
        let resolve =
            |key: &str, as_of, confidence| Some(Provenance::resolve(self.sources.get(key)?, as_of, confidence, None));
        self.portability.as_ref().map(|portability| portability.facts(resolve)).unwrap_or_default()
    }

    /// The regions in which it is offered, with the provider, in alphabetical order.
    pub fn regions(&self) -> BTreeSet<(&str, &str)> {
        self.offers.iter().filter_map(|offer| Some((offer.provider.as_str(), offer.region.as_deref()?))).collect()
    }

    /// The day of the newest price of all offers.
    pub fn newest_quote(&self) -> Option<Date> {
        self.offers.iter().flat_map(|offer| &offer.quotes).map(|quote| quote.as_of).max()
    }

    /// Every figure that is known, in SI, in the order of a specification table.
    pub fn specifications(&self) -> Vec<Specification> {
        let mut rows = Vec::new();
        let mut push = |name: String, label: String, quantity, factor: f64, figure: Option<&Figure>| {
            let Some(figure) = figure else { return };
            let value = figure.value * factor;
            rows.push(Specification { name, label, quantity, value, provenance: self.provenance(figure) });
        };
        let memory = "Memory".to_owned();
        push("memory_bytes".into(), memory.clone(), Quantity::Bytes, GIGA, self.memory_gb.as_ref());
        push("memory_bytes".into(), memory, Quantity::Bytes, GIBI, self.memory_gib.as_ref());
        push(
            "memory_bandwidth_bytes_per_sec".into(),
            "Memory bandwidth".into(),
            Quantity::BytesPerSec,
            GIGA,
            self.memory_bandwidth_gb_per_sec.as_ref(),
        );
        for (format, figure) in &self.peak_tflops {
            let name = format!("peak_flops_per_sec.{format}");
            push(name, format!("Peak {format} (dense)"), Quantity::FlopsPerSec, TERA, Some(figure));
        }
        push("tdp_watts".into(), "Thermal design power".into(), Quantity::Watts, 1.0, self.tdp_watts.as_ref());
        let link = self.interconnect.as_ref().and_then(|interconnect| interconnect.bandwidth_gb_per_sec.as_ref());
        push("interconnect_bytes_per_sec".into(), "Interconnect".into(), Quantity::BytesPerSec, GIGA, link);
        rows
    }
}
