"""The workloads' operations as kernels in Triton: plain ones, tuned over a few sizes of their blocks, as somebody would
write them who ports a model. What is a convolution, a pooling or a look-up is left to others."""
import triton
import triton.language as tl

ACTIVATIONS = {"identity": 0, "relu": 1, "gelu": 2, "sigmoid": 3}


@triton.jit
def activated(x, kind: tl.constexpr):
    if kind == 1:
        x = tl.maximum(x, 0.0)
    elif kind == 2:
        x = 0.5 * x * (1.0 + tl.erf(x * 0.7071067811865476))
    elif kind == 3:
        x = 1.0 / (1.0 + tl.exp(-x))
    return x


def blocks(m, n, k, warps, stages):
    return triton.Config({"BM": m, "BN": n, "BK": k}, num_warps=warps, num_stages=stages)


@triton.autotune(
    [
        blocks(128, 256, 64, 8, 3), blocks(128, 128, 64, 8, 4), blocks(128, 128, 32, 4, 4), blocks(64, 128, 32, 4, 4),
        blocks(64, 64, 32, 4, 3), blocks(32, 64, 32, 4, 3), blocks(16, 64, 128, 4, 4), blocks(16, 128, 64, 4, 4),
    ],
    key=["M", "N", "K"])
@triton.jit
def product(
    a, b, bias, c, M, N, K, HAS_BIAS: tl.constexpr, ACTIVATION: tl.constexpr, PRECISION: tl.constexpr, BM: tl.constexpr,
    BN: tl.constexpr, BK: tl.constexpr,
):
    """c = activation(a b + bias), all in rows."""
    program, group = tl.program_id(0), 8
    rows, columns = tl.cdiv(M, BM), tl.cdiv(N, BN)
    # Programs that run together share rows and columns of blocks.
    first = program // (group * columns) * group
    height = tl.minimum(rows - first, group)
    i = first + program % (group * columns) % height
    j = program % (group * columns) // height
    rm, rn, rk = i * BM + tl.arange(0, BM), j * BN + tl.arange(0, BN), tl.arange(0, BK)
    # What is beyond the end is read from inside, and never written.
    wm, wn = (rm % M).to(tl.int64), (rn % N).to(tl.int64)
    sum = tl.zeros((BM, BN), tl.float32)
    for k in range(0, K, BK):
        inside = k + rk < K
        x = tl.load(a + wm[:, None] * K + (k + rk)[None, :], mask=inside[None, :], other=0.0)
        y = tl.load(b + (k + rk).to(tl.int64)[:, None] * N + wn[None, :], mask=inside[:, None], other=0.0)
        sum = tl.dot(x, y, sum, input_precision=PRECISION)
    if HAS_BIAS:
        sum += tl.load(bias + wn).to(tl.float32)[None, :]
    place = c + rm.to(tl.int64)[:, None] * N + rn[None, :]
    tl.store(place, activated(sum, ACTIVATION).to(c.dtype.element_ty), mask=(rm < M)[:, None] & (rn < N)[None, :])


@triton.jit
def triad(x, y, out, count, scale, BLOCK: tl.constexpr):
    i = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = i < count
    value = tl.load(x + i, mask=inside).to(tl.float32) + scale * tl.load(y + i, mask=inside).to(tl.float32)
    tl.store(out + i, value.to(out.dtype.element_ty), mask=inside)


@triton.jit
def sum_of(x, y, out, count, scale, ACTIVATION: tl.constexpr, BLOCK: tl.constexpr):
    i = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = i < count
    value = (tl.load(x + i, mask=inside).to(tl.float32) + tl.load(y + i, mask=inside).to(tl.float32)) * scale
    tl.store(out + i, activated(value, ACTIVATION).to(out.dtype.element_ty), mask=inside)


@triton.jit
def biased(x, bias, out, count, columns, BLOCK: tl.constexpr):
    i = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = i < count
    value = tl.load(x + i, mask=inside).to(tl.float32) + tl.load(bias + i % columns, mask=inside).to(tl.float32)
    tl.store(out + i, activated(value, 2).to(out.dtype.element_ty), mask=inside)


@triton.jit
def softmax(x, out, columns, BLOCK: tl.constexpr):
    row, i = tl.program_id(0).to(tl.int64), tl.arange(0, BLOCK)
    value = tl.load(x + row * columns + i, mask=i < columns, other=-float("inf")).to(tl.float32)
    value = tl.exp(value - tl.max(value, 0))
    tl.store(out + row * columns + i, (value / tl.sum(value, 0)).to(out.dtype.element_ty), mask=i < columns)


@triton.jit
def normal(x, gain, shift, out, columns, epsilon, CENTER: tl.constexpr, BLOCK: tl.constexpr):
    """Layer normalisation, or by the root mean square without a centre."""
    row, i = tl.program_id(0).to(tl.int64), tl.arange(0, BLOCK)
    inside = i < columns
    value = tl.load(x + row * columns + i, mask=inside, other=0.0).to(tl.float32)
    if CENTER:
        value = tl.where(inside, value - tl.sum(value, 0) / columns, 0.0)
    value = value * tl.rsqrt(tl.sum(value * value, 0) / columns + epsilon)
    value = value * tl.load(gain + i, mask=inside, other=0.0).to(tl.float32)
    if CENTER:
        value += tl.load(shift + i, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + row * columns + i, value.to(out.dtype.element_ty), mask=inside)


@triton.jit
def attention(
    q, k, v, out, queries, keys, scale, HEADS: tl.constexpr, KV_HEADS: tl.constexpr, D: tl.constexpr,
    CAUSAL: tl.constexpr, PRECISION: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr,
):
    """One block of queries of one head against all keys, with a running softmax."""
    head, batch = tl.program_id(1) % HEADS, tl.program_id(1) // HEADS
    group: tl.constexpr = HEADS // KV_HEADS
    rm, rd = tl.program_id(0) * BM + tl.arange(0, BM), tl.arange(0, D)
    start = batch.to(tl.int64) * queries * HEADS * D + head * D
    there = batch.to(tl.int64) * keys * KV_HEADS * D + head // group * D
    mine = rm < queries
    x = tl.load(q + start + rm.to(tl.int64)[:, None] * HEADS * D + rd[None, :], mask=mine[:, None], other=0.0)
    most = tl.full((BM,), -float("inf"), tl.float32)
    total = tl.zeros((BM,), tl.float32)
    sum = tl.zeros((BM, D), tl.float32)
    # A query sees the keys up to its own place, counted from the end.
    last = keys
    if CAUSAL:
        last = tl.minimum(keys, tl.program_id(0) * BM + BM + keys - queries)
    for n in range(0, last, BN):
        rn = n + tl.arange(0, BN)
        place = there + rn.to(tl.int64)[:, None] * KV_HEADS * D + rd[None, :]
        y = tl.load(k + place, mask=(rn < keys)[:, None], other=0.0)
        score = tl.dot(x, tl.trans(y), input_precision=PRECISION) * scale
        seen = (rn < keys)[None, :]
        if CAUSAL:
            seen = seen & (rn[None, :] <= rm[:, None] + keys - queries)
        score = tl.where(seen, score, -float("inf"))
        higher = tl.maximum(most, tl.max(score, 1))
        weight = tl.exp(score - higher[:, None])
        shrink = tl.exp(most - higher)
        z = tl.load(v + place, mask=(rn < keys)[:, None], other=0.0)
        sum = tl.dot(weight.to(z.dtype), z, sum * shrink[:, None], input_precision=PRECISION)
        total = total * shrink + tl.sum(weight, 1)
        most = higher
    place = out + start + rm.to(tl.int64)[:, None] * HEADS * D + rd[None, :]
    tl.store(place, (sum / total[:, None]).to(out.dtype.element_ty), mask=mine[:, None])
