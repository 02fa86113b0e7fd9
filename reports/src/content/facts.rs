//! What documents say beyond costs and measurements: hardware, uncertainty, waiting, break-evens, back-tests.

use assay_base::{Evidence, NumericFormat};
use assay_cost_models::evaluation::Driver;
use jiff::civil::Date;

/// How well a method of projection did on results that are known. It is printed wherever a projection is used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelCard {
    /// The method, in a few words.
    pub method: String,
    /// The results that it was tested on, with source and date.
    pub fitted_on: String,
    /// Predictions that were compared.
    pub n: usize,
    /// Results that could not be predicted.
    pub not_predicted: usize,
    /// The median of `|predicted - known| / known`, as a fraction.
    pub median_error: Option<f64>,
    /// The error that nine tenths of the predictions do not exceed, as a fraction.
    pub p90_error: Option<f64>,
    /// The range that projections of this document are given, as factors on the projection.
    pub range_used: Option<[f64; 2]>,
    /// Where the method ends, a sentence each.
    pub limits: Vec<String>,
}

/// What a vendor's compiler says of a workload on one accelerator that is not here.
#[derive(Clone, Debug, PartialEq)]
pub struct CompilerEstimate {
    /// The workload's id.
    pub workload: String,
    /// The accelerator's name.
    pub accelerator: String,
    /// The compiler and its version.
    pub compiler: String,
    /// What it comes to.
    pub verdict: CompilerVerdict,
    /// The verdict in a few words.
    pub label: &'static str,
    /// Why it does not compile or fit.
    pub reason: Option<String>,
    /// Time of one execution by the compiler's cost model.
    pub execution_secs: Option<f64>,
    /// The most device memory at any time.
    pub peak_bytes: Option<f64>,
}

/// Whether a compiler takes a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompilerVerdict {
    /// It compiles, and fits into the memory.
    Fits,
    /// It does not.
    Refused,
    /// It was not asked, or did not answer.
    Unknown,
}

/// A stack against one that does not compile, on one workload and device.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeedUp {
    /// The workload's id.
    pub workload: String,
    /// The device's name.
    pub device: String,
    /// The stack.
    pub stack: String,
    /// What it is held against.
    pub baseline: String,
    /// How many times as fast; absent for a compiler that was not tuned.
    pub speed_up: Option<f64>,
    /// The ends of its interval, from those of both medians.
    pub interval: Option<[f64; 2]>,
    /// What compiling took.
    pub compile_secs: Option<f64>,
    /// When compiling has paid back.
    pub pays_back: PaysBack,
}

/// When compiling has paid back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PaysBack {
    /// After so many items, such as sequences.
    AfterItems(f64),
    /// It costs no more than not compiling.
    AtOnce,
    /// Each execution takes as long or longer.
    Never,
    /// Not decided by what was measured.
    Unknown,
}

/// An input behind the costs that is neither a price nor a throughput.
#[derive(Clone, Debug, PartialEq)]
pub struct AssumedFact {
    /// Its path, such as `finance.tax.rate`.
    pub key: String,
    /// Its name.
    pub label: String,
    /// The value, where it is one number.
    pub value: Option<f64>,
    /// The value as it is shown; with its unit, where that is no field of its own.
    pub text: String,
    /// The unit of one number; empty without one.
    pub unit: String,
    /// The default as it is shown, where there is one.
    pub default: Option<String>,
    /// Whether it is stated, a distribution or a default.
    pub origin: String,
    /// Who says so; empty where nobody does.
    pub source: String,
}

/// What the energy of an option is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerSource {
    /// The power is not known.
    Unknown,
    /// The thermal design power of the boards, from the hardware profile.
    BoardsByProfile,
    /// The boards alone, as stated.
    Boards,
    /// The boards and their host, as stated.
    BoardsAndHost,
    /// The whole unit at its plug.
    Plug,
    /// At the meter, cooling included.
    Meter,
}

impl PowerSource {
    /// The words of tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Unknown => "not known",
            Self::BoardsByProfile => "boards alone, by their TDP",
            Self::Boards => "boards alone, stated",
            Self::BoardsAndHost => "boards and host",
            Self::Plug => "unit at the plug",
            Self::Meter => "at the meter",
        }
    }

    /// Whether the power of the host is counted.
    pub fn has_host(self) -> bool {
        matches!(self, Self::BoardsAndHost | Self::Plug | Self::Meter)
    }
}

/// What is signed for with an option before its first month. Amounts are in the study's currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CommitmentFacts {
    /// Units of the first month.
    pub units: u64,
    /// The length of the contract.
    pub term_months: u32,
    /// What is due when it is signed.
    pub at_signing: f64,
    /// What follows in equal monthly amounts.
    pub by_month: f64,
}

/// Hardware that an option runs on, as its profile states it. What no source says is absent.
#[derive(Clone, Debug, PartialEq)]
pub struct HardwareFacts {
    /// The ids of the options that run on it.
    pub options: Vec<String>,
    /// The product's name.
    pub name: String,
    /// The year it came out.
    pub year: Option<u16>,
    /// Where it stands in its life, in words.
    pub lifecycle: Option<String>,
    /// Memory of one accelerator.
    pub memory_bytes: Option<f64>,
    /// Peak bandwidth of that memory.
    pub bandwidth_bytes_per_sec: Option<f64>,
    /// The numeric format of the peak below.
    pub format: Option<NumericFormat>,
    /// Dense peak in that format.
    pub peak_flops_per_sec: Option<f64>,
    /// Thermal design power.
    pub tdp_watts: Option<f64>,
    /// Bandwidth of the links between accelerators.
    pub link_bytes_per_sec: Option<f64>,
    /// The classes of evidence of its specification, strongest first.
    pub evidence: Vec<Evidence>,
    /// The stacks that exist for it.
    pub stacks: Vec<String>,
    /// Ways to pay that the catalogue knows.
    pub offers: usize,
    /// The day of the newest price.
    pub newest_quote: Option<Date>,
}

/// What many samples of everything that is not one number say.
#[derive(Clone, Debug, PartialEq)]
pub struct UncertaintyFacts {
    /// Samples drawn.
    pub samples: usize,
    /// The seed.
    pub seed: u64,
    /// How many inputs were drawn.
    pub inputs: usize,
    /// Options, by name, whose throughputs are projected by one method and so drawn with one error.
    pub together: Vec<Vec<String>>,
    /// Each ranked option.
    pub options: Vec<OptionOdds>,
    /// What knowing an input exactly would be worth, the most valuable first; amounts in the study's currency.
    pub information: Vec<(String, f64)>,
}

/// What the samples say of an option. Amounts are in the study's currency.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionOdds {
    /// The option's id.
    pub id: String,
    /// Present value of its costs: tenth, median, nine tenths.
    pub cost: [f64; 3],
    /// The same of its net present value against the baseline; absent for the baseline.
    pub npv: Option<[f64; 3]>,
    /// Part of the samples with a net present value above zero.
    pub positive_npv: Option<f64>,
    /// Part of the samples in which it costs least.
    pub best: f64,
}

/// Taking an option now against waiting. Amounts are present values of costs in the study's currency.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingFacts {
    /// The id of the option to take now or later.
    pub option: String,
    /// The id of what serves meanwhile.
    pub meanwhile: String,
    /// How long, in months.
    pub months: u32,
    /// Where the scenarios are from.
    pub source: String,
    /// What is known of it, or why nothing is.
    pub value: Result<WaitingValue, String>,
}

/// What waiting is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingValue {
    /// Taking the option now.
    pub now: f64,
    /// Staying for the whole horizon.
    pub staying: f64,
    /// Waiting and deciding then, the mean over the scenarios.
    pub waiting: f64,
    /// What waiting saves against the better of taking it now and never; negative where waiting costs.
    pub value: f64,
    /// Name, probability and saving of each scenario.
    pub scenarios: Vec<(String, f64, f64)>,
}

/// Where the cheaper of two options changes.
#[derive(Clone, Debug, PartialEq)]
pub struct BreakEvenFacts {
    /// The id of the option.
    pub option: String,
    /// The id of what it is compared with.
    pub against: String,
    /// What varies.
    pub driver: Driver,
    /// Its value now.
    pub now: f64,
    /// The range that was looked at.
    pub range: [f64; 2],
    /// What was found.
    pub found: Crossover,
}

/// What was found in a range.
#[derive(Clone, Debug, PartialEq)]
pub enum Crossover {
    /// The order changes here: the value, and the name of what is cheaper below and above.
    At {
        /// The value.
        value: f64,
        /// The id of what is cheaper below.
        below: String,
        /// The id of what is cheaper above.
        above: String,
    },
    /// The same option is cheaper throughout; its id, where it is one.
    Never(Option<String>),
    /// It cannot be said, and why.
    Unknown(String),
}

/// The cost of each option over the volume.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeCurve {
    /// The option's id.
    pub option: String,
    /// Items a month at the start, and the present value of the cost over the horizon.
    pub points: Vec<[f64; 2]>,
}
