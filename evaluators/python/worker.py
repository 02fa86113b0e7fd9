"""Runs Assay's workloads on the frameworks of one Python interpreter.

One JSON object a line: requests on stdin, events on stdout, as in Assay's worker protocol (`hello` first). The parent
owns the clock's use: it says how often to execute, decides when there are enough samples, and judges the output. Weights
and inputs are files that the parent wrote; nothing is generated here.

The interpreter imports the framework of a stack once. Each workload is then prepared, executed and released in a process
of its own that is forked from it; where that cannot be, the interpreter ends with the workload.

requests  probe {devices}              -> stacks {stacks: [{id, version, devices: {id: null | reason}}]}
          load {stack}                 -> loaded {import_secs} | failed {kind, message}
          prepare {job, stack, device, threads} -> prepared {notes, compile_secs, device_events} | failed
          execute {count}              -> executed {latency_secs: [..]} | failed
          flush                        -> flushed
          output                       -> outputs {outputs: [{file, shape, kind}]} | failed
          release                      -> released
          estimate {job, backend, arch, shared_limit} -> estimated {kernels, compile_secs, refused} | failed
          shutdown
"""
import importlib, json, os, sys, time

from assay_stacks import NEEDS, STACKS, Job, Unsupported, apart, first_line, prepare, present, state, version

PROTOCOL = 1
CHANNEL = None


def send(event, /, **fields):
    try:
        CHANNEL.write(json.dumps({"type": event, **fields}) + "\n")
        CHANNEL.flush()
    except (BrokenPipeError, ValueError):
        os._exit(0)


# ---------------------------------------------------------------- what there is


def probe(devices):
    """What is installed. Nothing is imported: what turns out to be broken says so when it is asked to prepare."""
    found = []
    for stack, module, distribution, _, kinds in STACKS:
        if present(module):
            # The processor is where everybody looks for what runs elsewhere only.
            asked = [device for device in devices if device == "cpu" or device.partition(":")[0] in kinds]
            states = {device: state(stack, module, kinds, device) for device in asked}
            found.append({"id": stack, "version": version(distribution, module), "devices": states})
    send("stacks", stacks=found)


# ---------------------------------------------------------------- serving


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
        self.prepared = self.job = self.estimator = None
        self.flush_buffer = None
        # Whether workloads are served in forks of this process, or this one is such a fork.
        self.forks = self.is_fork = False
        self.inherited = apart.open_files()

    def load(self, request):
        """Imports what the stack needs."""
        stack = request["stack"]
        module = next((module for name, module, *_ in STACKS if name == stack), None)
        if module is None:
            return send("failed", kind="unavailable", message=f"this worker has no stack `{stack}`")
        started = time.perf_counter()
        for name in [module, *NEEDS.get(stack, [])]:
            importlib.import_module(name)
        self.forks = apart.is_forked(module, self.inherited)
        send("loaded", import_secs=time.perf_counter() - started)

    def prepare(self, request):
        if self.forks and not self.is_fork:
            return self.prepare_apart(request)
        self.job = Job(request["job"])
        # What compilers keep is the workload's: compiled kernels of another would make a cold compilation look warm.
        for name in ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"):
            os.environ[name] = os.path.join(self.job.folder, name)
        self.prepared = prepare(request["stack"], self.job, request["device"], request["threads"])
        notes = {"python": f"{sys.executable} ({sys.version.split()[0]})", **self.prepared.notes}
        keeps_time = getattr(self.prepared, "timed", None) is not None
        compile_secs = self.prepared.compile_secs
        send("prepared", notes=list(notes.items()), compile_secs=compile_secs, device_events=keeps_time)

    def prepare_apart(self, request):
        """Has a fork serve from this request to the release; how that ended is this process's to say."""
        child = apart.fork()
        if child == 0:
            self.is_fork = True
            self.answer("prepare", request)
            self.serve()
            os._exit(0)
        ending = apart.ending(os.waitpid(child, 0)[1])
        if ending is None:
            return send("released")
        send("failed", kind="crashed", message=f"the workload's process ended ({ending})")

    def execute(self, request):
        timed = getattr(self.prepared, "timed", None)
        if timed is not None:
            return send("executed", latency_secs=timed(request["count"]))
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

    def estimate(self, request):
        """Compiles the kernels of a workload for a device that need not be here."""
        if self.estimator is None:
            from assay_stacks.triton_estimate import Estimator

            self.estimator = Estimator()
        asked = [request[name] for name in ("job", "backend", "arch", "shared_limit")]
        send("estimated", **self.estimator.estimate(*asked))

    def answer(self, kind, request):
        try:
            getattr(self, kind)(request)
        except Exception as error:  # whatever a framework raises becomes an answer
            failed(error)

    def serve(self):
        # Unbuffered: a fork goes on reading where its parent stopped.
        for line in open(0, "rb", buffering=0, closefd=False):
            try:
                request = json.loads(line)
                kind = request["type"]
            except (ValueError, KeyError, TypeError) as error:
                send("refused", message=f"not a request: {error}")
                continue
            if kind in ("shutdown", "release"):
                return
            if kind == "probe":
                probe(request.get("devices", ["cpu"]))
            elif kind in ("load", "prepare", "execute", "flush", "output", "estimate"):
                self.answer(kind, request)
            else:
                send("refused", message=f"unknown request `{kind}`")


if __name__ == "__main__":
    apart.end_with(os.getppid())
    # Libraries print where they like. The protocol keeps the real stdout; everything else goes to stderr.
    CHANNEL = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    send("hello", protocol=PROTOCOL, version=f"worker.py on Python {sys.version.split()[0]}", pid=os.getpid())
    Server().serve()
    # Frameworks like to hang or crash in their exit handlers; nothing here needs them.
    os._exit(0)
