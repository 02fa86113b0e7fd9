"""Assay's timing of a job beside the framework's own, in one process: `own_timing.py JOB.json STACK THREADS ROUNDS` prints
what came of it as JSON. PyTorch is timed by `torch.utils.benchmark`, OpenVINO by the latency it reports for a request, JAX
as its documentation says (`block_until_ready`), the others by `timeit`.

Both time the same prepared workload for a fifth of a second at a time: ours, own, own, ours. The ratio is the median over
such rounds of the medians' ratio, so that what else runs on the machine, and whatever comes of being first, hits both alike."""
import json, os, statistics, sys, time, timeit

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import assay_stacks, worker

job, stack, threads, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
SLICE_SECS = 0.2
# As the parent asks for batches of executions.
BATCH_SECS = 0.02

server, told = worker.Server(), {}
worker.send = lambda event, /, **fields: told.update(fields, event=event)
server.prepare({"stack": stack, "job": job, "device": "cpu", "threads": threads})
if told["event"] != "prepared":
    sys.exit(f"{stack}: {told}")
prepared = server.prepared


def ours(secs):
    """Latencies as `worker.py` tells them."""
    latencies, batch, end = [], 1, time.perf_counter() + secs
    while time.perf_counter() < end:
        server.execute({"count": batch})
        latencies += told["latency_secs"]
        batch = max(1, min(1000, int(BATCH_SECS / told["latency_secs"][0])))
    return latencies


def own(secs):
    """Latencies as the framework's own tools tell them."""
    if stack in ("torch-eager", "inductor"):
        return list(timer.blocked_autorange(min_run_time=secs).times)
    latencies, end = [], time.perf_counter() + secs
    while time.perf_counter() < end:
        if stack == "openvino":
            prepared.request.infer()
            latencies.append(prepared.request.latency / 1e3)
        else:
            latencies.append(timeit.timeit(execute, number=1))
    return latencies


execute = prepared.execute
if stack in ("torch-eager", "inductor"):
    from torch.utils import benchmark

    timer = benchmark.Timer("run(*given)", globals={"run": prepared.run, "given": prepared.given}, num_threads=threads)
elif stack == "jax":
    execute = lambda: prepared.run(prepared.given, prepared.fixed).block_until_ready()
for warm in (ours, own):
    warm(1.0)
all_ours, all_own, ratios = [], [], []
for _ in range(rounds):
    a, b = ours(SLICE_SECS), own(SLICE_SECS)
    b, a = b + own(SLICE_SECS), a + ours(SLICE_SECS)
    all_ours, all_own = all_ours + a, all_own + b
    ratios.append(statistics.median(a) / statistics.median(b))
ratios.sort()
print(json.dumps({
    "ours_secs": statistics.median(all_ours), "own_secs": statistics.median(all_own),
    "ratio": statistics.median(ratios), "ratios": [ratios[0], ratios[-1]]}))
sys.stdout.flush()
# As `worker.py` ends.
os._exit(0)
