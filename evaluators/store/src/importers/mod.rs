//! Results that others published, read from the files in which their tools and tables come.
//!
//! A file is [recognised](recognise) by its content, then [read]: each row becomes a [`PublishedResult`] in SI units,
//! its unit taken from the row, or is quarantined with the reason. Nothing is dropped silently. What a row's figures
//! imply (tokens a second from counts and time, accelerators from nodes) is computed again and must agree.
//!
//! A parser never panics, whatever the bytes; where it cannot go on it says on which line ([`GaveUp`]). Loops of
//! mutated files hold it to that (`tests/fuzz.rs`).

mod aiperf;
mod fields;
mod inferencex;
mod kind;
mod llama_bench;
mod log;
mod mlperf;
mod mlperf_log;
mod neuron;
mod nvbench;
mod onnxruntime;
mod prices;
mod result;
mod table;
mod trtexec;
mod vllm;

use serde_json::{Map, Value};

pub use fields::GaveUp;
pub use kind::{Kind, recognise};
pub use mlperf_log::SystemDescription;
pub use prices::{PriceList, PriceListError};
pub use result::{PublishedResult, Quarantined, numeric_format};
pub use table::TEMPLATE;

use fields::Fields;

/// A file to read.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its content.
    pub bytes: &'a [u8],
    /// Its name without folders and ending: some tools write nothing that names what they ran.
    pub name: &'a str,
}

/// What a file gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// The results.
    pub rows: Vec<PublishedResult>,
    /// The rows set aside.
    pub quarantined: Vec<Quarantined>,
}

/// A file that could not be read to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: not a {kind} file: {reason}")]
pub struct NotThisKind {
    /// The kind it was taken for.
    pub kind: Kind,
    /// The line on which reading was given up, from 1.
    pub line: u64,
    /// What was found there.
    pub reason: String,
}

/// Takes results one after the other, so that a file of a million rows need not be held.
pub(crate) struct Sink<'a> {
    row: u64,
    take: &'a mut dyn FnMut(Result<PublishedResult, Quarantined>),
}

impl Sink<'_> {
    /// A row of the file, read or with the reason why not; implausible ones are set aside.
    fn row(&mut self, line: u64, outcome: Result<PublishedResult, String>) {
        self.row += 1;
        let row = self.row;
        (self.take)(match outcome.and_then(result::plausible) {
            Ok(result) => Ok(PublishedResult { row, line, ..result }),
            Err(reason) => Err(Quarantined { row, line, reason }),
        });
    }
}

/// Reads a file of a kind, a row at a time.
///
/// # Errors
/// When the file cannot be read on, with the line: it is malformed there, or lacks what makes the kind. The rows before
/// have been given.
pub fn read_each(
    kind: Kind,
    input: Input<'_>,
    take: &mut dyn FnMut(Result<PublishedResult, Quarantined>),
) -> Result<(), NotThisKind> {
    let mut sink = Sink { row: 0, take };
    let read = match kind {
        Kind::AwsNeuron => rows(input.bytes, &mut sink, neuron::read_row),
        Kind::LlamaBenchCsv => rows(input.bytes, &mut sink, llama_bench::read_row),
        Kind::Table => rows(input.bytes, &mut sink, table::read_row),
        Kind::LlamaBenchJson => objects(input.bytes, &mut sink, llama_bench::read_row),
        Kind::MlperfSummary => objects(input.bytes, &mut sink, mlperf::read_row),
        Kind::InferenceX => objects(input.bytes, &mut sink, inferencex::read_row),
        Kind::VllmBench => objects(input.bytes, &mut sink, vllm::read_row),
        Kind::Aiperf => aiperf::read(input, &mut sink),
        Kind::MlperfLog => mlperf_log::read(input, &mut sink),
        Kind::Nvbench => nvbench::read(input, &mut sink),
        Kind::OnnxruntimePerfTest => onnxruntime::read(input, &mut sink),
        Kind::TrtexecLog => trtexec::read_log(input, &mut sink),
        Kind::TrtexecTimes => trtexec::read_times(input, &mut sink),
        Kind::TrtexecProfile => trtexec::read_profile(input, &mut sink),
    };
    read.map_err(|GaveUp { line, reason }| NotThisKind { kind, line, reason })
}

/// Reads a whole file of a kind.
///
/// # Errors
/// As [`read_each`].
pub fn read(kind: Kind, input: Input<'_>) -> Result<Imported, NotThisKind> {
    let mut imported = Imported::default();
    read_each(kind, input, &mut |row| match row {
        Ok(result) => imported.rows.push(result),
        Err(quarantined) => imported.quarantined.push(quarantined),
    })?;
    Ok(imported)
}

type ReadRow = fn(&Fields) -> Result<PublishedResult, String>;

fn rows(bytes: &[u8], sink: &mut Sink<'_>, read_row: ReadRow) -> Result<(), GaveUp> {
    fields::each_table_row(bytes, |line, row| sink.row(line, row.and_then(|row| read_row(&Fields::from(row)))))
}

fn objects(bytes: &[u8], sink: &mut Sink<'_>, read_row: ReadRow) -> Result<(), GaveUp> {
    fields::each_json(bytes, |line, value: Value| sink.row(line, object(value).and_then(|row| read_row(&row.into()))))
}

fn object(value: Value) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err("it is not an object".to_owned()),
    }
}
