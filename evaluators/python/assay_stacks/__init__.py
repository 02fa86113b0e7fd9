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


# Stack, module to import, distribution that has the version, and where its class is.
STACKS = [
    ("torch-eager", "torch", "torch", "pytorch.Torch"),
    ("inductor", "torch", "torch", "pytorch.Inductor"),
    ("triton", "triton", "triton", "triton_kernels.Triton"),
    ("jax", "jax", "jax", "xla.Jax"),
    ("openvino", "openvino", "openvino", "models.OpenVino"),
    ("onnxruntime-python", "onnxruntime", "onnxruntime", "models.OnnxRuntime"),
    ("iree", "iree.compiler", "iree-base-compiler", "xla.Iree"),
    ("tvm-untuned", "tvm", "apache-tvm", "models.Tvm"),
]
NEEDS = {"iree": ["iree.runtime", "jax"], "tvm-untuned": ["onnx"], "triton": ["torch"]}


def prepare(stack, job, device, threads):
    """The stack, ready to execute the job."""
    module, name = next(place for id, _, _, place in STACKS if id == stack).split(".")
    return getattr(importlib.import_module(f"assay_stacks.{module}"), name)(job, device, threads)


def present(module):
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def version(distribution, module):
    for name in (distribution, module, module.replace(".", "-")):
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
