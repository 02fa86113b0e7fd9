//! Writes StableHLO operations one after the other.

use std::fmt::Write as _;

/// The type of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// Truth values.
    I1,
    /// 8-bit integers.
    S8,
    /// 32-bit integers.
    S32,
    /// IEEE binary16.
    F16,
    /// bfloat16.
    Bf16,
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
}

impl Element {
    fn word(self) -> &'static str {
        match self {
            Self::I1 => "i1",
            Self::S8 => "i8",
            Self::S32 => "i32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// A number as a literal of the type. Infinity has no literal but its bits.
    fn literal(self, value: f64) -> String {
        match self {
            Self::I1 | Self::S8 | Self::S32 => format!("{value:.0}"),
            Self::F16 if value == f64::NEG_INFINITY => "0xFC00".to_owned(),
            Self::Bf16 if value == f64::NEG_INFINITY => "0xFF80".to_owned(),
            Self::F32 if value == f64::NEG_INFINITY => "0xFF800000".to_owned(),
            Self::F64 if value == f64::NEG_INFINITY => "0xFFF0000000000000".to_owned(),
            Self::F16 | Self::Bf16 | Self::F32 => format!("{value:.9e}"),
            Self::F64 => format!("{value:.17e}"),
        }
    }
}

/// How exact a product of fp32 must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As the device does it fastest.
    Default,
    /// As in fp32.
    Highest,
}

/// A result with its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Its name, with the `%`.
    pub name: String,
    /// The type of its elements.
    pub element: Element,
    /// Its extents.
    pub shape: Vec<usize>,
}

impl Value {
    /// Its type.
    pub fn tensor_type(&self) -> String {
        tensor_type(self.element, &self.shape)
    }
}

/// The type of a tensor, such as `tensor<2x3xf32>`.
pub fn tensor_type(element: Element, shape: &[usize]) -> String {
    let extents: String = shape.iter().map(|extent| format!("{extent}x")).collect();
    format!("tensor<{extents}{}>", element.word())
}

/// Which dimensions a product contracts, and which it repeats over.
#[derive(Clone, Debug)]
pub struct Dot<'a> {
    /// Dimensions of both operands over which it is repeated.
    pub batching: [&'a [usize]; 2],
    /// Dimensions of both operands that are contracted.
    pub contracting: [&'a [usize]; 2],
    /// The type of the result.
    pub result: Element,
    /// How exact it must be.
    pub precision: Precision,
}

/// A window over height and width of images, NCHW.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Step in both directions.
    pub stride: usize,
    /// Padding on each side.
    pub padding: usize,
}

/// The body of a function.
#[derive(Debug, Default)]
pub struct Emitter {
    text: String,
    count: usize,
}

impl Emitter {
    /// The operations' text.
    pub fn finish(self) -> String {
        self.text
    }

    fn emit(&mut self, element: Element, shape: Vec<usize>, operation: &str) -> Value {
        let name = format!("%{}", self.count);
        self.count += 1;
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "    {name} = {operation}");
        Value { name, element, shape }
    }

    /// An element-wise function of one operand, such as `exponential`.
    pub fn unary(&mut self, name: &str, x: &Value) -> Value {
        self.emit(x.element, x.shape.clone(), &format!("stablehlo.{name} {} : {}", x.name, x.tensor_type()))
    }

    /// The error function.
    pub fn erf(&mut self, x: &Value) -> Value {
        let kind = x.tensor_type();
        self.emit(x.element, x.shape.clone(), &format!("chlo.erf {} : {kind} -> {kind}", x.name))
    }

    /// An element-wise function of two operands of one type, such as `add`.
    pub fn binary(&mut self, name: &str, x: &Value, y: &Value) -> Value {
        let text = format!("stablehlo.{name} {}, {} : {}", x.name, y.name, x.tensor_type());
        self.emit(x.element, x.shape.clone(), &text)
    }

    /// A tensor that holds one number everywhere.
    pub fn constant(&mut self, value: f64, element: Element, shape: &[usize]) -> Value {
        let text = format!("stablehlo.constant dense<{}> : {}", element.literal(value), tensor_type(element, shape));
        self.emit(element, shape.to_vec(), &text)
    }

    /// A number like another value, for element-wise functions with it.
    pub fn like(&mut self, value: f64, x: &Value) -> Value {
        self.constant(value, x.element, &x.shape)
    }

    /// `x` times a number.
    pub fn scaled(&mut self, x: &Value, factor: f64) -> Value {
        let factor = self.like(factor, x);
        self.binary("multiply", x, &factor)
    }

    /// `x` in another type.
    pub fn convert(&mut self, x: &Value, element: Element) -> Value {
        if x.element == element {
            return x.clone();
        }
        let to = tensor_type(element, &x.shape);
        self.emit(element, x.shape.clone(), &format!("stablehlo.convert {} : ({}) -> {to}", x.name, x.tensor_type()))
    }

    /// The same elements in another shape.
    pub fn reshape(&mut self, x: &Value, shape: &[usize]) -> Value {
        let to = tensor_type(x.element, shape);
        self.emit(x.element, shape.to_vec(), &format!("stablehlo.reshape {} : ({}) -> {to}", x.name, x.tensor_type()))
    }

    /// Dimensions in another order: dimension `i` of the result is dimension `order[i]` of `x`.
    pub fn transpose(&mut self, x: &Value, order: &[usize]) -> Value {
        let shape: Vec<usize> = order.iter().map(|&from| x.shape.get(from).copied().unwrap_or(1)).collect();
        let to = tensor_type(x.element, &shape);
        let text = format!("stablehlo.transpose {}, dims = {order:?} : ({}) -> {to}", x.name, x.tensor_type());
        self.emit(x.element, shape, &text)
    }

    /// Repeats `x` so that its dimension `i` becomes dimension `dimensions[i]` of the shape.
    pub fn broadcast(&mut self, x: &Value, dimensions: &[usize], shape: &[usize]) -> Value {
        let (from, to) = (x.tensor_type(), tensor_type(x.element, shape));
        let text = format!("stablehlo.broadcast_in_dim {}, dims = {dimensions:?} : ({from}) -> {to}", x.name);
        self.emit(x.element, shape.to_vec(), &text)
    }

    /// Combines `x` over dimensions with `add` or `maximum`, from a start.
    pub fn reduce(&mut self, name: &str, start: f64, x: &Value, dimensions: &[usize]) -> Value {
        let start = self.constant(start, x.element, &[]);
        let kept = x.shape.iter().enumerate().filter(|(i, _)| !dimensions.contains(i)).map(|(_, extent)| *extent);
        let shape: Vec<usize> = kept.collect();
        let text = format!(
            "stablehlo.reduce({} init: {}) applies stablehlo.{name} across dimensions = {dimensions:?} : ({}, {}) -> {}",
            x.name,
            start.name,
            x.tensor_type(),
            start.tensor_type(),
            tensor_type(x.element, &shape)
        );
        self.emit(x.element, shape, &text)
    }

    /// A product: the dimensions repeated over, then what is left of `x`, then what is left of `y`.
    pub fn dot(&mut self, x: &Value, y: &Value, dot: &Dot<'_>) -> Value {
        let [x_batch, y_batch] = dot.batching;
        let [x_inner, y_inner] = dot.contracting;
        let rest = |value: &Value, taken: [&[usize]; 2]| -> Vec<usize> {
            let left = value.shape.iter().enumerate().filter(|(i, _)| !taken.iter().any(|t| t.contains(i)));
            left.map(|(_, extent)| *extent).collect()
        };
        let mut shape: Vec<usize> = x_batch.iter().filter_map(|&i| x.shape.get(i).copied()).collect();
        shape.extend(rest(x, [x_batch, x_inner]));
        shape.extend(rest(y, [y_batch, y_inner]));
        let batching =
            if x_batch.is_empty() { String::new() } else { format!("batching_dims = {x_batch:?} x {y_batch:?}, ") };
        let precision = match dot.precision {
            Precision::Default => "",
            Precision::Highest => ", precision = [HIGHEST, HIGHEST]",
        };
        let text = format!(
            "stablehlo.dot_general {}, {}, {batching}contracting_dims = {x_inner:?} x {y_inner:?}{precision} : ({}, {}) -> \
             {}",
            x.name,
            y.name,
            x.tensor_type(),
            y.tensor_type(),
            tensor_type(dot.result, &shape)
        );
        self.emit(dot.result, shape, &text)
    }

    /// A convolution of images NCHW with weights OIHW.
    pub fn convolution(
        &mut self,
        x: &Value,
        w: &Value,
        window: Window,
        precision: Precision,
        shape: &[usize],
    ) -> Value {
        let Window { stride, padding } = window;
        let precision = match precision {
            Precision::Default => "DEFAULT",
            Precision::Highest => "HIGHEST",
        };
        let text = format!(
            "stablehlo.convolution({}, {}) dim_numbers = [b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1], window = {{stride = \
             [{stride}, {stride}], pad = [[{padding}, {padding}], [{padding}, {padding}]]}} {{batch_group_count = 1 : i64, \
             feature_group_count = 1 : i64, precision_config = [#stablehlo<precision {precision}>, #stablehlo<precision \
             {precision}>]}} : ({}, {}) -> {}",
            x.name,
            w.name,
            x.tensor_type(),
            w.tensor_type(),
            tensor_type(x.element, shape)
        );
        self.emit(x.element, shape.to_vec(), &text)
    }

    /// The maximum of each window of images NCHW.
    pub fn max_pool(&mut self, x: &Value, kernel: usize, window: Window, shape: &[usize]) -> Value {
        let Window { stride, padding } = window;
        let start = self.constant(f64::NEG_INFINITY, x.element, &[]);
        let scalar = start.tensor_type();
        let text = format!(
            "\"stablehlo.reduce_window\"({x}, {start}) <{{padding = dense<[[0, 0], [0, 0], [{padding}, {padding}], \
             [{padding}, {padding}]]> : tensor<4x2xi64>, window_dimensions = array<i64: 1, 1, {kernel}, {kernel}>, \
             window_strides = array<i64: 1, 1, {stride}, {stride}>}}> ({{\n    ^bb0(%a: {scalar}, %b: {scalar}):\n      \
             %larger = stablehlo.maximum %a, %b : {scalar}\n      stablehlo.return %larger : {scalar}\n    }}) : ({from}, \
             {scalar}) -> {to}",
            x = x.name,
            start = start.name,
            from = x.tensor_type(),
            to = tensor_type(x.element, shape)
        );
        self.emit(x.element, shape.to_vec(), &text)
    }

    /// Rows of a table `[rows, d]` by indices `[a, b]`: `[a, b, d]`.
    pub fn rows(&mut self, table: &Value, indices: &Value) -> Value {
        let width = table.shape.last().copied().unwrap_or(1);
        let mut shape = indices.shape.clone();
        let depth = shape.len();
        shape.push(width);
        let text = format!(
            "\"stablehlo.gather\"({}, {}) <{{dimension_numbers = #stablehlo.gather<offset_dims = [{depth}], \
             collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = {depth}>, slice_sizes = array<i64: 1, \
             {width}>, indices_are_sorted = false}}> : ({}, {}) -> {}",
            table.name,
            indices.name,
            table.tensor_type(),
            indices.tensor_type(),
            tensor_type(table.element, &shape)
        );
        self.emit(table.element, shape, &text)
    }

    /// Puts tensors one after the other along a dimension.
    pub fn concatenate(&mut self, parts: &[Value], dimension: usize) -> Option<Value> {
        let first = parts.first()?;
        let mut shape = first.shape.clone();
        *shape.get_mut(dimension)? = parts.iter().filter_map(|part| part.shape.get(dimension)).sum();
        let names = parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>().join(", ");
        let types = parts.iter().map(Value::tensor_type).collect::<Vec<_>>().join(", ");
        let to = tensor_type(first.element, &shape);
        let text = format!("stablehlo.concatenate {names}, dim = {dimension} : ({types}) -> {to}");
        Some(self.emit(first.element, shape, &text))
    }

    /// Numbers from zero along a dimension.
    pub fn iota(&mut self, dimension: usize, shape: &[usize]) -> Value {
        let text = format!("stablehlo.iota dim = {dimension} : {}", tensor_type(Element::S32, shape));
        self.emit(Element::S32, shape.to_vec(), &text)
    }

    /// Where `x` and `y` compare as `direction` says: `GE`, `EQ`.
    pub fn compare(&mut self, direction: &str, x: &Value, y: &Value) -> Value {
        let kind = if matches!(x.element, Element::S32 | Element::S8) { "SIGNED" } else { "FLOAT" };
        let from = x.tensor_type();
        let text = format!(
            "stablehlo.compare {direction}, {}, {}, {kind} : ({from}, {from}) -> {}",
            x.name,
            y.name,
            tensor_type(Element::I1, &x.shape)
        );
        self.emit(Element::I1, x.shape.clone(), &text)
    }

    /// `x` where the condition holds, else `y`.
    pub fn select(&mut self, condition: &Value, x: &Value, y: &Value) -> Value {
        let text = format!(
            "stablehlo.select {}, {}, {} : {}, {}",
            condition.name,
            x.name,
            y.name,
            condition.tensor_type(),
            x.tensor_type()
        );
        self.emit(x.element, x.shape.clone(), &text)
    }
}
