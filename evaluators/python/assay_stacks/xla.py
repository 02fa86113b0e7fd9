"""XLA by way of JAX, and IREE, which compiles what JAX lowers."""
import time

from assay_stacks import Unsupported, graph_function, needs_graph, version


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

    real = {"fp32": jnp.float32, "fp16": jnp.float16, "bf16": jnp.bfloat16}[job.format]
    cast = lambda array: array.astype(real) if array.dtype.kind == "f" else array.astype("int32")
    given = [cast(array) for array in job.inputs().values()]
    fixed = {name: cast(array) for name, array in job.data.items() if name not in names}
    return graph_function(graph, names, apply), given, fixed


class Jax:
    def __init__(self, job, device, threads):
        needs_graph(job, "JAX")
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


class Iree:
    def __init__(self, job, device, threads):
        needs_graph(job, "IREE")
        if job.format != "fp32":
            raise Unsupported(f"IREE computes fp32 here, not {job.format}")
        import iree.compiler as compiler
        import iree.runtime as runtime
        import jax

        jax.config.update("jax_platforms", "cpu")

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
