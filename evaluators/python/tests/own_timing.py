"""A framework's own timing of a job that Assay measures: `own_timing.py JOB.json STACK THREADS SECONDS` prints the median
in seconds. PyTorch is timed by `torch.utils.benchmark`, OpenVINO by the latency it reports for a request, JAX as its
documentation says (`block_until_ready`), the others by `timeit`."""
import os, statistics, sys, time, timeit

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import assay_stacks

job, stack, threads, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
prepared = assay_stacks.prepare(stack, assay_stacks.Job(job), "cpu", threads)
if stack in ("torch-eager", "inductor"):
    from torch.utils import benchmark

    timer = benchmark.Timer("run(*given)", globals={"run": prepared.run, "given": prepared.given}, num_threads=threads)
    median = timer.blocked_autorange(min_run_time=seconds).median
elif stack == "openvino":
    latencies, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        prepared.request.infer()
        latencies.append(prepared.request.latency / 1e3)
    median = statistics.median(latencies)
else:
    execute = prepared.execute
    if stack == "jax":
        run, given, fixed = prepared.run, prepared.given, prepared.fixed
        execute = lambda: run(given, fixed).block_until_ready()
    once = timeit.timeit(execute, number=3) / 3
    repeat = max(5, int(seconds / once))
    median = statistics.median(timeit.repeat(execute, number=1, repeat=repeat))
print(median)
