"""PyTorch without and with its compiler."""
import time

from assay_stacks import Unsupported, graph_function, needs_graph


class OnCuda:
    """What executes on PyTorch's current stream: it has `torch`, `device`, `given` and `run`. AMD's devices, too, are
    called `cuda` there."""

    is_cold = False

    def keep_time(self):
        """Lets the device keep the time, as for Assay's own kernels."""
        self.timed = self.by_events
        self.torch.cuda.reset_peak_memory_stats(self.device)

    def execute(self):
        self.last = self.run(*self.given)
        if self.device.type == "cuda":
            self.torch.cuda.synchronize(self.device)

    def by_events(self, count):
        """Latencies of so many executions in a row, from events on the device."""
        event, events = (lambda: self.torch.cuda.Event(enable_timing=True)), []
        with self.torch.cuda.device(self.device):
            # One goes ahead, so that the device is busy while the host launches; after a flush it would warm the caches.
            if not self.is_cold:
                self.run(*self.given)
            self.is_cold = False
            for _ in range(count):
                before, after = event(), event()
                before.record()
                self.last = self.run(*self.given)
                after.record()
                events.append((before, after))
            self.torch.cuda.synchronize(self.device)
        return [before.elapsed_time(after) / 1e3 for before, after in events]

    def flush(self):
        if self.device.type != "cuda":
            return False
        self.torch.empty(256 << 20, dtype=self.torch.int8, device=self.device).zero_()
        self.torch.cuda.synchronize(self.device)
        self.is_cold = True
        return True

    def memory(self):
        if self.device.type == "cuda":
            return {"peak device memory": self.torch.cuda.max_memory_allocated(self.device)}
        return {}


class Torch(OnCuda):
    # Whether the first execution compiles.
    compiles = False

    def place(self, device):
        """The device as PyTorch names it."""
        return self.torch.device(device.replace("rocm", "cuda"))

    def __init__(self, job, device, threads):
        needs_graph(job, "PyTorch")
        import torch

        self.torch = torch
        torch.set_num_threads(threads)
        # fp32 means fp32: no TF32 in convolutions or products.
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.set_grad_enabled(False)
        self.device = self.place(device)
        real = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[job.format]

        def tensor(array):
            value = torch.from_numpy(array)
            return (value.to(real) if value.is_floating_point() else value).to(self.device).contiguous()

        self.fixed = {name: tensor(array) for name, array in job.data.items() if name not in job.spec["inputs"]}
        self.given = [tensor(array) for array in job.inputs().values()]
        self.run = self.build(job)
        self.notes = {"precision": "fp32 without TF32" if job.format == "fp32" else job.format}
        if self.device.type == "cuda":
            self.keep_time()
        else:
            self.notes["threads"] = str(torch.get_num_threads())
        started = time.perf_counter()
        self.execute()
        self.compile_secs = time.perf_counter() - started if self.compiles else None

    def build(self, job):
        whole, fixed = self.function(job)
        return lambda *given: whole(given, fixed)

    def function(self, job):
        """The workload as a function of its inputs and its weights, and the weights by their names."""
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

        return graph_function(graph, names, apply), fixed

    def outputs(self):
        return [self.last.float().cpu().numpy()]


class Inductor(Torch):
    compiles = True

    def __init__(self, job, device, threads):
        super().__init__(job, device, threads)
        self.notes["compile cache"] = "empty at the start"
        try:
            from torch._inductor import metrics

            self.notes["generated kernels"] = str(metrics.generated_kernel_count)
            metrics.reset()
        except (ImportError, AttributeError):
            pass

    def build(self, job):
        return self.torch.compile(super().build(job), backend="inductor", dynamic=False)
