//! Puts an ONNX model together: named values, nodes and initializers.

use half::{bf16, f16};
use prost::Message as _;

use crate::proto::{
    AttributeProto, DimensionProto, DimensionValue, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto, attribute_type,
};

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
    F32,
    F16,
    BF16,
    I8,
    I32,
    I64,
}

impl ElementType {
    /// `TensorProto.DataType`.
    pub fn code(self) -> i32 {
        match self {
            Self::F32 => 1,
            Self::I8 => 3,
            Self::I32 => 6,
            Self::I64 => 7,
            Self::F16 => 10,
            Self::BF16 => 16,
        }
    }

    /// Bytes an element takes.
    pub fn bytes(self) -> usize {
        match self {
            Self::I8 => 1,
            Self::F16 | Self::BF16 => 2,
            Self::F32 | Self::I32 => 4,
            Self::I64 => 8,
        }
    }

    /// Real numbers in the type's little-endian form: the nearest value of a floating-point type, the whole part for an integer.
    fn encode(self, values: &[f32]) -> Vec<u8> {
        match self {
            Self::F32 => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Self::F16 => values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect(),
            Self::BF16 => values.iter().flat_map(|v| bf16::from_f32(*v).to_le_bytes()).collect(),
            Self::I8 => values.iter().map(|v| (*v as i8).cast_unsigned()).collect(),
            Self::I32 => values.iter().flat_map(|v| (*v as i32).to_le_bytes()).collect(),
            Self::I64 => values.iter().flat_map(|v| (*v as i64).to_le_bytes()).collect(),
        }
    }
}

/// A node's parameter.
pub enum Attribute {
    Float(&'static str, f32),
    Int(&'static str, i64),
    Ints(&'static str, Vec<i64>),
}

impl From<Attribute> for AttributeProto {
    fn from(attribute: Attribute) -> Self {
        match attribute {
            Attribute::Float(name, f) => {
                Self { name: name.into(), f, r#type: attribute_type::FLOAT, ..Self::default() }
            }
            Attribute::Int(name, i) => Self { name: name.into(), i, r#type: attribute_type::INT, ..Self::default() },
            Attribute::Ints(name, ints) => {
                Self { name: name.into(), ints, r#type: attribute_type::INTS, ..Self::default() }
            }
        }
    }
}

/// A model under construction.
pub struct ModelBuilder {
    graph: GraphProto,
    names: usize,
}

impl ModelBuilder {
    pub fn new(name: &str) -> Self {
        Self { graph: GraphProto { name: name.to_owned(), ..GraphProto::default() }, names: 0 }
    }

    /// Declares an input.
    pub fn input(&mut self, name: &str, element: ElementType, shape: &[usize]) {
        self.graph.input.push(value_info(name, element, shape));
    }

    /// Declares an output.
    pub fn output(&mut self, name: &str, element: ElementType, shape: &[usize]) {
        self.graph.output.push(value_info(name, element, shape));
    }

    /// Adds a constant of real numbers under a name of its own.
    pub fn initializer(&mut self, name: &str, element: ElementType, shape: &[usize], values: &[f32]) {
        self.graph.initializer.push(TensorProto {
            dims: dims(shape),
            data_type: element.code(),
            name: name.to_owned(),
            raw_data: element.encode(values).into(),
            ..TensorProto::default()
        });
    }

    /// Adds a constant of real numbers and answers with its name.
    pub fn constant(&mut self, element: ElementType, shape: &[usize], values: &[f32]) -> String {
        let name = self.fresh("constant");
        self.initializer(&name, element, shape, values);
        name
    }

    /// Adds a node with one output and answers with the output's name.
    pub fn node(&mut self, op_type: &str, inputs: &[&str], attributes: Vec<Attribute>) -> String {
        let output = self.fresh(op_type);
        self.node_into(op_type, inputs, &[&output], attributes);
        output
    }

    /// Adds a node whose outputs have given names.
    pub fn node_into(&mut self, op_type: &str, inputs: &[&str], outputs: &[&str], attributes: Vec<Attribute>) {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        self.graph.node.push(NodeProto {
            input: owned(inputs),
            output: owned(outputs),
            name: format!("{op_type}_{}", self.graph.node.len()),
            op_type: op_type.to_owned(),
            attribute: attributes.into_iter().map(AttributeProto::from).collect(),
            domain: String::new(),
        });
    }

    /// A name that nothing else has: tensors of a workload's graph have no `#`.
    pub fn fresh(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}#{}", self.names)
    }

    /// The model's bytes.
    pub fn finish(self, ir_version: i64, opset: i64) -> Vec<u8> {
        let model = ModelProto {
            ir_version,
            producer_name: "assay".to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            graph: Some(self.graph),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: opset }],
            functions: Vec::new(),
        };
        model.encode_to_vec()
    }
}

fn dims(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|&extent| extent as i64).collect()
}

fn value_info(name: &str, element: ElementType, shape: &[usize]) -> ValueInfoProto {
    let fixed = |extent| DimensionProto { value: Some(DimensionValue::Fixed(extent)) };
    let shape = TensorShapeProto { dim: dims(shape).into_iter().map(fixed).collect() };
    let tensor_type = TensorTypeProto { elem_type: element.code(), shape: Some(shape) };
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type: Some(tensor_type) }) }
}
