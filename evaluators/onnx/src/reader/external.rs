//! Models whose weights are in other files: made one with them, in memory.
//!
//! The engines are given bytes and never a path, so that none of them opens a file that a model names. The model's own
//! bytes are copied field by field (`onnx.proto` is larger than what is read of it here); only tensors whose data are
//! elsewhere are written anew, with their data.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use prost::Message as _;
use prost::bytes::{Buf as _, BufMut as _, Bytes};
use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};

use super::check;
use crate::proto::{EXTERNAL, TensorProto};

/// Messages that hold tensors, or messages that do.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Sparse,
    Function,
    Tensor,
}

impl Message {
    /// What a field of this number is, where tensors may be in it.
    fn field(self, tag: u32) -> Option<Self> {
        match (self, tag) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) => Some(Self::Graph),
            (Self::Model, 25) => Some(Self::Function),
            (Self::Graph, 1) | (Self::Function, 7) => Some(Self::Node),
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::Sparse, 1 | 2) => Some(Self::Tensor),
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Some(Self::Sparse),
            (Self::Node, 5) => Some(Self::Attribute),
            _ => None,
        }
    }
}

/// The bytes of a model, checked before, with the data of its tensors from the files of `folder`.
///
/// # Errors
/// When a file cannot be read, or the whole is larger than a model can be.
pub fn inlined(model: &[u8], folder: &Path, most_bytes: u64) -> Result<Vec<u8>, String> {
    let mut budget = most_bytes;
    copied(Message::Model, Bytes::copy_from_slice(model), folder, &mut budget)
}

fn copied(kind: Message, mut from: Bytes, folder: &Path, budget: &mut u64) -> Result<Vec<u8>, String> {
    let mut to = Vec::with_capacity(from.len());
    let damaged = |error: prost::DecodeError| format!("it is damaged: {error}");
    while from.has_remaining() {
        let (tag, wire) = decode_key(&mut from).map_err(damaged)?;
        encode_key(tag, wire, &mut to);
        match wire {
            WireType::Varint => encode_varint(decode_varint(&mut from).map_err(damaged)?, &mut to),
            WireType::ThirtyTwoBit => to.put_slice(&taken(&mut from, 4)?),
            WireType::SixtyFourBit => to.put_slice(&taken(&mut from, 8)?),
            WireType::LengthDelimited => {
                let length = decode_varint(&mut from).map_err(damaged)?;
                let value = taken(&mut from, length)?;
                match kind.field(tag) {
                    None => put(&value, &mut to),
                    Some(Message::Tensor) => put(&tensor(value, folder, budget)?, &mut to),
                    Some(inner) => put(&copied(inner, value, folder, budget)?, &mut to),
                }
            }
            WireType::StartGroup | WireType::EndGroup => return Err("it is damaged: it has a group".to_owned()),
        }
    }
    Ok(to)
}

fn put(value: &[u8], to: &mut Vec<u8>) {
    encode_varint(value.len() as u64, to);
    to.put_slice(value);
}

fn taken(from: &mut Bytes, length: u64) -> Result<Bytes, String> {
    match usize::try_from(length) {
        Ok(length) if length <= from.len() => Ok(from.split_to(length)),
        _ => Err("it is damaged: a field is longer than the file".to_owned()),
    }
}

/// A tensor with its data.
fn tensor(bytes: Bytes, folder: &Path, budget: &mut u64) -> Result<Bytes, String> {
    let mut tensor = TensorProto::decode(bytes.clone()).map_err(|error| format!("it is damaged: {error}"))?;
    if tensor.data_location != EXTERNAL {
        return Ok(bytes);
    }
    let name = check::shorten(&tensor.name);
    let place = check::external(&tensor, &name, folder)?;
    *budget = budget.checked_sub(place.length).ok_or_else(|| {
        "it and its weights take more than 2 GiB together, which is more than is read here".to_owned()
    })?;
    let read = || {
        let mut file = File::open(&place.file)?;
        file.seek(SeekFrom::Start(place.offset))?;
        let mut data = Vec::new();
        file.take(place.length).read_to_end(&mut data)?;
        Ok(data)
    };
    let data = read().map_err(|e: std::io::Error| format!("the tensor `{name}`: {}: {e}", place.file.display()))?;
    if data.len() as u64 != place.length {
        return Err(format!("the tensor `{name}`: {} became shorter while it was read", place.file.display()));
    }
    tensor.raw_data = data.into();
    tensor.external_data = Vec::new();
    tensor.data_location = 0;
    Ok(tensor.encode_to_vec().into())
}
