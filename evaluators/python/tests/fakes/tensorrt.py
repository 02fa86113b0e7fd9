"""Stands in for NVIDIA's package: the calls as its documentation describes them (11.x), with ONNX Runtime behind them. The
device is the processor, in PyTorch, too."""
import contextlib, ctypes, time, types

import numpy as np
import onnxruntime
import torch

KINDS = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(int64)": "int64", "tensor(int8)": "int8"}
float32, float16, int64, int8 = "float32", "float16", "int64", "int8"
NetworkDefinitionCreationFlag = types.SimpleNamespace(STRONGLY_TYPED=1)
BuilderFlag = types.SimpleNamespace(TF32="tf32")
TensorIOMode = types.SimpleNamespace(INPUT="input", OUTPUT="output")


class Event:
    def __init__(self, enable_timing=False):
        assert enable_timing

    def record(self):
        self.at = time.perf_counter()

    def elapsed_time(self, end):
        return (end.at - self.at) * 1e3


device = torch.device
torch.device = lambda name: device("cpu") if name == "cuda:0" else device(name)
torch.cuda = types.SimpleNamespace(
    Event=Event, set_device=lambda _: None, synchronize=lambda _: None, reset_peak_memory_stats=lambda _: None,
    max_memory_allocated=lambda _: 4096, device=lambda _: contextlib.nullcontext(),
    current_stream=lambda _: types.SimpleNamespace(cuda_stream=7))


class Logger:
    ERROR = 1

    def __init__(self, _severity):
        pass


class Config:
    is_exact = False

    def clear_flag(self, flag):
        self.is_exact = flag == BuilderFlag.TF32


class Network:
    num_inputs = 0


class Builder:
    def __init__(self, _logger):
        pass

    def create_network(self, flags):
        assert flags == 1 << NetworkDefinitionCreationFlag.STRONGLY_TYPED
        return Network()

    def create_builder_config(self):
        return Config()

    def create_optimization_profile(self):
        return object()

    def build_serialized_network(self, network, config):
        assert config.is_exact
        return network.session


class OnnxParser:
    num_errors = 1

    def __init__(self, network, _logger):
        self.network = network

    def get_error(self, _index):
        return self.error

    def parse_from_file(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        try:
            self.network.session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
        except Exception as error:
            self.error = error
            return False
        inputs = [types.SimpleNamespace(name=i.name, shape=tuple(i.shape)) for i in self.network.session.get_inputs()]
        self.network.num_inputs, self.network.get_input = len(inputs), inputs.__getitem__
        return True


class Runtime:
    def __init__(self, _logger):
        pass

    def deserialize_cuda_engine(self, plan):
        return Engine(plan)


class Engine:
    num_layers, device_memory_size_v2 = 1, 1 << 20

    def __init__(self, session):
        self.session, self.inputs, self.results = session, session.get_inputs(), session.get_outputs()
        self.all = [*self.inputs, *self.results]
        self.num_io_tensors = len(self.all)

    def get_tensor_name(self, index):
        return self.all[index].name

    def get_tensor_mode(self, name):
        return TensorIOMode.INPUT if any(i.name == name for i in self.inputs) else TensorIOMode.OUTPUT

    def get_tensor_dtype(self, name):
        return next(KINDS[tensor.type] for tensor in self.all if tensor.name == name)

    def create_execution_context(self):
        return Context(self)


class Context:
    def __init__(self, engine):
        self.engine, self.addresses, self.shapes = engine, {}, {}

    def set_input_shape(self, name, shape):
        self.shapes[name] = tuple(shape)

    def get_tensor_shape(self, name):
        # Known when all inputs' are.
        assert all(i.name in self.shapes for i in self.engine.inputs)
        return next(tuple(result.shape) for result in self.engine.results if result.name == name)

    def set_tensor_address(self, name, address):
        self.addresses[name] = address

    def execute_async_v3(self, stream):
        assert stream == 7
        given = {i.name: self.values(i.name, self.shapes[i.name]) for i in self.engine.inputs}
        for result, value in zip(self.engine.results, self.engine.session.run(None, given)):
            self.values(result.name, value.shape)[...] = value
        return True

    def values(self, name, shape):
        kind = np.dtype(self.engine.get_tensor_dtype(name))
        count = int(np.prod(shape)) * kind.itemsize
        return np.frombuffer((ctypes.c_char * count).from_address(self.addresses[name]), kind).reshape(shape)
