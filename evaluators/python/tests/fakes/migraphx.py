"""Stands in for AMD's package: the calls as its documentation describes them, with ONNX Runtime behind them."""
import numpy as np
import onnxruntime

KINDS = {"tensor(float)": "float_type", "tensor(float16)": "half_type", "tensor(int64)": "int64_type", "tensor(int8)": "int8_type"}


class Shape:
    def __init__(self, kind, lens):
        self.kind, self.lens_of = kind, lens

    def type_string(self):
        return self.kind

    def lens(self):
        return self.lens_of


class Program:
    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session, self.is_compiled = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"]), False

    def compile(self, target, offload_copy=True):
        assert target == "gpu" and not offload_copy
        self.is_compiled = True

    def get_parameter_shapes(self):
        shapes = {i.name: Shape(KINDS[i.type], i.shape) for i in self.session.get_inputs()}
        # What comes out is written where the caller says.
        return {**shapes, "main:#output_0": Shape("float_type", [1])}

    def run(self, arguments):
        assert self.is_compiled and all(isinstance(value, OnDevice) for value in arguments.values())
        known = {i.name for i in self.session.get_inputs()}
        return [OnDevice(v) for v in self.session.run(None, {n: v.array for n, v in arguments.items() if n in known})]


class OnDevice:
    def __init__(self, array):
        self.array = array


def parse_onnx(path, map_input_dims=None):
    assert all(isinstance(extent, int) for lens in map_input_dims.values() for extent in lens)
    try:
        return Program(path)
    except Exception as error:
        raise RuntimeError(f"parse_onnx: {error}") from error


def get_target(name):
    return name


def argument(array):
    assert isinstance(array, np.ndarray)
    return array


def generate_argument(shape):
    return np.zeros(shape.lens(), "f4")


def to_gpu(value):
    return OnDevice(value)


def from_gpu(value):
    return value.array


def gpu_sync():
    pass
