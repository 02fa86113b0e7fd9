//! Dense row-major tensors as they travel between the reference, the evaluators and the correctness gate.

/// A dense row-major tensor. Floating-point formats narrower than fp32 are held as the fp32 values they stand for.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Extents, outermost first; a scalar has none.
    pub shape: Vec<usize>,
    /// The elements.
    pub values: Values,
}

/// The elements of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Real numbers.
    F32(Vec<f32>),
    /// Indices into another tensor.
    Index(Vec<i64>),
}

impl Tensor {
    /// A tensor of real numbers; `values` must have as many elements as the shape says.
    pub fn f32(shape: impl Into<Vec<usize>>, values: Vec<f32>) -> Self {
        let shape = shape.into();
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        Self { shape, values: Values::F32(values) }
    }

    /// A tensor of indices.
    pub fn index(shape: impl Into<Vec<usize>>, values: Vec<i64>) -> Self {
        let shape = shape.into();
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        Self { shape, values: Values::Index(values) }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The real numbers; empty for a tensor of indices.
    pub fn as_f32(&self) -> &[f32] {
        match &self.values {
            Values::F32(values) => values,
            Values::Index(_) => &[],
        }
    }

    /// The indices; empty for a tensor of real numbers.
    pub fn as_index(&self) -> &[i64] {
        match &self.values {
            Values::Index(values) => values,
            Values::F32(_) => &[],
        }
    }
}
