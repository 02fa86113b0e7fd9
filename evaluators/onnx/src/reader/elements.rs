//! Element types of ONNX tensors: `TensorProto.DataType`.

use crate::proto::TensorProto;

/// Code, name and bits of each type; text and complex numbers are data we never make.
const ELEMENTS: [(i32, &str, u64); 25] = [
    (1, "float32", 32),
    (2, "uint8", 8),
    (3, "int8", 8),
    (4, "uint16", 16),
    (5, "int16", 16),
    (6, "int32", 32),
    (7, "int64", 64),
    (9, "bool", 8),
    (10, "float16", 16),
    (11, "float64", 64),
    (12, "uint32", 32),
    (13, "uint64", 64),
    (14, "complex64", 64),
    (15, "complex128", 128),
    (16, "bfloat16", 16),
    (17, "float8e4m3fn", 8),
    (18, "float8e4m3fnuz", 8),
    (19, "float8e5m2", 8),
    (20, "float8e5m2fnuz", 8),
    (21, "uint4", 4),
    (22, "int4", 4),
    (23, "float4e2m1", 4),
    (24, "float8e8m0", 8),
    (25, "uint2", 2),
    (26, "int2", 2),
];

/// The code of text.
pub const STRING: i32 = 8;
/// The code of 64-bit integers.
pub const INT64: i32 = 7;
/// The code of truth values.
pub const BOOL: i32 = 9;

/// A type's name.
pub fn name(code: i32) -> &'static str {
    match code {
        STRING => "string",
        _ => ELEMENTS.iter().find(|(known, ..)| *known == code).map_or("unknown", |(_, name, _)| name),
    }
}

/// Bits an element takes; `None` for text and unknown types.
pub fn bits(code: i32) -> Option<u64> {
    ELEMENTS.iter().find(|(known, ..)| *known == code).map(|(.., bits)| *bits)
}

/// Bytes that `count` elements take; `None` for text, unknown types and more than a machine can address.
pub fn bytes(code: i32, count: u64) -> Option<u64> {
    count.checked_mul(bits(code)?).map(|bits| bits.div_ceil(8))
}

/// Whether a type holds real numbers.
pub fn is_float(code: i32) -> bool {
    matches!(code, 1 | 10 | 11 | 16..=20 | 23 | 24)
}

/// The number of elements, where the extents are none negative and their product is in range.
pub fn count(dims: &[i64]) -> Option<u64> {
    dims.iter().try_fold(1_u64, |product, extent| product.checked_mul(u64::try_from(*extent).ok()?))
}

/// The values of a small tensor of integers, for shapes that are computed.
pub fn integers(tensor: &TensorProto, most: usize) -> Option<Vec<i64>> {
    let count = usize::try_from(count(&tensor.dims)?).ok().filter(|count| *count <= most)?;
    let raw = |width: usize, read: fn(&[u8]) -> i64| -> Option<Vec<i64>> {
        Some(tensor.raw_data.chunks_exact(width).map(read).collect())
    };
    let values = match tensor.data_type {
        INT64 if !tensor.int64_data.is_empty() => tensor.int64_data.clone(),
        INT64 => raw(8, |b| b.try_into().map_or(0, i64::from_le_bytes))?,
        6 if !tensor.int32_data.is_empty() => tensor.int32_data.iter().map(|v| i64::from(*v)).collect(),
        6 => raw(4, |b| b.try_into().map_or(0, |b| i64::from(i32::from_le_bytes(b))))?,
        _ => return None,
    };
    (values.len() == count).then_some(values)
}
