//! Element-wise operators, products, reductions.

use super::{Call, Known, axis};
use crate::reader::elements::{self, INT64};

/// Extents of operands stretched to each other, as NumPy does.
pub fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let at = |shape: &[usize], i: usize| (i + shape.len()).checked_sub(rank).map_or(Some(1), |i| shape.get(i).copied());
    (0..rank)
        .map(|i| match (at(a, i)?, at(b, i)?) {
            (x, y) if x == y => Some(x),
            (1, y) => Some(y),
            (x, 1) => Some(x),
            _ => None,
        })
        .collect()
}

pub fn cast(call: &Call<'_>) -> Option<Known> {
    let x = call.input(0)?;
    let element = i32::try_from(call.int("to", 0)).ok()?;
    let integers = if matches!(element, 6 | INT64) { x.integers.clone() } else { None };
    Some(Known { integers, ..Known::of(element, x.shape.clone()) })
}

pub fn element_wise(call: &Call<'_>) -> Option<Known> {
    let op = call.node.op_type.as_str();
    let mut shape = call.shape(0)?.to_vec();
    for index in 1..call.inputs.len() {
        shape = broadcast(&shape, call.shape(index)?)?;
    }
    let compares = matches!(op, "Equal" | "Less" | "Greater" | "LessOrEqual" | "GreaterOrEqual" | "And" | "Or" | "Xor");
    let element = if compares { elements::BOOL } else { call.element() };
    let integers = match (call.input(0)?.integers.as_ref(), call.input(1).and_then(|k| k.integers.as_ref())) {
        (Some(a), Some(b)) if call.inputs.len() == 2 && shape.len() <= 1 => compute(op, a, b),
        _ => None,
    };
    Some(Known { integers, ..Known::of(element, Some(shape)) })
}

/// Integers element by element; a single one is stretched.
fn compute(op: &str, a: &[i64], b: &[i64]) -> Option<Vec<i64>> {
    let at =
        |values: &[i64], i: usize| if values.len() == 1 { values.first().copied() } else { values.get(i).copied() };
    (0..a.len().max(b.len()))
        .map(|i| {
            let (x, y) = (at(a, i)?, at(b, i)?);
            match op {
                "Add" => x.checked_add(y),
                "Sub" => x.checked_sub(y),
                "Mul" => x.checked_mul(y),
                "Div" => x.checked_div(y),
                "Max" => Some(x.max(y)),
                "Min" => Some(x.min(y)),
                "Equal" => Some(i64::from(x == y)),
                _ => None,
            }
        })
        .collect()
}

pub fn choose(call: &Call<'_>) -> Option<Known> {
    let shape = broadcast(&broadcast(call.shape(0)?, call.shape(1)?)?, call.shape(2)?)?;
    let (condition, x, y) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let integers = match (&condition.integers, &x.integers, &y.integers) {
        (Some(condition), Some(x), Some(y)) if condition.len() == x.len() && x.len() == y.len() => {
            Some(condition.iter().zip(x.iter().zip(y)).map(|(c, (x, y))| if *c != 0 { *x } else { *y }).collect())
        }
        _ => None,
    };
    Some(Known { integers, ..Known::of(x.element, Some(shape)) })
}

pub fn matrix_product(call: &Call<'_>) -> Option<Known> {
    let op = call.node.op_type.as_str();
    let second = if op == "QLinearMatMul" { 3 } else { 1 };
    let element = match op {
        "MatMulInteger" => 6,
        "QLinearMatMul" => call.input(7)?.element,
        _ => call.element(),
    };
    let (a, b) = (call.shape(0)?, call.shape(second)?);
    Some(Known::of(element, Some(product_shape(a, b)?)))
}

/// `[.., m, k] x [.., k, n]`; vectors are widened and narrowed again.
fn product_shape(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let wide_a = if a.len() == 1 { vec![1, *a.first()?] } else { a.to_vec() };
    let wide_b = if b.len() == 1 { vec![*b.first()?, 1] } else { b.to_vec() };
    let ([batch_a @ .., m, k], [batch_b @ .., l, n]) = (wide_a.as_slice(), wide_b.as_slice()) else { return None };
    if k != l {
        return None;
    }
    let mut shape = broadcast(batch_a, batch_b)?;
    if a.len() > 1 {
        shape.push(*m);
    }
    if b.len() > 1 {
        shape.push(*n);
    }
    Some(shape)
}

pub fn gemm(call: &Call<'_>) -> Option<Known> {
    let ([a0, a1], [b0, b1]) = (call.shape(0)?, call.shape(1)?) else { return None };
    let m = if call.int("transA", 0) != 0 { a1 } else { a0 };
    let n = if call.int("transB", 0) != 0 { b0 } else { b1 };
    Some(Known::of(call.element(), Some(vec![*m, *n])))
}

/// The standard's operator, with three or four dimensions.
pub fn attention(call: &Call<'_>) -> Option<Known> {
    let (q, v) = (call.shape(0)?, call.shape(2)?);
    let shape = match (q, v) {
        ([batch, heads, queries, _], [.., d]) => vec![*batch, *heads, *queries, *d],
        ([batch, queries, _], [.., width]) => {
            let (heads, kv_heads) = (call.int("q_num_heads", 0), call.int("kv_num_heads", 0));
            let (heads, kv_heads) = (usize::try_from(heads).ok()?, usize::try_from(kv_heads).ok()?);
            vec![*batch, *queries, width.checked_div(kv_heads)?.checked_mul(heads)?]
        }
        _ => return None,
    };
    Some(Known::of(call.element(), Some(shape)))
}

pub fn reduce(call: &Call<'_>) -> Option<Known> {
    let shape = call.shape(0)?;
    let keep = call.int("keepdims", 1) != 0;
    let given = match call.ints_or_input("axes", 1) {
        Some(axes) => Some(axes),
        None if call.input(1).is_some() => return None,
        None => None,
    };
    let all = given.as_ref().is_none_or(Vec::is_empty);
    if all && call.int("noop_with_empty_axes", 0) != 0 {
        return Some(Known::of(call.element(), Some(shape.to_vec())));
    }
    let axes: Vec<usize> = match given {
        Some(axes) if !all => axes.iter().map(|a| axis(*a, shape.len())).collect::<Option<_>>()?,
        _ => (0..shape.len()).collect(),
    };
    let extents = shape.iter().enumerate().filter_map(|(i, extent)| match axes.contains(&i) {
        true => keep.then_some(1),
        false => Some(*extent),
    });
    Some(Known::of(call.element(), Some(extents.collect())))
}

pub fn arg(call: &Call<'_>) -> Option<Known> {
    let mut shape = call.shape(0)?.to_vec();
    let at = axis(call.int("axis", 0), shape.len())?;
    if call.int("keepdims", 1) != 0 {
        *shape.get_mut(at)? = 1;
    } else if at < shape.len() {
        shape.remove(at);
    }
    Some(Known::of(INT64, Some(shape)))
}

/// `x [steps, batch, input]`, weights `[directions, gates * hidden, input]`.
pub fn recurrent(call: &Call<'_>) -> Option<Vec<Known>> {
    let ([steps, batch, _], [directions, ..]) = (call.shape(0)?, call.shape(1)?) else { return None };
    let hidden = usize::try_from(call.int("hidden_size", 0)).ok()?;
    let state = Known::of(call.element(), Some(vec![*directions, *batch, hidden]));
    let all = Known::of(call.element(), Some(vec![*steps, *directions, *batch, hidden]));
    Some(vec![all, state.clone(), state])
}
