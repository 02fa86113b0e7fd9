//! Arrays as NumPy saves them: `.npy`, and several of them uncompressed in a `.npz`.
//!
//! The format is that of `numpy.lib.format`, versions 1 to 3; a `.npz` is a ZIP archive (APPNOTE.TXT of PKWARE).

use std::path::Path;

use assay_core::tensor::{Tensor, Values};

/// An array with NumPy's name of its element type, such as `<f4`.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its name in the archive; empty in a `.npy`.
    pub name: String,
    /// NumPy's name of its element type.
    pub element: String,
    /// Its values.
    pub tensor: Tensor,
}

/// Reads the arrays of a file.
///
/// # Errors
/// What is wrong, without the file's name.
pub fn read(path: &Path, bytes: &[u8]) -> Result<Vec<Array>, String> {
    if bytes.starts_with(b"PK") {
        return archive(bytes);
    }
    if bytes.starts_with(MAGIC) {
        return Ok(vec![array(String::new(), bytes)?]);
    }
    let extension = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
    Err(format!("it is no .npy and no .npz (its name ends with `{extension}`): save it with numpy.savez"))
}

const MAGIC: &[u8] = b"\x93NUMPY";

fn array(name: String, bytes: &[u8]) -> Result<Array, String> {
    let what = if name.is_empty() { "the array".to_owned() } else { format!("the array `{name}`") };
    let cut = || format!("{what} is truncated");
    let version = *bytes.get(6).ok_or_else(cut)?;
    let (start, length) = match version {
        1 => (10, bytes.get(8..10).and_then(|b| b.try_into().ok()).map(|b| usize::from(u16::from_le_bytes(b)))),
        2 | 3 => (12, bytes.get(8..12).and_then(|b| b.try_into().ok()).map(|b| u32::from_le_bytes(b) as usize)),
        _ => return Err(format!("{what} has version {version} of the format, and 1 to 3 are known")),
    };
    let end = start + length.ok_or_else(cut)?;
    let header = std::str::from_utf8(bytes.get(start..end).ok_or_else(cut)?).map_err(|_| cut())?;
    let data = bytes.get(end..).ok_or_else(cut)?;
    let odd = || format!("{what} has a header that is not NumPy's: `{}`", super::check::shorten(header));
    let element = quoted(header, "descr").ok_or_else(odd)?;
    let column_major = after(header, "fortran_order").ok_or_else(odd)?.starts_with("True");
    let inside = after(header, "shape").and_then(|text| text.strip_prefix('(')?.split_once(')')).ok_or_else(odd)?.0;
    let extents = inside.split(',').map(str::trim).filter(|text| !text.is_empty());
    let shape: Vec<usize> = extents.map(|text| text.parse().map_err(|_| odd())).collect::<Result<_, _>>()?;
    if column_major && shape.len() > 1 {
        return Err(format!("{what} is in column order: save numpy.ascontiguousarray of it"));
    }
    let count = super::shapes::elements_of(&shape).ok_or_else(odd)?;
    let values = decode(&element, data, count).map_err(|reason| format!("{what} {reason}"))?;
    Ok(Array { name, element, tensor: Tensor { shape, values } })
}

/// What follows a key of the header's dictionary.
fn after<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}'"))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

fn quoted(header: &str, key: &str) -> Option<String> {
    let text = after(header, key)?.strip_prefix('\'')?;
    Some(text.split_once('\'')?.0.to_owned())
}

fn decode(element: &str, data: &[u8], count: usize) -> Result<Values, String> {
    macro_rules! values {
        ($width:literal, $number:ty, $kind:ident, $to:ty) => {{
            let needed = count.checked_mul($width).filter(|needed| *needed == data.len());
            needed.ok_or_else(|| format!("claims {count} elements of {element} and holds {} bytes", data.len()))?;
            let read = |b: &[u8]| b.try_into().map(<$number>::from_le_bytes).unwrap_or_default() as $to;
            Ok::<Values, String>(Values::$kind(data.chunks_exact($width).map(read).collect()))
        }};
    }
    match element {
        "<f4" => values!(4, f32, F32, f32),
        "<f8" => values!(8, f64, F32, f32),
        "<f2" => match values!(2, u16, Index, i64)? {
            Values::Index(bits) => {
                Ok(Values::F32(bits.iter().map(|b| half::f16::from_bits(*b as u16).to_f32()).collect()))
            }
            other => Ok(other),
        },
        "<i8" => values!(8, i64, Index, i64),
        "<i4" => values!(4, i32, Index, i64),
        "<i2" => values!(2, i16, Index, i64),
        "|i1" => values!(1, i8, Index, i64),
        "|u1" | "|b1" => values!(1, u8, Index, i64),
        "<u4" => values!(4, u32, Index, i64),
        _ => Err(format!("has elements of `{element}`: float16, float32, float64, bool and integers are read")),
    }
}

/// The stored files of a ZIP archive, from its central directory.
fn archive(bytes: &[u8]) -> Result<Vec<Array>, String> {
    let cut = || "the archive is truncated or damaged".to_owned();
    let u16_at = |at: usize| bytes.get(at..at + 2).and_then(|b| b.try_into().ok()).map(u16::from_le_bytes);
    let u32_at = |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let u64_at = |at: usize| bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
    // The end record is 22 bytes, with a comment of up to 64 KiB behind it.
    let first = bytes.len().saturating_sub(22 + 0xffff);
    let end = (first..=bytes.len().saturating_sub(22)).rev().find(|at| bytes.get(*at..*at + 4) == Some(b"PK\x05\x06"));
    let end = end.ok_or_else(cut)?;
    let count = u16_at(end + 10).ok_or_else(cut)?;
    let mut at = u32_at(end + 16).ok_or_else(cut)? as usize;
    let mut arrays = Vec::new();
    for _ in 0..count {
        if bytes.get(at..at.saturating_add(4)) != Some(b"PK\x01\x02") {
            return Err(cut());
        }
        let method = u16_at(at + 10).ok_or_else(cut)?;
        let mut size = u64::from(u32_at(at + 20).ok_or_else(cut)?);
        let lengths = [28, 30, 32].map(|field| u16_at(at + field).map(usize::from));
        let [Some(name_length), Some(extra_length), Some(comment_length)] = lengths else { return Err(cut()) };
        let mut local = u64::from(u32_at(at + 42).ok_or_else(cut)?);
        let name_at = at + 46;
        let name = String::from_utf8_lossy(bytes.get(name_at..name_at + name_length).ok_or_else(cut)?).into_owned();
        // Sizes beyond four gigabytes are in the extra field 1, after the uncompressed size.
        if size == 0xffff_ffff {
            let extra = name_at + name_length;
            let after_uncompressed = if u32_at(at + 24) == Some(0xffff_ffff) { 12 } else { 4 };
            size = u64_at(extra + after_uncompressed).ok_or_else(cut)?;
            if local == 0xffff_ffff {
                local = u64_at(extra + after_uncompressed + 8).ok_or_else(cut)?;
            }
        }
        if method != 0 {
            return Err(format!("`{}` is compressed: save it with numpy.savez", super::check::shorten(&name)));
        }
        let local = usize::try_from(local).map_err(|_| cut())?;
        let skip = |field: usize| u16_at(local.saturating_add(field)).map(usize::from);
        let (Some(local_name), Some(local_extra)) = (skip(26), skip(28)) else { return Err(cut()) };
        let data = local + 30 + local_name + local_extra;
        let stop = usize::try_from(size).ok().and_then(|size| data.checked_add(size)).ok_or_else(cut)?;
        let content = bytes.get(data..stop).ok_or_else(cut)?;
        if !content.starts_with(MAGIC) {
            return Err(format!("`{}` is no array of NumPy", super::check::shorten(&name)));
        }
        arrays.push(array(name.strip_suffix(".npy").unwrap_or(&name).to_owned(), content)?);
        at = name_at + name_length + extra_length + comment_length;
    }
    if arrays.is_empty() { Err("the archive holds no arrays".to_owned()) } else { Ok(arrays) }
}
