"""Compilers of accelerators' vendors. They need their own hardware; none of it was here when this was written."""
import json, os, subprocess, time

from assay_stacks import Unsupported, first_line, needs_model
from assay_stacks.pytorch import OnCuda, Torch


def told_by(*command):
    """What a vendor's tool prints; without it a device cannot be told from its neighbours."""
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout


class TensorRt(OnCuda):
    """NVIDIA's compiler reads the ONNX model; what its parser refuses is unsupported. PyTorch holds the memory."""

    def __init__(self, job, device, threads):
        needs_model(job, "TensorRT", ["fp32", "fp16", "bf16", "int8"])
        import tensorrt as trt
        import torch

        self.torch, self.device = torch, torch.device(device)
        torch.cuda.set_device(self.device)
        logger = trt.Logger(trt.Logger.ERROR)
        started = time.perf_counter()
        builder = trt.Builder(logger)
        # Formats are the model's: nothing is computed in a narrower one. From version 11 on there is no other kind.
        flag = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
        network = builder.create_network(0 if flag is None else 1 << int(flag))
        parser = trt.OnnxParser(network, logger)
        if not parser.parse_from_file(job.model):
            reasons = [str(parser.get_error(index)) for index in range(parser.num_errors)]
            raise Unsupported(f"TensorRT's parser: {'; '.join(reasons)[:400]}")
        config, data = builder.create_builder_config(), job.inputs()
        config.clear_flag(trt.BuilderFlag.TF32)
        profile, dynamic = builder.create_optimization_profile(), False
        for index in range(network.num_inputs):
            tensor = network.get_input(index)
            if -1 in tuple(tensor.shape):
                profile.set_shape(tensor.name, *[data[tensor.name].shape] * 3)
                dynamic = True
        if dynamic:
            config.add_optimization_profile(profile)
        plan = builder.build_serialized_network(network, config)
        if plan is None:
            raise Unsupported("TensorRT builds no engine of the model; its log on stderr says why")
        self.engine = trt.Runtime(logger).deserialize_cuda_engine(plan)
        self.compile_secs = time.perf_counter() - started
        self.context = self.engine.create_execution_context()
        # By attribute, since older packages lack some.
        kinds = {getattr(trt, name): getattr(torch, kind) for name, kind in [
            ("float32", "float32"), ("float16", "float16"), ("bfloat16", "bfloat16"), ("int32", "int32"),
            ("int64", "int64"), ("int8", "int8"), ("uint8", "uint8"), ("bool", "bool")] if hasattr(trt, name)}
        self.tensors, self.told = {}, []
        names = [self.engine.get_tensor_name(index) for index in range(self.engine.num_io_tensors)]
        is_input = lambda name: self.engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT
        for name in sorted(names, key=is_input, reverse=True):
            kind = kinds[self.engine.get_tensor_dtype(name)]
            if is_input(name):
                self.context.set_input_shape(name, data[name].shape)
                # NumPy has no bf16 that PyTorch knows.
                values = data[name].astype("f4") if data[name].dtype.name == "bfloat16" else data[name]
                tensor = torch.from_numpy(values).to(self.device, kind).contiguous()
            else:
                tensor = torch.empty(tuple(self.context.get_tensor_shape(name)), dtype=kind, device=self.device)
                self.told.append(name)
            self.tensors[name] = tensor
            self.context.set_tensor_address(name, tensor.data_ptr())
        self.given = []
        self.notes = {"precision": "the model's own, without TF32", "engine": f"{self.engine.num_layers} layers after fusion"}
        self.keep_time()
        self.execute()

    def run(self):
        if not self.context.execute_async_v3(self.torch.cuda.current_stream(self.device).cuda_stream):
            raise RuntimeError("TensorRT does not execute the engine; its log on stderr says why")

    def outputs(self):
        widened = lambda tensor: tensor.float() if tensor.is_floating_point() else tensor
        return [widened(self.tensors[name]).cpu().numpy() for name in self.told]

    def memory(self):
        # What the engine takes is TensorRT's own, beside the tensors of PyTorch.
        return {"engine's device memory": self.engine.device_memory_size_v2, **super().memory()}


class Neuronx(Torch):
    """AWS's compiler traces the model ahead of time; weights stay on the device."""

    compiles = True

    def place(self, device):
        # The runtime gives a process the first cores that are free, unless they are named: here the device's first.
        number = int(device.partition(":")[2] or 0)
        devices = json.loads(told_by("neuron-ls", "--json-output")) if number else []
        if number > len(devices):
            raise RuntimeError(f"neuron-ls names {len(devices)} devices, and {device} is not among them")
        self.core = sum(before["nc_count"] for before in devices[:number])
        os.environ["NEURON_RT_VISIBLE_CORES"] = str(self.core)
        # The traced model takes and gives tensors of the host.
        return self.torch.device("cpu")

    def build(self, job):
        import torch_neuronx

        whole, fixed = self.function(job)

        class Model(self.torch.nn.Module):
            """What the tracer moves to the device are the buffers of a module, and nothing else."""

            def __init__(self):
                super().__init__()
                for number, tensor in enumerate(fixed.values()):
                    self.register_buffer(f"weight{number}", tensor)

            def forward(self, *given):
                return whole(given, {name: getattr(self, f"weight{number}") for number, name in enumerate(fixed)})

        # By default the compiler computes fp32 products in bf16.
        cast, started = ["--auto-cast", "none"], time.perf_counter()
        traced = torch_neuronx.trace(Model().eval(), tuple(self.given), compiler_args=cast)
        self.trace_secs = time.perf_counter() - started
        return traced

    def __init__(self, job, device, threads):
        super().__init__(job, device, threads)
        self.compile_secs += self.trace_secs
        self.notes["compiler"] = "neuronx-cc, without automatic casts"
        self.notes["transfers"] = "inputs to the device and outputs back are in the time"
        self.notes["core"] = str(self.core)
        self.notes.pop("threads", None)


class Gaudi(Torch):
    """Intel's bridge of PyTorch with its graph compiler, by way of `torch.compile`. (The bridge's mode is in the environment
    of the process.)"""

    compiles = True

    def place(self, device):
        import habana_frameworks.torch.core
        import habana_frameworks.torch.hpu as hpu

        # The bridge gives a process the first device that is not busy, unless its module is named.
        lines = told_by("hl-smi", "-Q", "index,module_id", "-f", "csv,noheader").splitlines()
        modules = dict([word.strip() for word in line.split(",")] for line in lines if "," in line)
        self.module = os.environ["HLS_MODULE_ID"] = modules[device.partition(":")[2] or "0"]
        self.hpu = hpu
        return self.torch.device("hpu")

    def build(self, job):
        return self.torch.compile(super().build(job), backend="hpu_backend", dynamic=False)

    def execute(self):
        self.last = self.run(*self.given)
        self.hpu.synchronize()

    def __init__(self, job, device, threads):
        super().__init__(job, device, threads)
        self.notes["compiler"] = "hpu_backend of torch.compile"
        self.notes["module"] = self.module
        self.notes.pop("threads", None)

    def memory(self):
        return {"peak device memory": self.hpu.max_memory_allocated()}


class MiGraphX:
    """AMD's compiler reads the ONNX model; what it refuses is unsupported."""

    def __init__(self, job, device, threads):
        needs_model(job, "MIGraphX", ["fp32", "fp16", "int8"])
        # One device for the process, as ROCm counts them.
        os.environ.setdefault("HIP_VISIBLE_DEVICES", device.partition(":")[2] or "0")
        import migraphx

        self.migraphx, data = migraphx, job.inputs()
        started = time.perf_counter()
        try:
            shapes = {name: list(array.shape) for name, array in data.items()}
            program = migraphx.parse_onnx(job.model, map_input_dims=shapes)
            # Without copies to and from the device in each execution.
            program.compile(migraphx.get_target("gpu"), offload_copy=False)
        except RuntimeError as error:
            raise Unsupported(f"MIGraphX: {first_line(error)}") from error
        self.compile_secs = time.perf_counter() - started
        self.program, self.given = program, {}
        for name, shape in program.get_parameter_shapes().items():
            # Beside the inputs there are buffers for what comes out.
            if name in data:
                kind = {"half_type": "f2", "float_type": "f4"}.get(shape.type_string(), data[name].dtype)
                value = migraphx.argument(data[name].astype(kind))
            else:
                value = migraphx.generate_argument(shape)
            self.given[name] = migraphx.to_gpu(value)
        self.notes = {"precision": "the model's own", "transfers": "none in the time"}
        self.execute()

    def execute(self):
        self.last = self.program.run(self.given)
        self.migraphx.gpu_sync()

    def outputs(self):
        import numpy as np

        return [np.array(self.migraphx.from_gpu(value)) for value in self.last]

    def memory(self):
        return {}
