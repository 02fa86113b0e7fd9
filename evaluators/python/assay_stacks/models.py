"""Frameworks that read the ONNX model of a workload, or a user's own."""
import os, time

from assay_stacks import Unsupported, first_line, needs_model


class OpenVino:
    def __init__(self, job, device, threads):
        needs_model(job, "OpenVINO", ["fp32", "fp16", "bf16", "int8"])
        import openvino as ov

        precision = {"fp32": "f32", "int8": "f32", "fp16": "f16", "bf16": "bf16"}[job.format]
        core = ov.Core()
        # Without the hint fp32 is computed in bf16 where the processor has AMX.
        config = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
        started = time.perf_counter()
        model = core.read_model(job.model)
        data = job.inputs()
        model.reshape({name: ov.PartialShape(list(array.shape)) for name, array in data.items()})
        compiled = core.compile_model(model, "CPU", config)
        self.compile_secs = time.perf_counter() - started
        self.request = compiled.create_infer_request()
        for name, array in data.items():
            self.request.set_tensor(name, typed(ov, compiled.input(name), array))
        self.names = [port for port in compiled.outputs]
        self.notes = {"precision": precision, "threads": str(threads)}
        self.execute()

    def execute(self):
        self.request.infer()

    def outputs(self):
        return [widened(self.request.get_tensor(port)) for port in self.names]

    def memory(self):
        return {}


def widened(tensor):
    """A tensor's values; those of bf16, which NumPy lacks and OpenVINO shows as fp16, from their bits."""
    import numpy as np

    if "bfloat16" in str(tensor.element_type):
        return (tensor.data.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return tensor.data


def typed(ov, port, array):
    """An array as a tensor of the port's element type."""
    element = port.get_element_type()
    if element == ov.Type.bf16:
        import numpy as np

        # The values are bf16's, so that the lower half of their bits is zero.
        bits = (np.ascontiguousarray(array, "float32").view(np.uint32) >> 16).astype(np.uint16)
        tensor = ov.Tensor(element, ov.Shape(list(array.shape)))
        tensor.data[...] = bits.view(np.float16)
        return tensor
    return ov.Tensor(array.astype(element.to_dtype()), shared_memory=False)


class OnnxRuntime:
    def __init__(self, job, device, threads):
        needs_model(job, "ONNX Runtime", ["fp32", "fp16", "int8"])
        import numpy as np
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        # As Assay's own session: few threads wait asleep.
        options.add_session_config_entry("session.intra_op.allow_spinning", "1" if threads > 4 else "0")
        started = time.perf_counter()
        self.session = ort.InferenceSession(job.model, options, providers=["CPUExecutionProvider"])
        self.compile_secs = time.perf_counter() - started
        kinds = {"tensor(float16)": np.float16, "tensor(float)": np.float32}
        data = job.inputs()
        self.given = {i.name: data[i.name].astype(kinds.get(i.type, data[i.name].dtype)) for i in self.session.get_inputs()}
        self.notes = {"execution provider": ", ".join(self.session.get_providers()), "threads": str(threads)}
        self.execute()

    def execute(self):
        self.last = self.session.run(None, self.given)

    def outputs(self):
        return self.last

    def memory(self):
        return {}


class Tvm:
    def __init__(self, job, device, threads):
        needs_model(job, "TVM", ["fp32"])
        import onnx
        import tvm
        from tvm import relax
        from tvm.relax.frontend.onnx import from_onnx

        os.environ.setdefault("TVM_NUM_THREADS", str(threads))
        data = job.inputs()
        started = time.perf_counter()
        try:
            shapes = {name: list(array.shape) for name, array in data.items()}
            module = from_onnx(onnx.load(job.model), shape_dict=shapes, keep_params_in_input=False)
        except Exception as error:
            raise Unsupported(f"TVM's importer: {first_line(error)}") from error
        target = tvm.target.Target({"kind": "llvm", "num-cores": threads})
        module = relax.get_pipeline("zero")(module)
        executable = tvm.compile(module, target)
        self.compile_secs = time.perf_counter() - started
        self.machine = relax.VirtualMachine(executable, tvm.cpu())
        self.given = [tvm.runtime.tensor(array) for array in data.values()]
        self.notes = {"tuning": "untuned: the schedules are defaults, not what TVM reaches"}
        self.execute()

    def execute(self):
        self.last = self.machine["main"](*self.given)

    def outputs(self):
        last = self.last if isinstance(self.last, (list, tuple)) or "Array" in type(self.last).__name__ else [self.last]
        return [value.numpy() for value in last]

    def memory(self):
        return {}
