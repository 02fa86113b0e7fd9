//! Convolutions, pooling, resizing.

use super::{Call, Known};

/// Steps, dilations and padding of a window in each direction.
struct Window {
    kernel: Vec<usize>,
    strides: Vec<usize>,
    dilations: Vec<usize>,
    pads: Vec<usize>,
}

fn sizes(values: Option<&[i64]>, count: usize, otherwise: usize) -> Option<Vec<usize>> {
    match values {
        None => Some(vec![otherwise; count]),
        Some(values) if values.len() == count => values.iter().map(|v| usize::try_from(*v).ok()).collect(),
        Some(_) => None,
    }
}

impl Window {
    fn of(call: &Call<'_>, kernel: Vec<usize>) -> Option<Self> {
        let count = kernel.len();
        Some(Self {
            strides: sizes(call.ints("strides"), count, 1)?,
            dilations: sizes(call.ints("dilations"), count, 1)?,
            pads: sizes(call.ints("pads"), 2 * count, 0)?,
            kernel,
        })
    }

    fn output(&self, call: &Call<'_>, map: &[usize]) -> Option<Vec<usize>> {
        let same = matches!(call.text("auto_pad"), Some(b"SAME_UPPER" | b"SAME_LOWER"));
        let up = call.int("ceil_mode", 0) != 0;
        (0..map.len())
            .map(|i| {
                let (extent, stride) = (*map.get(i)?, *self.strides.get(i)?);
                if stride == 0 {
                    return None;
                }
                if same {
                    return Some(extent.div_ceil(stride));
                }
                let reach = self.dilations.get(i)?.checked_mul(self.kernel.get(i)?.checked_sub(1)?)?.checked_add(1)?;
                let padded = extent.checked_add(*self.pads.get(i)?)?.checked_add(*self.pads.get(i + map.len())?)?;
                let room = padded.checked_sub(reach)?;
                Some(if up { room.div_ceil(stride) } else { room / stride } + 1)
            })
            .collect()
    }
}

pub fn convolution(call: &Call<'_>) -> Option<Known> {
    let op = call.node.op_type.as_str();
    let weight = call.shape(if op == "QLinearConv" { 3 } else { 1 })?;
    let element = match op {
        "ConvInteger" => 6,
        "QLinearConv" => call.input(7)?.element,
        _ => call.element(),
    };
    let ([batch, _, map @ ..], [channels, _, kernel @ ..]) = (call.shape(0)?, weight) else { return None };
    let kernel = kernel.to_vec();
    if kernel.len() != map.len() {
        return None;
    }
    let map = Window::of(call, kernel)?.output(call, map)?;
    Some(Known::of(element, Some([&[*batch, *channels], map.as_slice()].concat())))
}

pub fn transposed_convolution(call: &Call<'_>) -> Option<Known> {
    let ([batch, _, map @ ..], [_, channels, kernel @ ..]) = (call.shape(0)?, call.shape(1)?) else { return None };
    if call.ints("output_shape").is_some() || call.text("auto_pad").is_some_and(|pad| pad != b"NOTSET") {
        return None;
    }
    let groups = usize::try_from(call.int("group", 1)).ok()?;
    let window = Window::of(call, kernel.to_vec())?;
    let extra = sizes(call.ints("output_padding"), map.len(), 0)?;
    let mut shape = vec![*batch, channels.checked_mul(groups)?];
    for (i, extent) in map.iter().enumerate() {
        let reach = window.dilations.get(i)?.checked_mul(window.kernel.get(i)?.checked_sub(1)?)?.checked_add(1)?;
        let pads = window.pads.get(i)?.checked_add(*window.pads.get(i + map.len())?)?;
        let steps = window.strides.get(i)?.checked_mul(extent.checked_sub(1)?)?;
        shape.push(steps.checked_add(*extra.get(i)?)?.checked_add(reach)?.checked_sub(pads)?);
    }
    Some(Known::of(call.element(), Some(shape)))
}

pub fn pool(call: &Call<'_>) -> Option<Known> {
    let [batch, channels, map @ ..] = call.shape(0)? else { return None };
    let kernel = sizes(Some(call.ints("kernel_shape")?), map.len(), 1)?;
    let map = Window::of(call, kernel)?.output(call, map)?;
    Some(Known::of(call.element(), Some([&[*batch, *channels], map.as_slice()].concat())))
}

pub fn global_pool(call: &Call<'_>) -> Option<Known> {
    let [batch, channels, map @ ..] = call.shape(0)? else { return None };
    let ones = vec![1; map.len()];
    Some(Known::of(call.element(), Some([&[*batch, *channels], ones.as_slice()].concat())))
}

/// Only with sizes that are known integers: scales are real numbers, which are not followed.
pub fn resize(call: &Call<'_>) -> Option<Known> {
    let sizes = call.input(3)?.integers.as_ref()?;
    let shape: Option<Vec<usize>> = sizes.iter().map(|size| usize::try_from(*size).ok()).collect();
    Some(Known::of(call.element(), Some(shape?)))
}
