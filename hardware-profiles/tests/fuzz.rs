//! Hostile profiles, price lists and bills: whatever the bytes, nothing panics, and what is refused has a line.
//!
//! The corpus under `tests/corpus` holds inputs that were hard for some parser once; mutations of them are run.
//! `cargo test --release -p assay-hardware-profiles --test fuzz -- --ignored --nocapture` runs five million of each
//! kind (`FUZZ_EXECUTIONS` says another number); an input that fails is written to the corpus.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Instant;

use assay_hardware_profiles::Catalog;
use assay_hardware_profiles::check::check_text;
use assay_hardware_profiles::import::book::enter;
use assay_hardware_profiles::import::{Options, Term, read};
use jiff::civil::date;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::builtin().unwrap());

/// Words that mean something to one of the parsers.
const WORDS: [&str; 32] = [
    "&a ",
    "*a",
    "!!int ",
    "<<: ",
    "- ",
    ": ",
    "? ",
    "|\n",
    ">-\n",
    "---\n",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "#",
    "~",
    ".nan",
    "1e400",
    "-1",
    "0",
    "2026-13-01",
    "9999",
    "<x>",
    "NULL",
    "700.0",
    ",",
    "\r\n",
    "p5.48xlarge",
    "tpu-v4-8",
    "Hours",
];

/// The generator of Marsaglia's xorshift, so that a run can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize
    }

    fn below(&mut self, end: usize) -> usize {
        self.next() % end.max(1)
    }
}

fn corpus_folder(kind: &str) -> PathBuf {
    Path::new("tests/corpus").join(kind)
}

fn corpus(kind: &str) -> Vec<Vec<u8>> {
    let mut files: Vec<_> =
        std::fs::read_dir(corpus_folder(kind)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// A member of the corpus with a few bytes, lines or words changed, or two members joined.
fn mutant(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(24)).min(bytes.len());
        match random.below(7) {
            0 => bytes.insert(at, random.next() as u8),
            1 if at < bytes.len() => bytes[at] = random.next() as u8,
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            4 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len() + 1);
                let until = (from + random.below(80)).min(other.len());
                bytes.splice(at..end, other[from..until].iter().copied());
            }
            _ => drop(bytes.splice(at..end, WORDS[random.below(WORDS.len())].bytes())),
        }
    }
    bytes.truncate(4096);
    bytes
}

/// Runs the inputs of a kind; one that panics is kept in the corpus.
fn fuzz(kind: &str, executions: usize, run: impl Fn(&[u8]) + std::panic::RefUnwindSafe) {
    let corpus = corpus(kind);
    let attempt = |bytes: &[u8]| {
        let survived = std::panic::catch_unwind(|| run(bytes)).is_ok();
        let hash = |h: u64, b: &u8| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3);
        let name = || format!("panic-{:016x}.{kind}", bytes.iter().fold(0xcbf2_9ce4_8422_2325, hash));
        if !survived {
            std::fs::write(corpus_folder(kind).join(name()), bytes).unwrap();
        }
        assert!(survived, "{} panics", name());
    };
    corpus.iter().for_each(|bytes| attempt(bytes));
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let start = Instant::now();
    for _ in 0..executions {
        attempt(&mutant(&corpus, &mut random));
    }
    eprintln!("{kind}: {executions} executions in {:.1} s", start.elapsed().as_secs_f64());
}

fn profile(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for finding in check_text(&text, Path::new("acme-one.yaml")) {
        let _ = finding.to_string();
        // An empty document has no line to name.
        assert!(finding.line.is_some() || text.trim().is_empty(), "without a line: {finding}");
    }
}

fn list(bytes: &[u8]) {
    let options = Options {
        provider: Some("AWS".to_owned()),
        as_of: Some(date(2026, 9, 1)),
        term: Some(Term::OneYear),
        ..Options::default()
    };
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    if let Ok(reading) = read(bytes, Path::new("prices.csv"), &CATALOG, &options) {
        assert!(reading.refused.iter().all(|refusal| (1..=lines).contains(&refusal.line)), "{:?}", reading.refused);
        for seen in reading.observations {
            assert!(seen.price.is_finite() && seen.price > 0.0, "{seen:?}");
            assert!((1..=lines).contains(&seen.line) && CATALOG.get(&seen.profile).is_some(), "{seen:?}");
        }
    }
}

#[test]
fn a_hostile_profile_never_panics() {
    fuzz("yaml", 4_000, profile);
}

#[test]
fn a_hostile_price_list_never_panics() {
    fuzz("csv", 1_000, list);
}

/// Whatever profile a user has, an import leaves it readable or untouched.
#[test]
fn a_hostile_profile_is_never_spoilt_by_an_import() {
    let good = std::fs::read_to_string(corpus_folder("yaml").join("good.yaml")).unwrap();
    let mut random = Random(42);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme-one.yaml");
    let list =
        b"InstanceType,AcceleratorName,AcceleratorCount,Price,SpotPrice,Region\none.8x,acme-one,8,20.5,8.25,eu-1\n";
    let options = Options { provider: Some("Cloud".to_owned()), as_of: Some(date(2026, 9, 1)), ..Options::default() };
    let mut written = 0;
    for _ in 0..12 {
        // What people do to files: comments, blank lines and spaces anywhere.
        let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
        for _ in 0..8 {
            let at = random.below(lines.len());
            match random.below(5) {
                0 => lines.insert(at, String::new()),
                1 => lines.insert(at, "# a comment: of one's own".to_owned()),
                2 => lines.insert(at, "        # - {price: 1}".to_owned()),
                3 => lines[at].push_str(" # - quotes:"),
                _ => lines[at].push_str("  "),
            }
        }
        let before = lines.join(["\n", "\n\n"][random.below(2)]);
        std::fs::write(&file, &before).unwrap();
        let Ok(catalog) = Catalog::load(Some(folder.path())) else { continue };
        let Ok(reading) = read(list, Path::new("prices.csv"), &catalog, &options) else { continue };
        match enter(&[reading], &catalog, folder.path()) {
            Ok(entered) if !entered.written.is_empty() => {
                written += 1;
                Catalog::load(Some(folder.path())).unwrap();
            }
            _ => assert_eq!(std::fs::read_to_string(&file).unwrap(), before),
        }
    }
    assert!(written > 5, "{written} imports changed the profile");
}

fn executions() -> usize {
    std::env::var("FUZZ_EXECUTIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000_000)
}

#[test]
#[ignore = "minutes; run it in release"]
fn millions_of_hostile_profiles_never_panic() {
    fuzz("yaml", executions(), profile);
}

#[test]
#[ignore = "minutes; run it in release"]
fn millions_of_hostile_price_lists_never_panic() {
    fuzz("csv", executions(), list);
}
