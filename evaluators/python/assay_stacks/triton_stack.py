"""The workloads on Assay's kernels in Triton."""
import torch
import triton

from assay_stacks import Unsupported, graph_function
from assay_stacks import triton_kernels as kernels
from assay_stacks.pytorch import Torch
from assay_stacks.triton_kernels import ACTIVATIONS


def power_of_two(value):
    return value > 0 and value & (value - 1) == 0


class Triton(Torch):
    compiles = True

    def __init__(self, job, device, threads):
        super().__init__(job, device, threads)
        self.notes["kernels"] = f"Assay's own, in Triton {triton.__version__}, tuned over a few block sizes"
        self.notes["compile time"] = "with the tuning"

    def build(self, job):
        graph, names, fixed = job.graph, list(job.spec["inputs"]), self.fixed
        # fp32 means fp32: no TF32 in products.
        precision = "ieee" if job.format == "fp32" else "tf32"
        wide = job.format == "fp32"

        def multiplied(a, b, bias, activation):
            rows, (inner, columns) = a.numel() // a.shape[-1], b.shape
            out = torch.empty(*a.shape[:-1], columns, dtype=a.dtype, device=a.device)
            grid = lambda tuned: (triton.cdiv(rows, tuned["BM"]) * triton.cdiv(columns, tuned["BN"]),)
            kernels.product[grid](
                a, b, a if bias is None else bias, out, rows, columns, inner, HAS_BIAS=bias is not None,
                ACTIVATION=ACTIVATIONS[activation], PRECISION=precision)
            return out

        def out_of(x, block):
            """An output like an input, and a grid of blocks of so many elements."""
            return torch.empty_like(x), (triton.cdiv(x.numel(), block),)

        def rows_of(x):
            """An output like an input, a grid of its rows, and how a program takes one."""
            columns = x.shape[-1]
            block = triton.next_power_of_2(columns)
            if block > 65536:
                raise Unsupported(f"Triton: rows of {columns} elements do not fit our kernels")
            return torch.empty_like(x), (x.numel() // columns,), {"BLOCK": block, "num_warps": min(max(block // 512, 1), 32)}

        def attended(q, k, v, heads, kv_heads, causal):
            batch, queries, width = q.shape
            keys, d = k.shape[1], width // heads
            if not power_of_two(d) or d < 16:
                raise Unsupported(f"Triton: our attention takes heads of 16, 32, 64, .. elements, not of {d}")
            rows = min(max(triton.next_power_of_2(queries), 16), 32 if wide else 128)
            across, out = (32 if wide else 64), torch.empty_like(q)
            kernels.attention[(triton.cdiv(queries, rows), batch * heads)](
                q, k, v, out, queries, keys, d**-0.5, HEADS=heads, KV_HEADS=kv_heads, D=d, CAUSAL=causal,
                PRECISION=precision, BM=rows, BN=across, num_warps=4 if rows < 128 else 8, num_stages=2)
            return out

        def apply(a, x):
            op = a["op"]
            if op == "matmul": return multiplied(x[0], x[1], None, "identity")
            if op == "linear": return multiplied(x[0], x[1], x[2], a["activation"])
            if op == "triad":
                out, grid = out_of(x[0], 4096)
                kernels.triad[grid](x[0], x[1], out, out.numel(), a["scale"], BLOCK=4096, num_warps=8)
                return out
            if op == "softmax":
                out, grid, shape = rows_of(x[0])
                kernels.softmax[grid](x[0], out, x[0].shape[-1], **shape)
                return out
            if op in ("rms-norm", "layer-norm"):
                (out, grid, shape), center = rows_of(x[0]), op == "layer-norm"
                shift = x[2] if center else x[1]
                kernels.normal[grid](x[0], x[1], shift, out, x[0].shape[-1], a["epsilon"], CENTER=center, **shape)
                return out
            if op == "bias-gelu":
                out, grid = out_of(x[0], 2048)
                kernels.biased[grid](x[0], x[1], out, out.numel(), x[1].numel(), BLOCK=2048, num_warps=8)
                return out
            if op == "attention": return attended(*x, a["heads"], a["kv_heads"], a["causal"])
            if op == "add":
                (out, grid), kind = out_of(x[0], 2048), ACTIVATIONS[a["activation"]]
                kernels.sum_of[grid](x[0], x[1], out, out.numel(), a["scale"], ACTIVATION=kind, BLOCK=2048, num_warps=8)
                return out
            raise Unsupported(f"Triton: there is no kernel of ours for `{op}`")

        whole = graph_function(graph, names, apply)
        return lambda *given: whole(given, fixed)
