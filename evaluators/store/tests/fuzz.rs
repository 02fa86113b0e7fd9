//! Every parser, on files that are broken in many ways: none may panic, and each says where it gave up.
//!
//! Mutations of a kept corpus (`tests/corpus/<kind>/`), without instrumentation: what makes a parser answer in words it
//! has not used yet joins the pool from which further mutations are made. The long run is
//! `ASSAY_FUZZ_EXECUTIONS=5000000 cargo test --release -p assay-store --test fuzz -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

use assay_store::importers::{Input, Kind, PriceList, SystemDescription, read_each, recognise};

/// Executions of each parser in every run of the tests.
const QUICK: u64 = 1_500;

/// The largest pool, so that mutations stay spread over it.
const MAX_POOL: usize = 600;

/// Files grow no larger than this.
const MAX_BYTES: usize = 6_000;

/// Pieces that parsers look at twice.
const PIECES: [&str; 34] = [
    "0",
    "-1",
    "1e308",
    "1e-320",
    "NaN",
    "inf",
    "-0.0",
    "9e15",
    "99999999999999999999",
    "null",
    "true",
    "\"\"",
    "[]",
    "{}",
    "[[[[[[[[",
    "\n",
    "\r\n",
    ",",
    ":",
    "\"",
    "\\u0000",
    "\u{feff}",
    " ms",
    " s",
    "%",
    "(",
    ")",
    "=",
    ";",
    "\t",
    "p99",
    "_ms",
    "\u{0}",
    "ü",
];

fn corpus(kind: Kind) -> Vec<Vec<u8>> {
    let folder = Path::new("tests/corpus").join(kind.label());
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|item| item.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has no seeds", folder.display());
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// A small generator (Marsaglia's xorshift64*), so that a run can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit.max(1)
    }

    /// A part of so many bytes, seldom long.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let span = 1 << self.below(9);
        start..(start + self.below(span) + 1).min(length)
    }
}

fn mutate(random: &mut Random, pool: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = pool[random.below(pool.len())].clone();
    for _ in 0..1 << random.below(4) {
        let at = random.below(bytes.len() + 1);
        match random.below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            2 => drop(bytes.drain(random.range(bytes.len()))),
            3 => {
                let piece: Vec<u8> = bytes[random.range(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => bytes.truncate(at),
            5 => {
                let other = &pool[random.below(pool.len())];
                let piece: Vec<u8> = other[random.range(other.len())].to_vec();
                let end = (at + random.below(piece.len() + 1)).min(bytes.len());
                bytes.splice(at..end, piece);
            }
            6 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].bytes())),
            // A number becomes another: the checks of identities are behind such doors.
            _ => {
                let digit = |byte: &u8| byte.is_ascii_digit() || b".-+eE".contains(byte);
                if let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|offset| at + offset) {
                    let end = start + bytes[start..].iter().take_while(|byte| digit(byte)).count();
                    bytes.splice(start..end, PIECES[random.below(12)].bytes());
                }
            }
        }
    }
    bytes.truncate(MAX_BYTES);
    bytes
}

/// Reads the bytes as a kind and checks what must hold of any answer; returns the words of the answer.
fn execute(kind: Kind, bytes: &[u8]) -> Vec<String> {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    let mut words = vec![format!("{:?}", recognise(bytes))];
    let mut rows = 0;
    let read = read_each(kind, Input { bytes, name: "fuzz" }, &mut |row| match row {
        Ok(result) => {
            rows += 1;
            assert_eq!(result.row, rows);
            assert!((1..=lines).contains(&result.line), "line {} of {lines}", result.line);
            assert!(result.throughput.as_ref().is_none_or(|t| t.value.is_finite() && t.value > 0.0));
            assert!(result.latencies_secs.values().all(|secs| secs.is_finite() && *secs > 0.0));
            assert!(result.throughput_per_accelerator().is_none_or(f64::is_finite));
            result.numeric_format();
            words.push(format!("ok {:?} {}", result.scenario, result.remarks.join(" ")));
        }
        Err(quarantined) => {
            rows += 1;
            assert_eq!(quarantined.row, rows);
            assert!((1..=lines).contains(&quarantined.line), "line {} of {lines}", quarantined.line);
            words.push(quarantined.reason);
        }
    });
    if let Err(gave_up) = read {
        assert!((1..=lines).contains(&gave_up.line), "line {} of {lines}", gave_up.line);
        words.push(gave_up.reason);
    }
    match kind {
        Kind::AwsNeuron => words.push(format!("{:?}", PriceList::read(bytes).map(|_| ()))),
        Kind::MlperfLog => words.push(format!("{}", SystemDescription::read(bytes).is_some())),
        _ => {}
    }
    words
}

/// What kind of sentence it is: without what is quoted and counted in it.
fn pattern(sentence: &str) -> String {
    let mut quoted = false;
    let kept = sentence.chars().filter(|c| {
        quoted ^= matches!(c, '`' | '"');
        !quoted && (c.is_ascii_alphabetic() || *c == ' ')
    });
    kept.take(80).collect()
}

fn fuzz(kind: Kind, executions: u64) {
    let mut pool = corpus(kind);
    let mut known = HashSet::new();
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (kind as u64 + 1));
    let begun = Instant::now();
    for seed in &pool {
        known.extend(execute(kind, seed).iter().map(|words| pattern(words)));
    }
    for number in 0..executions {
        let bytes = mutate(&mut random, &pool);
        match catch_unwind(AssertUnwindSafe(|| execute(kind, &bytes))) {
            Ok(words) => {
                let new = words
                    .iter()
                    .map(|words| pattern(words))
                    .filter(|pattern| !known.contains(pattern))
                    .collect::<Vec<_>>();
                if !new.is_empty() && pool.len() < MAX_POOL {
                    known.extend(new);
                    pool.push(bytes);
                }
            }
            Err(_) => {
                let path = std::env::temp_dir().join(format!("assay-fuzz-{}-{number}", kind.label()));
                std::fs::write(&path, &bytes).unwrap();
                panic!("{kind}: execution {number} broke; its file is {}", path.display());
            }
        }
    }
    println!(
        "{kind}: {executions} executions without a panic in {:.0} s, {} files in the pool, {} kinds of answers",
        begun.elapsed().as_secs_f64(),
        pool.len(),
        known.len()
    );
}

#[test]
fn seeds_are_recognised_and_read() {
    for kind in Kind::ALL {
        let read = corpus(kind).iter().filter(|bytes| recognise(bytes) == Some(kind)).count();
        assert!(read > 0, "{kind}");
    }
}

#[test]
fn damaged_files_break_no_parser() {
    for kind in Kind::ALL {
        fuzz(kind, QUICK);
    }
}

#[test]
#[ignore = "minutes in release: set ASSAY_FUZZ_EXECUTIONS, 5000000 by default"]
fn damaged_files_break_no_parser_in_millions() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let only = std::env::var("ASSAY_FUZZ_KIND").ok();
    for kind in Kind::ALL.into_iter().filter(|kind| only.as_deref().is_none_or(|word| Kind::named(word).contains(kind)))
    {
        fuzz(kind, number("ASSAY_FUZZ_EXECUTIONS").unwrap_or(5_000_000));
    }
}
