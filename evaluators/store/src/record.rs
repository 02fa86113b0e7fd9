//! One line of a segment: a thing in JSON, by its name, with the SHA-256 of that JSON.
//!
//! `{"sha256":"<64 hex digits>","measurement":{...}}` is itself a line of JSON, so that `jq` can read a segment. The
//! digest is of the bytes between `"measurement":` and the last brace. It recognises a torn or damaged line, and it
//! identifies content: two records with equal digests are the same measurement.

use assay_core::Measurement;
use sha2::{Digest as _, Sha256};

const HEAD: &[u8] = br#"{"sha256":""#;
const MIDDLE: &[u8] = br#"",""#;
const TAIL: &[u8] = b"}";

/// What the segments of runs hold.
pub const MEASUREMENT: &str = "measurement";

/// The SHA-256 of a record's JSON.
pub type Digest = [u8; 32];

/// A line whose digest matches its content.
pub struct Record<'a> {
    /// The digest.
    pub digest: Digest,
    /// What it is.
    pub name: &'a [u8],
    /// Its JSON.
    pub json: &'a [u8],
}

/// The line of a thing's JSON, with its line end.
pub fn encode(name: &str, json: &[u8]) -> Vec<u8> {
    let digest = hex(&Sha256::digest(json).into());
    [HEAD, digest.as_bytes(), MIDDLE, name.as_bytes(), b"\":", json, TAIL, b"\n"].concat()
}

/// The record on a line (without its line end); `None` when the line is not a record or is damaged.
pub fn decode(line: &[u8]) -> Option<Record<'_>> {
    // A version control system may have changed the line ends.
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (claimed, rest) = line.strip_prefix(HEAD)?.split_at_checked(64)?;
    let rest = rest.strip_prefix(MIDDLE)?.strip_suffix(TAIL)?;
    let (name, json) = rest.split_at_checked(rest.iter().position(|byte| *byte == b'"')?)?;
    let json = json.strip_prefix(b"\":")?;
    let digest: Digest = Sha256::digest(json).into();
    (hex(&digest).as_bytes() == claimed).then_some(Record { digest, name, json })
}

/// The JSON of a measurement as it is stored.
///
/// # Errors
/// A sentence when reading the JSON back would not give the same measurement (a NaN or infinity has no JSON), or the
/// measurement could not be used.
pub fn to_json(measurement: &Measurement) -> Result<Vec<u8>, String> {
    usable(measurement)?;
    let json = serde_json::to_vec(measurement).map_err(|error| error.to_string())?;
    match serde_json::from_slice::<Measurement>(&json) {
        Ok(read) if read == *measurement => Ok(json),
        Ok(_) => Err("it holds a NaN or an infinity where a number must be".to_owned()),
        Err(error) => Err(format!("it holds a NaN or an infinity where a number must be ({error})")),
    }
}

/// Refuses what would mislead or break those who use a measurement.
pub fn usable(measurement: &Measurement) -> Result<(), String> {
    if measurement.id.is_empty() {
        return Err("it has no id".to_owned());
    }
    measurement.workload.validate()
}

/// Hexadecimal digits.
pub fn hex(digest: &Digest) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|n| char::from(DIGITS[usize::from(n)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_and_reads_back() {
        let line = encode(MEASUREMENT, br#"{"a":1}"#);
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        // printf '{"a":1}' | sha256sum
        assert_eq!(value["sha256"], "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862");
        assert_eq!(decode(line.strip_suffix(b"\n").unwrap()).unwrap().json, br#"{"a":1}"#);
        assert_eq!(decode(&[line.strip_suffix(b"\n").unwrap(), b"\r"].concat()).unwrap().json, br#"{"a":1}"#);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let line = encode(MEASUREMENT, br#"{"id":"abc","value":1.25}"#);
        let line = line.strip_suffix(b"\n").unwrap();
        for position in 0..line.len() {
            for bit in 0..8 {
                let mut damaged = line.to_vec();
                damaged[position] ^= 1 << bit;
                // A damaged name is a name that nothing has.
                let record = decode(&damaged).filter(|record| record.name == MEASUREMENT.as_bytes());
                assert!(record.is_none(), "byte {position}, bit {bit}");
            }
        }
    }

    #[test]
    fn rubbish_is_not_a_record() {
        for rubbish in [&b""[..], b"}", b"{\"sha256\":\"", b"{\"sha256\":\"00\",\"measurement\":{}}", b"\xff\xfe"] {
            assert!(decode(rubbish).is_none());
        }
    }
}
