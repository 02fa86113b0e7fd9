"""The operations of Assay's kernels and ceilings through PyTorch, timed as Assay times them.

python3 pytorch_baseline.py [rows] [products] [attention] [ceilings]...   one JSON object a line on stdout

Each execution is timed by CUDA events behind a short sleep of the stream, so that no launch is in the time; the median is
told. Row and element-wise operations come from torch.compile (max-autotune-no-cudagraphs) and, beside it, from eager.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

FORMATS = {"fp32": torch.float32, "bf16": torch.bfloat16}
ROWS, COLUMNS = 16384, 4096


def median_secs(work, min_secs=0.5, warm_up_secs=0.2):
    """The median of executions that are over one by one, as a measurement's are."""
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)

    def once():
        torch.cuda._sleep(60_000)
        start.record()
        work()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) * 1e-3

    began = time.perf_counter()
    while time.perf_counter() - began < warm_up_secs:
        once()
    samples = []
    while sum(samples) < min_secs or len(samples) < 10:
        samples.append(once())
    samples.sort()
    return samples[len(samples) // 2]


def sustained_secs(work):
    """The same for what runs into the power limit: timed as long as Assay times it."""
    return median_secs(work, min_secs=4.0, warm_up_secs=0.7)


def tell(what, fmt, secs, amount, unit, by):
    row = {"operation": what, "format": fmt, "by": by, "secs": secs, "rate": amount / secs, "unit": unit}
    print(json.dumps(row), flush=True)


def rows():
    for fmt, dtype in FORMATS.items():
        size, n = dtype.itemsize, ROWS * COLUMNS
        x, r = (torch.randn(ROWS, COLUMNS, device="cuda", dtype=dtype) for _ in range(2))
        v = torch.randn(COLUMNS, device="cuda", dtype=dtype)
        q = torch.randint(-127, 128, (ROWS, COLUMNS), device="cuda", dtype=torch.int8)
        f = torch.rand(ROWS, 1, device="cuda") / 127

        def quantise(x):
            factor = x.float().abs().amax(1, keepdim=True) / 127
            return torch.round(x.float() / factor).to(torch.int8), factor

        operations = {
            "bias-gelu": (lambda x, v: F.gelu(x + v), (x, v), 2 * n * size),
            "bias-gelu-residual": (lambda x, v, r: F.gelu(x + v) + r, (x, v, r), 3 * n * size),
            "rms-norm-residual": (lambda x, v, r: F.rms_norm(x + r, (COLUMNS,), v, 1e-5), (x, v, r), 3 * n * size),
            "softmax": (lambda x: torch.softmax(x, 1), (x,), 2 * n * size),
            "quantise": (quantise, (x,), n * (size + 1) + 4 * ROWS),
            "dequantise": (lambda q, f: (q.float() * f).to(dtype), (q, f), n * (size + 1) + 4 * ROWS),
        }
        for name, (work, given, moved) in operations.items():
            torch._dynamo.reset()
            compiled = torch.compile(work, mode="max-autotune-no-cudagraphs")
            for by, call in (("inductor", compiled), ("eager", work)):
                tell(name, fmt, median_secs(lambda: call(*given)), moved, "B/s", by)


def ceilings():
    n = 1 << 28
    b, c, out = (torch.randn(n, device="cuda") for _ in range(3))
    tell("triad", "fp32", median_secs(lambda: torch.add(b, c, alpha=3.0, out=out)), 12 * n, "B/s", "eager")
    del b, c, out
    x = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    w = (torch.randn(8192, 8192, device="cuda") / 8192**0.5).bfloat16()
    for library in ("cublas", "cublaslt"):
        torch.backends.cuda.preferred_blas_library(library)
        tell("gemm-8192", "bf16", sustained_secs(lambda: x @ w), 2 * 8192**3, "FLOP/s", library)


def products():
    x = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    w = (torch.randn(8192, 8192, device="cuda") / 8192**0.5).bfloat16()
    v = torch.randn(8192, device="cuda", dtype=torch.bfloat16)
    torch._dynamo.reset()
    fused = torch.compile(lambda x, w, v: F.gelu(x @ w + v), mode="max-autotune-no-cudagraphs")
    flops = 2 * 8192**3
    tell("gemm-8192", "bf16", sustained_secs(lambda: x @ w), flops, "FLOP/s", "cuBLAS")
    tell("linear-gelu-8192", "bf16", sustained_secs(lambda: fused(x, w, v)), flops, "FLOP/s", "inductor")


def attention():
    q, k, v = (torch.randn(4, 32, 4096, 128, device="cuda", dtype=torch.bfloat16) for _ in range(3))
    pairs = 4 * 32 * 4096 * 4097 / 2
    for backend in (SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION):
        with sdpa_kernel(backend):
            secs = sustained_secs(lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True))
        tell("attention-prefill-4096", "bf16", secs, pairs * 4 * 128, "FLOP/s", backend.name.lower())
    batch, context = 8, 32768
    q = torch.randn(batch, 32, 1, 128, device="cuda", dtype=torch.bfloat16)
    k, v = (torch.randn(batch, 8, context, 128, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    moved = 2 * k.numel() * 2 + 2 * q.numel() * 2
    for backend in (SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION):
        try:
            with sdpa_kernel(backend):
                secs = median_secs(lambda: F.scaled_dot_product_attention(q, k, v, enable_gqa=True))
        except RuntimeError as error:
            print(f"{backend.name}: {str(error).splitlines()[0]}", file=sys.stderr)
            continue
        tell("attention-decode-32768", "bf16", secs, moved, "B/s", backend.name.lower())


if __name__ == "__main__":
    parts = {"rows": rows, "products": products, "attention": attention, "ceilings": ceilings}
    for part in sys.argv[1:] or parts:
        parts[part]()
