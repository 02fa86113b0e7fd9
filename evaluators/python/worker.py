"""Runs Assay's workloads on the frameworks of one Python interpreter.

One JSON object a line: requests on stdin, events on stdout, as in Assay's worker protocol (`hello` first, a `heartbeat`
every second). The parent owns the clock's use: it says how often to execute, decides when there are enough samples, and
judges the output. Weights and inputs are files that the parent wrote; nothing is generated here.

requests  probe {devices}              -> stacks {stacks: [{id, version, devices: {id: null | reason}}]}
          prepare {job, stack, device, threads} -> prepared {notes, compile_secs} | failed {kind, message}
          execute {count}              -> executed {latency_secs: [..]} | failed
          flush                        -> flushed
          output                       -> outputs {outputs: [{file, shape, kind}]} | failed
          shutdown
"""
import importlib, importlib.metadata, importlib.util, json, os, sys, threading, time

PROTOCOL = 1
CHANNEL = None
LOCK = threading.Lock()


def send(event, /, **fields):
    line = json.dumps({"type": event, **fields})
    with LOCK:
        try:
            CHANNEL.write(line + "\n")
            CHANNEL.flush()
        except (BrokenPipeError, ValueError):
            os._exit(0)


class Unsupported(Exception):
    """The stack cannot compute the workload: a finding, not a failure."""


# ---------------------------------------------------------------- what there is

# Stack, module to import, distribution that has the version, and what makes a device reachable.
STACKS = [
    ("torch-eager", "torch", "torch"),
    ("inductor", "torch", "torch"),
    ("jax", "jax", "jax"),
    ("openvino", "openvino", "openvino"),
    ("onnxruntime-python", "onnxruntime", "onnxruntime"),
    ("iree", "iree.compiler", "iree-base-compiler"),
    ("tvm-untuned", "tvm", "apache-tvm"),
]
NEEDS = {"iree": ["iree.runtime", "jax"], "tvm-untuned": ["onnx"]}
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


def reaches_nvidia(module):
    """Whether a framework was built for NVIDIA devices, from its files: importing it to ask takes seconds to minutes."""
    if module == "torch":
        folders = importlib.util.find_spec("torch").submodule_search_locations or []
        names = ("libtorch_cuda.so", "torch_cuda.dll")
        return any(os.path.exists(os.path.join(folder, "lib", name)) for folder in folders for name in names)
    return module == "jax" and any(present(f"jax_cuda{major}_plugin") for major in (12, 13))


def probe(devices):
    """What is installed. Nothing is imported: what turns out to be broken says so when it is asked to prepare."""
    found = []
    for stack, module, distribution in STACKS:
        if not present(module):
            continue
        lacking = [need for need in NEEDS.get(stack, []) if not present(need)]
        states = {}
        for device in devices:
            reason = f"{stack} needs {', '.join(lacking)} in the same Python, too" if lacking else None
            if device != "cpu":
                if module not in ("torch", "jax") or stack == "iree" or not device.startswith("cuda:"):
                    continue
                if reason is None and not reaches_nvidia(module):
                    reason = f"this build of {module} is not for NVIDIA devices"
            states[device] = reason
        found.append({"id": stack, "version": version(distribution, module), "devices": states})
    send("stacks", stacks=found)


# ---------------------------------------------------------------- data


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


# ---------------------------------------------------------------- stacks
# Each prepares in its constructor and has `execute()` (to completion) and `outputs()` (arrays of the last execution).


class Torch:
    def __init__(self, job, device, threads, compile=False):
        needs_graph(job, "PyTorch")
        import torch

        self.torch = torch
        torch.set_num_threads(threads)
        # fp32 means fp32: no TF32 in convolutions or products.
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.set_grad_enabled(False)
        self.device = torch.device(device)
        real = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[job.format]

        def tensor(array):
            value = torch.from_numpy(array)
            return (value.to(real) if value.is_floating_point() else value).to(self.device).contiguous()

        self.fixed = {name: tensor(array) for name, array in job.data.items() if name not in job.spec["inputs"]}
        self.given = [tensor(array) for array in job.inputs().values()]
        self.run = self.build(job)
        if compile:
            self.run = torch.compile(self.run, backend="inductor", dynamic=False)
        self.notes = {"precision": "fp32 without TF32" if job.format == "fp32" else job.format}
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        else:
            self.notes["threads"] = str(torch.get_num_threads())
        started = time.perf_counter()
        self.execute()
        self.compile_secs = time.perf_counter() - started if compile else None

    def build(self, job):
        F = self.torch.nn.functional
        torch, graph, names = self.torch, job.graph, list(job.spec["inputs"])
        fixed = dict(self.fixed)
        # Linear layers keep their weights as `nn.Linear` does: [outputs, inputs].
        for node in graph["nodes"]:
            if node["op"] == "linear":
                fixed[node["inputs"][1]] = fixed[node["inputs"][1]].t().contiguous()
        activate = {"identity": lambda x: x, "relu": F.relu, "gelu": F.gelu, "sigmoid": torch.sigmoid}

        def attention(q, k, v, heads, kv_heads, causal):
            split = lambda x, n: x.view(x.shape[0], x.shape[1], n, -1).transpose(1, 2)
            queries, keys = q.shape[1], k.shape[1]
            mask = None
            if causal and queries != keys:
                mask = torch.ones(queries, keys, dtype=torch.bool, device=q.device).tril(keys - queries)
            y = F.scaled_dot_product_attention(
                split(q, heads), split(k, kv_heads), split(v, kv_heads), attn_mask=mask,
                is_causal=causal and mask is None, enable_gqa=heads != kv_heads)
            return y.transpose(1, 2).reshape(q.shape)

        def apply(node, x):
            op, a = node["op"], node
            if op == "matmul": return x[0] @ x[1]
            if op == "linear": return activate[a["activation"]](F.linear(x[0], x[1], x[2]))
            if op == "triad": return torch.add(x[0], x[1], alpha=a["scale"])
            if op == "softmax": return torch.softmax(x[0], -1)
            if op == "rms-norm": return F.rms_norm(x[0], x[1].shape, x[1], a["epsilon"])
            if op == "layer-norm": return F.layer_norm(x[0], x[1].shape, x[1], x[2], a["epsilon"])
            if op == "bias-gelu": return F.gelu(x[0] + x[1])
            if op == "attention": return attention(*x, a["heads"], a["kv_heads"], a["causal"])
            if op == "add":
                y = x[0] + x[1]
                return activate[a["activation"]](y if a["scale"] == 1.0 else y * a["scale"])
            if op == "conv2d": return activate[a["activation"]](F.conv2d(x[0], x[1], x[2], a["stride"], a["padding"]))
            if op == "max-pool": return F.max_pool2d(x[0], a["kernel"], a["stride"], a["padding"])
            if op == "global-average-pool": return x[0].mean((2, 3))
            if op == "embedding-bag": return F.embedding_bag(x[1], x[0], mode="sum")
            if op == "concat": return torch.cat(x, 1)
            raise Unsupported(f"PyTorch: there is no translation of `{op}`")

        def run(*given):
            values = {**fixed, **dict(zip(names, given))}
            for node in graph["nodes"]:
                values[node["output"]] = apply(node, [values[name] for name in node["inputs"]])
            return values[graph["output"]]

        return run

    def execute(self):
        self.last = self.run(*self.given)
        if self.device.type == "cuda":
            self.torch.cuda.synchronize(self.device)

    def outputs(self):
        return [self.last.float().cpu().numpy()]

    def flush(self):
        if self.device.type != "cuda":
            return False
        self.torch.empty(256 << 20, dtype=self.torch.int8, device=self.device).zero_()
        self.torch.cuda.synchronize(self.device)
        return True

    def memory(self):
        if self.device.type == "cuda":
            return {"peak device memory": self.torch.cuda.max_memory_allocated(self.device)}
        return {}


class Inductor(Torch):
    def __init__(self, job, device, threads):
        super().__init__(job, device, threads, compile=True)
        self.notes["compile cache"] = "empty at the start of the process"
        try:
            from torch._inductor import metrics

            self.notes["generated kernels"] = str(metrics.generated_kernel_count)
            metrics.reset()
        except (ImportError, AttributeError):
            pass


def jax_function(job):
    """The workload as a function of its inputs and its weights."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    graph, names = job.graph, list(job.spec["inputs"])
    exact = {"precision": lax.Precision.HIGHEST} if job.format == "fp32" else {}
    activate = {
        "identity": lambda x: x, "relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid,
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    }

    def attention(q, k, v, heads, kv_heads, causal):
        b, n, width = q.shape
        m, d, group = k.shape[1], width // heads, heads // kv_heads
        q = q.reshape(b, n, kv_heads, group, d)
        k, v = (x.reshape(b, m, kv_heads, d) for x in (k, v))
        scores = jnp.einsum("bnhgd,bmhd->bhgnm", q, k, **exact) / d**0.5
        if causal:
            scores = jnp.where(jnp.tril(jnp.ones((n, m), bool), m - n), scores, -jnp.inf)
        y = jnp.einsum("bhgnm,bmhd->bnhgd", jax.nn.softmax(scores.astype(jnp.float32), -1).astype(q.dtype), v, **exact)
        return y.reshape(b, n, width)

    def normal(x, center, epsilon):
        x = x.astype(jnp.float32)
        if center:
            x = x - x.mean(-1, keepdims=True)
        return x * lax.rsqrt((x * x).mean(-1, keepdims=True) + epsilon)

    def apply(a, x):
        op = a["op"]
        if op == "matmul": return jnp.matmul(x[0], x[1], **exact)
        if op == "linear": return activate[a["activation"]](jnp.matmul(x[0], x[1], **exact) + x[2])
        if op == "triad": return x[0] + x[1] * jnp.asarray(a["scale"], x[1].dtype)
        if op == "softmax": return jax.nn.softmax(x[0], -1)
        if op == "rms-norm": return (normal(x[0], False, a["epsilon"]) * x[1]).astype(x[0].dtype)
        if op == "layer-norm": return (normal(x[0], True, a["epsilon"]) * x[1] + x[2]).astype(x[0].dtype)
        if op == "bias-gelu": return activate["gelu"](x[0] + x[1])
        if op == "attention": return attention(*x, a["heads"], a["kv_heads"], a["causal"])
        if op == "add": return activate[a["activation"]]((x[0] + x[1]) * jnp.asarray(a["scale"], x[0].dtype))
        if op == "conv2d":
            pad = [(a["padding"], a["padding"])] * 2
            y = lax.conv_general_dilated(x[0], x[1], (a["stride"],) * 2, pad, dimension_numbers=("NCHW", "OIHW", "NCHW"), **exact)
            return activate[a["activation"]](y + x[2][None, :, None, None])
        if op == "max-pool":
            window, step, pad = (1, 1, a["kernel"], a["kernel"]), (1, 1, a["stride"], a["stride"]), (a["padding"],) * 2
            return lax.reduce_window(x[0], -jnp.inf, lax.max, window, step, ((0, 0), (0, 0), pad, pad))
        if op == "global-average-pool": return x[0].mean((2, 3))
        if op == "embedding-bag": return jnp.take(x[0], x[1], axis=0, mode="clip").sum(1)
        if op == "concat": return jnp.concatenate(x, 1)
        raise Unsupported(f"JAX: there is no translation of `{op}`")

    def run(given, fixed):
        values = {**fixed, **dict(zip(names, given))}
        for node in graph["nodes"]:
            values[node["output"]] = apply(node, [values[name] for name in node["inputs"]])
        return values[graph["output"]]

    real = {"fp32": jnp.float32, "fp16": jnp.float16, "bf16": jnp.bfloat16}[job.format]
    cast = lambda array: array.astype(real) if array.dtype.kind == "f" else array.astype("int32")
    given = [cast(array) for array in job.inputs().values()]
    fixed = {name: cast(array) for name, array in job.data.items() if name not in names}
    return run, given, fixed


class Jax:
    def __init__(self, job, device, threads):
        needs_graph(job, "JAX")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
        import jax

        kind, _, number = device.partition(":")
        self.device = jax.devices("gpu" if kind == "cuda" else kind)[int(number or 0)]
        run, given, fixed = jax_function(job)
        put = lambda tree: jax.device_put(tree, self.device)
        self.given, self.fixed = put(given), put(fixed)
        started = time.perf_counter()
        self.run = jax.jit(run).lower(self.given, self.fixed).compile()
        self.compile_secs = time.perf_counter() - started
        self.notes = {"compiler": f"XLA of jaxlib {version('jaxlib', 'jaxlib')}", "platform": self.device.platform}
        self.execute()

    def execute(self):
        self.last = self.run(self.given, self.fixed).block_until_ready()

    def outputs(self):
        import numpy as np

        return [np.asarray(self.last.astype("float32"))]

    def memory(self):
        stats = self.device.memory_stats() or {}
        return {"peak device memory": stats["peak_bytes_in_use"]} if "peak_bytes_in_use" in stats else {}


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


class Iree:
    def __init__(self, job, device, threads):
        needs_graph(job, "IREE")
        if job.format != "fp32":
            raise Unsupported(f"IREE computes fp32 here, not {job.format}")
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        import iree.compiler as compiler
        import iree.runtime as runtime
        import jax

        run, given, fixed = jax_function(job)
        text = jax.jit(lambda given, fixed: run(given, fixed)).lower(given, fixed).as_text()
        started = time.perf_counter()
        flags = ["--iree-llvmcpu-target-cpu=host", "--iree-opt-level=O3"]
        module = compiler.compile_str(text, target_backends=["llvm-cpu"], input_type="stablehlo", extra_args=flags)
        self.compile_secs = time.perf_counter() - started
        config = runtime.Config("local-task" if threads > 1 else "local-sync")
        context = runtime.SystemContext(config=config)
        context.add_vm_module(runtime.VmModule.copy_buffer(context.instance, module))
        leaves = jax.tree_util.tree_leaves((given, fixed))
        self.given = [runtime.asdevicearray(config.device, leaf) for leaf in leaves]
        self.run = next(context.modules[name] for name in dict(context.modules) if name.startswith("jit"))
        self.notes = {"target": "llvm-cpu, host", "program": "StableHLO as JAX lowers it"}
        self.execute()

    def execute(self):
        self.last = self.run.main(*self.given).to_host()

    def outputs(self):
        return [self.last]

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


CLASSES = {
    "torch-eager": Torch, "inductor": Inductor, "jax": Jax, "openvino": OpenVino, "onnxruntime-python": OnnxRuntime,
    "iree": Iree, "tvm-untuned": Tvm,
}

# ---------------------------------------------------------------- serving


def first_line(error):
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0] if text else ''}"[:600]


def failed(error):
    kind = "failed"
    text = first_line(error).lower()
    if isinstance(error, Unsupported):
        return send("failed", kind="unsupported", message=str(error))
    if isinstance(error, MemoryError) or "out of memory" in text or "bad_alloc" in text:
        kind = "out-of-memory"
    elif isinstance(error, ImportError):
        kind = "unavailable"
    elif isinstance(error, NotImplementedError) or "not implemented for" in text:
        kind = "unsupported"
    import traceback

    traceback.print_exception(error, file=sys.stderr)
    send("failed", kind=kind, message=first_line(error))


def peak_resident():
    """Peak resident memory in bytes, where Linux tells."""
    try:
        with open("/proc/self/status") as file:
            lines = [line for line in file if line.startswith("VmHWM:")]
        return int(lines[0].split()[1]) * 1024
    except (OSError, IndexError, ValueError):
        return None


class Server:
    def __init__(self):
        self.prepared = self.job = None
        self.flush_buffer = None

    def prepare(self, request):
        started = time.perf_counter()
        stack = request["stack"]
        module = next((module for name, module, _ in STACKS if name == stack), None)
        if module is None:
            return send("failed", kind="unavailable", message=f"this worker has no stack `{stack}`")
        importlib.import_module(module)
        import_secs = time.perf_counter() - started
        self.job = Job(request["job"])
        self.prepared = CLASSES[stack](self.job, request["device"], request["threads"])
        notes = {"python": f"{sys.executable} ({sys.version.split()[0]})", **self.prepared.notes}
        send("prepared", notes=list(notes.items()), import_secs=import_secs, compile_secs=self.prepared.compile_secs)

    def execute(self, request):
        clock, execute, latency_secs = time.perf_counter, self.prepared.execute, []
        for _ in range(request["count"]):
            started = clock()
            execute()
            latency_secs.append(clock() - started)
        send("executed", latency_secs=latency_secs)

    def flush(self, _request):
        """Fills the caches with something else: the device's where the stack can, else the processor's."""
        import numpy as np

        if hasattr(self.prepared, "flush") and self.prepared.flush():
            return send("flushed")
        if self.flush_buffer is None:
            self.flush_buffer = np.zeros(512 << 20, np.uint8)
        self.flush_buffer[::64] += 1
        send("flushed")

    def output(self, _request):
        import numpy as np

        written = []
        for index, array in enumerate(self.prepared.outputs()):
            array = np.asarray(array)
            real = array.dtype.kind not in "iub"
            array = np.ascontiguousarray(array, "<f4" if real else "<i8")
            file = os.path.join(self.job.folder, f"output{index}.bin")
            array.tofile(file)
            written.append({"file": file, "shape": list(array.shape), "kind": "real" if real else "integer"})
        memory = dict(self.prepared.memory())
        resident = peak_resident()
        if resident is not None:
            memory["peak memory of the process"] = resident
        send("outputs", outputs=written, memory=memory)

    def serve(self):
        actions = {name: getattr(self, name) for name in ("prepare", "execute", "flush", "output")}
        for line in sys.stdin:
            try:
                request = json.loads(line)
                kind = request["type"]
            except (ValueError, KeyError, TypeError) as error:
                send("refused", message=f"not a request: {error}")
                continue
            if kind == "shutdown":
                return
            if kind == "probe":
                probe(request.get("devices", ["cpu"]))
            elif kind in actions:
                try:
                    actions[kind](request)
                except Exception as error:  # whatever a framework raises becomes an answer
                    failed(error)
            else:
                send("refused", message=f"unknown request `{kind}`")


def beat():
    while True:
        time.sleep(1)
        send("heartbeat")


if __name__ == "__main__":
    # Libraries print where they like. The protocol keeps the real stdout; everything else goes to stderr.
    CHANNEL = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    send("hello", protocol=PROTOCOL, version=f"worker.py on Python {sys.version.split()[0]}", pid=os.getpid())
    threading.Thread(target=beat, daemon=True).start()
    Server().serve()
    # Frameworks like to hang or crash in their exit handlers; nothing here needs them.
    os._exit(0)
