//! Operators that move elements, and those that compute with shapes.

use super::{Call, Known, axis, elements_of};
use crate::reader::elements::INT64;

pub fn rule(op: &str, call: &Call<'_>) -> Option<Vec<Known>> {
    let one = |known: Option<Known>| known.map(|known| vec![known]);
    match op {
        "Shape" => one(shape_of(call)),
        "Size" => {
            one(elements_of(call.shape(0)?)
                .and_then(|n| Some(Known::of_integers(vec![i64::try_from(n).ok()?], vec![]))))
        }
        "Reshape" => one(reshape(call)),
        "Flatten" => one(flatten(call)),
        "Squeeze" => one(squeeze(call)),
        "Unsqueeze" => one(unsqueeze(call)),
        "Transpose" => one(transpose(call)),
        "Concat" => one(concat(call)),
        "Split" => split(call),
        "Slice" => one(slice(call)),
        "Gather" => one(gather(call)),
        "GatherElements" => one(Some(Known::of(call.element(), Some(call.shape(1)?.to_vec())))),
        "Expand" => one(expand(call)),
        "Tile" => one(tile(call)),
        "Pad" => one(pad(call)),
        "ConstantOfShape" => one(constant_of_shape(call)),
        "Range" => one(range(call)),
        "OneHot" => one(one_hot(call)),
        "TopK" => top_k(call),
        "DepthToSpace" => one(blocks(call, true)),
        "SpaceToDepth" => one(blocks(call, false)),
        _ => None,
    }
}

fn known(call: &Call<'_>, shape: Vec<usize>) -> Known {
    Known::of(call.element(), Some(shape))
}

/// The same integers in another shape.
fn moved(call: &Call<'_>, shape: Vec<usize>) -> Option<Known> {
    let integers = call.input(0)?.integers.clone();
    Some(Known { integers, ..known(call, shape) })
}

fn shape_of(call: &Call<'_>) -> Option<Known> {
    let shape = call.shape(0)?;
    let rank = i64::try_from(shape.len()).ok()?;
    let end = |name: &str, otherwise: i64| {
        let at = call.int(name, otherwise);
        usize::try_from(if at < 0 { at.saturating_add(rank) } else { at }.clamp(0, rank)).ok()
    };
    let part = shape.get(end("start", 0)?..end("end", rank)?).unwrap_or_default();
    let values: Option<Vec<i64>> = part.iter().map(|extent| i64::try_from(*extent).ok()).collect();
    Some(Known::of_integers(values?, vec![part.len()]))
}

fn reshape(call: &Call<'_>) -> Option<Known> {
    let from = call.shape(0)?;
    let wanted = call.ints_or_input("shape", 1)?;
    let zero_is_zero = call.int("allowzero", 0) != 0;
    let mut shape = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (i, size) in wanted.iter().enumerate() {
        match size {
            -1 => {
                open = Some(i);
                shape.push(1);
            }
            0 if !zero_is_zero => shape.push(*from.get(i)?),
            size => shape.push(usize::try_from(*size).ok()?),
        }
    }
    let (all, rest) = (elements_of(from)?, elements_of(&shape)?);
    if let Some(slot) = open.and_then(|i| shape.get_mut(i)) {
        *slot = all.checked_div(rest)?;
    }
    (elements_of(&shape)? == all).then(|| moved(call, shape)).flatten()
}

fn flatten(call: &Call<'_>) -> Option<Known> {
    let shape = call.shape(0)?;
    let at = axis(call.int("axis", 1), shape.len())?;
    let (rows, columns) = (shape.get(..at)?, shape.get(at..)?);
    Some(known(call, vec![elements_of(rows)?, elements_of(columns)?]))
}

fn squeeze(call: &Call<'_>) -> Option<Known> {
    let shape = call.shape(0)?;
    let kept: Vec<usize> = match call.ints_or_input("axes", 1) {
        None if call.input(1).is_some() => return None,
        None => shape.iter().copied().filter(|extent| *extent != 1).collect(),
        Some(axes) => {
            let axes: Vec<usize> = axes.iter().map(|a| axis(*a, shape.len())).collect::<Option<_>>()?;
            shape.iter().enumerate().filter(|(i, _)| !axes.contains(i)).map(|(_, extent)| *extent).collect()
        }
    };
    moved(call, kept)
}

fn unsqueeze(call: &Call<'_>) -> Option<Known> {
    let shape = call.shape(0)?;
    let axes = call.ints_or_input("axes", 1)?;
    let rank = shape.len().checked_add(axes.len())?;
    let axes: Vec<usize> = axes.iter().map(|a| axis(*a, rank)).collect::<Option<_>>()?;
    let mut rest = shape.iter();
    let wide =
        (0..rank).map(|i| if axes.contains(&i) { Some(1) } else { rest.next().copied() }).collect::<Option<_>>()?;
    moved(call, wide)
}

fn transpose(call: &Call<'_>) -> Option<Known> {
    let shape = call.shape(0)?;
    let order: Vec<usize> = match call.ints("perm") {
        Some(perm) => perm.iter().map(|p| usize::try_from(*p).ok()).collect::<Option<_>>()?,
        None => (0..shape.len()).rev().collect(),
    };
    Some(known(call, order.iter().map(|i| shape.get(*i).copied()).collect::<Option<_>>()?))
}

fn concat(call: &Call<'_>) -> Option<Known> {
    let mut shape = call.shape(0)?.to_vec();
    let at = axis(call.int("axis", 0), shape.len())?;
    let mut along = 0_usize;
    for index in 0..call.inputs.len() {
        along = along.checked_add(*call.shape(index)?.get(at)?)?;
    }
    *shape.get_mut(at)? = along;
    let parts: Option<Vec<&Vec<i64>>> = (0..call.inputs.len()).map(|i| call.input(i)?.integers.as_ref()).collect();
    let integers = parts.filter(|_| shape.len() == 1).map(|parts| parts.into_iter().flatten().copied().collect());
    Some(Known { integers, ..known(call, shape) })
}

fn split(call: &Call<'_>) -> Option<Vec<Known>> {
    let shape = call.shape(0)?;
    let at = axis(call.int("axis", 0), shape.len())?;
    let (extent, count) = (*shape.get(at)?, call.node.output.len());
    let parts: Vec<usize> = match call.ints_or_input("split", 1) {
        Some(parts) => parts.iter().map(|part| usize::try_from(*part).ok()).collect::<Option<_>>()?,
        None if call.input(1).is_some() => return None,
        None => {
            // Equal parts, the last one smaller where they do not divide.
            let part = extent.div_ceil(count.max(1));
            (0..count).map(|i| part.min(extent.saturating_sub(i * part))).collect()
        }
    };
    let of = |part: usize| {
        let mut shape = shape.to_vec();
        if let Some(slot) = shape.get_mut(at) {
            *slot = part;
        }
        known(call, shape)
    };
    Some(parts.into_iter().map(of).collect())
}

fn slice(call: &Call<'_>) -> Option<Known> {
    let mut shape = call.shape(0)?.to_vec();
    let (starts, ends) = (call.ints_or_input("starts", 1)?, call.ints_or_input("ends", 2)?);
    let axes = match call.ints_or_input("axes", 3) {
        Some(axes) => axes,
        None if call.input(3).is_some() => return None,
        None => (0..i64::try_from(starts.len()).ok()?).collect(),
    };
    let steps = match call.input(4) {
        Some(steps) => steps.integers.clone()?,
        None => vec![1; starts.len()],
    };
    let mut integers = call.input(0)?.integers.clone().filter(|_| shape.len() == 1);
    for (i, at) in axes.iter().enumerate() {
        let at = axis(*at, shape.len())?;
        let (start, end, step) = (*starts.get(i)?, *ends.get(i)?, *steps.get(i)?);
        let extent = i64::try_from(*shape.get(at)?).ok()?;
        if extent == 0 {
            continue;
        }
        let from_end = |v: i64| if v < 0 { v.saturating_add(extent) } else { v };
        let picked: Vec<i64> = match step {
            0 => return None,
            1.. => {
                let (start, end) = (from_end(start).clamp(0, extent), from_end(end).clamp(0, extent));
                let count = (end.saturating_sub(start)).max(0).checked_add(step - 1)? / step;
                set(&mut shape, at, count)?;
                (0..count.min(4096)).map(|n| start + n * step).collect()
            }
            _ => {
                let (start, end) = (from_end(start).clamp(0, extent - 1), from_end(end).clamp(-1, extent - 1));
                let step = step.checked_neg()?;
                let count = (start.saturating_sub(end)).max(0).checked_add(step - 1)? / step;
                set(&mut shape, at, count)?;
                (0..count.min(4096)).map(|n| start - n * step).collect()
            }
        };
        integers = integers.and_then(|all| {
            picked.iter().map(|i| all.get(usize::try_from(*i).ok()?).copied()).collect::<Option<Vec<i64>>>()
        });
    }
    Some(Known { integers, ..known(call, shape) })
}

fn set(shape: &mut [usize], at: usize, extent: i64) -> Option<()> {
    *shape.get_mut(at)? = usize::try_from(extent).ok()?;
    Some(())
}

fn gather(call: &Call<'_>) -> Option<Known> {
    let (shape, indices) = (call.shape(0)?, call.shape(1)?);
    let at = axis(call.int("axis", 0), shape.len())?;
    let gathered = [shape.get(..at)?, indices, shape.get(at + 1..)?].concat();
    let integers = match (&call.input(0)?.integers, &call.input(1)?.integers) {
        (Some(values), Some(picked)) if shape.len() == 1 => {
            let pick = |i: &i64| values.get(axis(*i, values.len())?).copied();
            picked.iter().map(pick).collect::<Option<Vec<i64>>>()
        }
        _ => None,
    };
    Some(Known { integers, ..known(call, gathered) })
}

fn target(call: &Call<'_>, index: usize) -> Option<Vec<usize>> {
    call.input(index)?.integers.as_ref()?.iter().map(|extent| usize::try_from(*extent).ok()).collect()
}

fn expand(call: &Call<'_>) -> Option<Known> {
    Some(known(call, super::arithmetic::broadcast(call.shape(0)?, &target(call, 1)?)?))
}

fn tile(call: &Call<'_>) -> Option<Known> {
    let times = target(call, 1)?;
    let shape = call.shape(0)?;
    if times.len() != shape.len() {
        return None;
    }
    Some(known(call, shape.iter().zip(times).map(|(extent, n)| extent.checked_mul(n)).collect::<Option<_>>()?))
}

fn pad(call: &Call<'_>) -> Option<Known> {
    let shape = call.shape(0)?;
    let pads = call.ints_or_input("pads", 1)?;
    let axes: Vec<usize> = match call.input(3) {
        Some(axes) => axes.integers.as_ref()?.iter().map(|a| axis(*a, shape.len())).collect::<Option<_>>()?,
        None => (0..shape.len()).collect(),
    };
    let mut padded = shape.to_vec();
    for (i, at) in axes.iter().enumerate() {
        let extent = i64::try_from(*padded.get(*at)?).ok()?;
        let wide = extent.checked_add(*pads.get(i)?)?.checked_add(*pads.get(i + axes.len())?)?;
        set(&mut padded, *at, wide)?;
    }
    Some(known(call, padded))
}

fn constant_of_shape(call: &Call<'_>) -> Option<Known> {
    let shape = target(call, 0)?;
    let value = call.attribute("value").and_then(|attribute| attribute.t.as_ref());
    let element = value.map_or(1, |tensor| tensor.data_type);
    let integer =
        value.and_then(|tensor| crate::reader::elements::integers(tensor, 1)).and_then(|v| v.first().copied());
    let count = elements_of(&shape)?;
    let integers = integer.filter(|_| count <= super::MOST_FOLLOWED).map(|value| vec![value; count]);
    Some(Known { integers, ..Known::of(element, Some(shape)) })
}

fn range(call: &Call<'_>) -> Option<Known> {
    let number = |index: usize| call.input(index)?.integers.as_ref()?.first().copied();
    let (start, limit, step) = (number(0)?, number(1)?, number(2)?);
    if step == 0 {
        return None;
    }
    let length = limit.checked_sub(start)?;
    let count =
        if (length > 0) == (step > 0) { length.checked_add(step - step.signum())?.checked_div(step)? } else { 0 };
    let count = usize::try_from(count.max(0)).ok()?;
    let values = (0..count.min(super::MOST_FOLLOWED + 1)).map(|n| start + n as i64 * step).collect::<Vec<_>>();
    let known = Known::of_integers(values, vec![count]);
    Some(Known { element: call.element(), ..known })
}

fn one_hot(call: &Call<'_>) -> Option<Known> {
    let mut shape = call.shape(0)?.to_vec();
    let depth = usize::try_from(*call.input(1)?.integers.as_ref()?.first()?).ok()?;
    let at = axis(call.int("axis", -1), shape.len() + 1)?;
    if at > shape.len() {
        return None;
    }
    shape.insert(at, depth);
    Some(Known::of(call.input(2)?.element, Some(shape)))
}

fn top_k(call: &Call<'_>) -> Option<Vec<Known>> {
    let mut shape = call.shape(0)?.to_vec();
    let at = axis(call.int("axis", -1), shape.len())?;
    let k = match call.input(1) {
        Some(k) => *k.integers.as_ref()?.first()?,
        None => call.int("k", 0),
    };
    set(&mut shape, at, k)?;
    Some(vec![known(call, shape.clone()), Known::of(INT64, Some(shape))])
}

fn blocks(call: &Call<'_>, to_space: bool) -> Option<Known> {
    let &[batch, channels, height, width] = call.shape(0)? else { return None };
    let block = usize::try_from(call.int("blocksize", 0)).ok().filter(|block| *block > 0)?;
    let area = block.checked_mul(block)?;
    Some(known(
        call,
        if to_space {
            vec![batch, channels / area, height.checked_mul(block)?, width.checked_mul(block)?]
        } else {
            vec![batch, channels.checked_mul(area)?, height / block, width / block]
        },
    ))
}
