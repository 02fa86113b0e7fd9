"""The stacks of `worker.py`: which there are, and what they share.

Each prepares in its constructor `(job, device, threads)` and has `execute()` (to completion), `outputs()` (arrays of the last
execution), `memory()`, `notes` and `compile_secs`. One whose device keeps time has `timed(count)`, too.
"""
import importlib, importlib.metadata, importlib.util, json, os


class Unsupported(Exception):
    """The stack cannot compute the workload: a finding, not a failure."""


def first_line(error):
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0] if text else ''}"[:600]


# Stack, module to import, distribution that has the version, where its class is, and the kinds of devices it runs on.
STACKS = [
    ("torch-eager", "torch", "torch", "pytorch.Torch", ["cpu", "cuda", "rocm"]),
    ("inductor", "torch", "torch", "pytorch.Inductor", ["cpu", "cuda", "rocm"]),
    ("triton", "triton", "triton", "triton_stack.Triton", ["cuda", "rocm"]),
    ("jax", "jax", "jax", "xla.Jax", ["cpu", "cuda", "rocm", "tpu"]),
    ("tensorflow", "tensorflow", "tensorflow", "tensorflow_graphs.TensorFlow", ["cpu", "cuda"]),
    ("openvino", "openvino", "openvino", "models.OpenVino", ["cpu"]),
    ("onnxruntime-python", "onnxruntime", "onnxruntime", "models.OnnxRuntime", ["cpu"]),
    ("iree", "iree.compiler", "iree-base-compiler", "xla.Iree", ["cpu"]),
    ("tvm-untuned", "tvm", "apache-tvm", "models.Tvm", ["cpu"]),
    ("tensorrt", "tensorrt", "tensorrt", "vendors.TensorRt", ["cuda"]),
    ("torch-neuronx", "torch_neuronx", "torch-neuronx", "vendors.Neuronx", ["neuron"]),
    ("torch-gaudi", "habana_frameworks.torch", "habana-torch-plugin", "vendors.Gaudi", ["hpu"]),
    ("migraphx", "migraphx", "migraphx", "vendors.MiGraphX", ["rocm"]),
]
NEEDS = {
    "iree": ["iree.runtime", "jax"], "tvm-untuned": ["onnx"], "triton": ["torch"], "tensorrt": ["torch"],
    "torch-neuronx": ["torch"], "torch-gaudi": ["torch"],
}
KINDS = {
    "cpu": "processors", "cuda": "NVIDIA devices", "rocm": "AMD devices", "tpu": "TPUs", "neuron": "AWS Neuron devices",
    "hpu": "Gaudi devices",
}


def prepare(stack, job, device, threads):
    """The stack, ready to execute the job."""
    module, name = next(place for id, _, _, place, _ in STACKS if id == stack).split(".")
    return getattr(importlib.import_module(f"assay_stacks.{module}"), name)(job, device, threads)


def present(module):
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def built_for(module, kind):
    """Whether a framework was built for a kind of devices, from its files: importing it to ask takes seconds to minutes."""
    if module in ("torch", "triton"):
        library = {"cuda": ["libtorch_cuda.so", "torch_cuda.dll"], "rocm": ["libtorch_hip.so"]}[kind]
        return any(os.path.exists(os.path.join(folder, "lib", name)) for folder in folders("torch") for name in library)
    if module == "jax":
        plugins = {"cuda": ["jax_cuda12_plugin", "jax_cuda13_plugin"], "rocm": ["jax_rocm60_plugin", "jax_rocm7_plugin"], "tpu": ["libtpu"]}
        return any(present(plugin) for plugin in plugins[kind])
    if module == "tensorflow":
        infos = [os.path.join(folder, "python", "platform", "build_info.py") for folder in folders(module)]
        return any("('is_cuda_build', True)" in open(info, encoding="utf-8").read() for info in infos if os.path.exists(info))
    return True


def folders(module):
    return importlib.util.find_spec(module).submodule_search_locations or []


def state(stack, module, kinds, device):
    """Why a stack does not run on a device that it may know, or nothing. What it never knows is not asked about."""
    kind = device.partition(":")[0]
    lacking = [need for need in NEEDS.get(stack, []) if not present(need)]
    if lacking:
        return f"{stack} needs {', '.join(lacking)} in the same Python, too"
    if kind not in kinds:
        return f"{stack} runs on {' and '.join(KINDS[known] for known in kinds)} only"
    if kind != "cpu" and not built_for(module, kind):
        return f"this build of {'torch' if module == 'triton' else module} is not for {KINDS[kind]}"
    return None


def version(distribution, module):
    for name in (distribution, f"{module}-cpu", module, module.replace(".", "-")):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return None


class Job:
    """A workload with its data. `graph` is its definition; `model` an ONNX file of the same."""

    def __init__(self, path):
        import numpy as np

        with open(path, encoding="utf-8") as file:
            self.spec = json.load(file)
        self.folder = os.path.dirname(path)
        self.format = self.spec["format"]
        self.graph = self.spec.get("graph")
        self.model = self.spec.get("model") and os.path.join(self.folder, self.spec["model"])
        self.data = {}
        for entry in self.spec["data"]:
            file = os.path.join(self.folder, entry["file"])
            kind = np.dtype("<f4") if entry["kind"] == "real" else np.dtype("<i8")
            values = np.fromfile(file, kind).reshape(entry["shape"])
            # The element type the model declares, for users' models.
            if entry.get("element"):
                values = values.astype(numpy_type(entry["element"]))
            self.data[entry["name"]] = values
            # Read once: what was private stays so for as short as can be.
            os.unlink(file)

    def inputs(self):
        """Inputs by name, in order."""
        return {name: self.data[name] for name in self.spec["inputs"]}


def graph_function(graph, names, apply):
    """A function of the inputs, in the order of `names`, and of the values that are fixed, by name: the graph's output.
    `apply` computes a node from its inputs."""

    def run(given, fixed):
        values = {**fixed, **dict(zip(names, given))}
        for node in graph["nodes"]:
            values[node["output"]] = apply(node, [values[name] for name in node["inputs"]])
        return values[graph["output"]]

    return run


def numpy_type(element):
    import numpy as np

    if element == "bfloat16":
        import ml_dtypes

        return ml_dtypes.bfloat16
    return np.dtype({"float32": "f4", "float16": "f2", "float64": "f8", "bool": "?"}.get(element, element))


def needs_graph(job, stack):
    if job.graph is None:
        raise Unsupported(f"{stack} computes the standard workloads here and reads no ONNX files")
    if job.format not in ("fp32", "fp16", "bf16"):
        raise Unsupported(f"{stack} computes fp32, fp16 and bf16 here, not {job.format}")


def needs_model(job, stack, formats):
    if job.model is None:
        raise Unsupported(f"{stack} reads ONNX files, and there is none of this workload in {job.format}")
    if job.graph is not None and job.format not in formats:
        raise Unsupported(f"{stack} computes {', '.join(formats)} here, not {job.format}")
