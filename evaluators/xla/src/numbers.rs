//! Tensors as the bytes of a device's buffers, and back.

use assay_core::tensor::{Tensor, Values};
use half::{bf16, f16};

use crate::pjrt::BufferType;
use crate::stablehlo::{Argument, Element, Stored};

/// The largest magnitude of a quantised value.
const LARGEST: f32 = 127.0;

/// The interface's type of elements.
pub fn buffer_type(element: Element) -> Result<BufferType, String> {
    match element {
        Element::S8 => Ok(BufferType::S8),
        Element::S32 => Ok(BufferType::S32),
        Element::F16 => Ok(BufferType::F16),
        Element::Bf16 => Ok(BufferType::Bf16),
        Element::F32 => Ok(BufferType::F32),
        Element::F64 => Ok(BufferType::F64),
        Element::I1 => Err("truth values are neither given nor answered".to_owned()),
    }
}

/// What an argument holds, made from its tensor.
///
/// # Errors
/// When an index is too large for 32 bits, or the tensor is of another kind.
pub fn encode(argument: &Argument, tensor: &Tensor) -> Result<Vec<u8>, String> {
    let rows = argument.shape.first().copied().unwrap_or(1).max(1);
    match (argument.stored, &tensor.values) {
        (Stored::Plain, Values::Index(indices)) => {
            let narrow =
                |index: &i64| i32::try_from(*index).map_err(|_| format!("index {index} does not fit in 32 bits"));
            Ok(indices
                .iter()
                .map(narrow)
                .collect::<Result<Vec<i32>, _>>()?
                .iter()
                .flat_map(|v| v.to_le_bytes())
                .collect())
        }
        (_, Values::Index(_)) => Err("indices are not quantised".to_owned()),
        (Stored::Plain, Values::F32(values)) => real(argument.element, values),
        (Stored::Steps, Values::F32(values)) => Ok(steps(values, factor(values)).collect()),
        (Stored::Factor, Values::F32(values)) => real(argument.element, &[factor(values)]),
        (Stored::RowSteps, Values::F32(values)) => {
            let width = (values.len() / rows).max(1);
            Ok(values.chunks(width).flat_map(|row| steps(row, factor(row)).collect::<Vec<u8>>()).collect())
        }
        (Stored::RowFactors, Values::F32(values)) => {
            let width = (values.len() / rows).max(1);
            real(argument.element, &values.chunks(width).map(factor).collect::<Vec<f32>>())
        }
    }
}

fn real(element: Element, values: &[f32]) -> Result<Vec<u8>, String> {
    Ok(match element {
        Element::F16 => values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect(),
        Element::Bf16 => values.iter().flat_map(|v| bf16::from_f32(*v).to_le_bytes()).collect(),
        Element::F32 => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        Element::F64 => values.iter().flat_map(|v| f64::from(*v).to_le_bytes()).collect(),
        Element::I1 | Element::S8 | Element::S32 => return Err("real numbers are not given as integers".to_owned()),
    })
}

/// What one step stands for, so that the largest magnitude takes 127 of them.
fn factor(values: &[f32]) -> f32 {
    let largest = values.iter().fold(0.0_f32, |largest, v| largest.max(v.abs()));
    if largest > 0.0 { largest / LARGEST } else { 1.0 }
}

fn steps(values: &[f32], factor: f32) -> impl Iterator<Item = u8> + '_ {
    values.iter().map(move |v| ((v / factor).round_ties_even().clamp(-LARGEST, LARGEST) as i8).cast_unsigned())
}

/// The numbers in a buffer's bytes.
///
/// # Errors
/// When there are more or fewer bytes than the shape needs.
pub fn decode(element: Element, shape: &[usize], bytes: &[u8]) -> Result<Vec<f32>, String> {
    let count: usize = shape.iter().product();
    let width = buffer_type(element)?.bytes();
    if bytes.len() != count * width {
        return Err(format!("the plugin answered with {} bytes for {count} elements of {width}", bytes.len()));
    }
    fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        bytes.as_chunks::<N>().0.iter().map(|chunk| number(*chunk)).collect()
    }
    Ok(match element {
        Element::S8 => each(bytes, |[byte]: [u8; 1]| f32::from(byte.cast_signed())),
        Element::S32 => each(bytes, |b| i32::from_le_bytes(b) as f32),
        Element::F16 => each(bytes, |b| f16::from_le_bytes(b).to_f32()),
        Element::Bf16 => each(bytes, |b| bf16::from_le_bytes(b).to_f32()),
        Element::F32 => each(bytes, f32::from_le_bytes),
        Element::F64 => each(bytes, |b| f64::from_le_bytes(b) as f32),
        Element::I1 => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::graph::TensorId;

    fn argument(stored: Stored, element: Element, shape: &[usize]) -> Argument {
        Argument { tensor: TensorId(0), stored, element, shape: shape.to_vec() }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let values = vec![1.0, -2.5, 0.0, 65504.0];
        let tensor = Tensor::f32([2, 2], values.clone());
        for element in [Element::F32, Element::F16, Element::F64] {
            let bytes = encode(&argument(Stored::Plain, element, &[2, 2]), &tensor).unwrap();
            assert_eq!(decode(element, &[2, 2], &bytes).unwrap(), values, "{element:?}");
        }
        let bytes = encode(&argument(Stored::Plain, Element::Bf16, &[2, 2]), &tensor).unwrap();
        assert_eq!(decode(Element::Bf16, &[2, 2], &bytes).unwrap(), [1.0, -2.5, 0.0, 65536.0]);
        assert!(decode(Element::F32, &[3], &[0; 11]).is_err());
    }

    #[test]
    fn rows_are_quantised_with_a_factor_each() {
        let tensor = Tensor::f32([2, 2], vec![127.0, -63.6, 0.5, 0.25]);
        let steps = encode(&argument(Stored::RowSteps, Element::S8, &[2, 2]), &tensor).unwrap();
        assert_eq!(steps.iter().map(|b| b.cast_signed()).collect::<Vec<_>>(), [127, -64, 127, 64]);
        let factors = encode(&argument(Stored::RowFactors, Element::F32, &[2]), &tensor).unwrap();
        assert_eq!(decode(Element::F32, &[2], &factors).unwrap(), [1.0, 0.5 / 127.0]);
        let whole = encode(&argument(Stored::Steps, Element::S8, &[2, 2]), &tensor).unwrap();
        assert_eq!(whole.iter().map(|b| b.cast_signed()).collect::<Vec<_>>(), [127, -64, 0, 0]);
    }

    #[test]
    fn an_index_beyond_32_bits_is_refused() {
        let tensor = Tensor::index([1], vec![1 << 40]);
        assert!(encode(&argument(Stored::Plain, Element::S32, &[1]), &tensor).unwrap_err().contains("32 bits"));
    }
}
