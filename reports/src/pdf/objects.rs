//! Small helpers for PDF objects.

use lopdf::{Object, StringFormat};

/// Hundredths of a point are fine enough, and keep files small.
pub(super) fn round(value: f32) -> f32 {
    (value * 100.0).round() / 100.0
}

/// UTF-16 with a byte order mark.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    let mut bytes = vec![0xfe, 0xff];
    bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    bytes
}

/// A text string.
pub(super) fn text(value: &str) -> Object {
    if value.is_ascii() {
        Object::String(value.as_bytes().to_vec(), StringFormat::Literal)
    } else {
        Object::String(utf16(value), StringFormat::Hexadecimal)
    }
}

/// A name.
pub(super) fn name(value: &str) -> Object {
    Object::Name(value.as_bytes().to_vec())
}
