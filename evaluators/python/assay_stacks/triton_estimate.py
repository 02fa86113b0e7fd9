"""What Triton's compiler says of the kernels of a workload on devices that need not be here: registers, shared memory,
spills. Nothing is executed: the stack's own code runs on tensors without data, and its launches are taken down."""
import json, os, re, subprocess, tempfile, time

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from assay_stacks import Unsupported, first_line, needs_graph, triton_kernels, triton_stack

# Elements of a kernel's arguments by PyTorch's name of them.
ELEMENTS = {
    torch.float32: "fp32", torch.float16: "fp16", torch.bfloat16: "bf16", torch.int32: "i32", torch.int64: "i64"}


class Job:
    """A workload without its data."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.spec = json.load(file)
        self.format, self.graph = self.spec["format"], self.spec["graph"]
        real = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}.get(self.format)
        kind = lambda entry: real if entry["kind"] == "real" else torch.int64
        needs_graph(self, "Triton")
        self.data = {e["name"]: torch.empty(e["shape"], dtype=kind(e), device="meta") for e in self.spec["data"]}


class Recorder:
    """Stands in the place of a kernel."""

    def __init__(self, kernel, launches):
        self.kernel, self.launches = kernel, launches

    def __getitem__(self, _grid):
        return lambda *given, **named: self.launches.append((self.kernel, given, named))


def launches(job):
    """The kernels that the stack would start, with what it would give them."""
    found, kept = [], triton_stack.kernels
    names = ("product", "triad", "sum_of", "biased", "softmax", "normal", "attention")
    recorders = {name: Recorder(getattr(triton_kernels, name), found) for name in names}
    triton_stack.kernels = type("Recorders", (), recorders)
    try:
        stack = object.__new__(triton_stack.Triton)
        inputs = list(job.spec["inputs"])
        stack.fixed = {name: tensor for name, tensor in job.data.items() if name not in inputs}
        stack.build(job)(*[job.data[name] for name in inputs])
    finally:
        triton_stack.kernels = kept
    return found


def source(function, given, named):
    """A kernel's source for arguments of these types, as the just-in-time compiler would specialise it."""
    signature, constants, attributes = {}, {}, {}
    values = dict(zip(function.arg_names, given)) | named
    for index, parameter in enumerate(function.params):
        name, value = parameter.name, values.get(parameter.name)
        if parameter.is_constexpr:
            signature[name], constants[(index,)] = "constexpr", value
        elif isinstance(value, torch.Tensor):
            signature[name] = "*" + ELEMENTS[value.dtype]
            attributes[(index,)] = [["tt.divisibility", 16]]
        elif isinstance(value, float):
            signature[name] = "fp32"
        elif value == 1:
            signature[name], constants[(index,)] = "constexpr", 1
        else:
            signature[name] = "i32" if value < 2**31 else "i64"
            if value % 16 == 0:
                attributes[(index,)] = [["tt.divisibility", 16]]
    return ASTSource(function, signature, constants, attributes)


def usage(compiled, target):
    """Registers and spilled bytes of a thread, from the machine code."""
    if target.backend == "hip":
        text = compiled.asm["amdgcn"]
        figure = lambda name: int(re.search(rf"\.{name}:\s*(\d+)", text).group(1))
        return figure("vgpr_count"), 4 * figure("vgpr_spill_count")
    tool = os.path.join(os.path.dirname(triton.__file__), "backends", "nvidia", "bin", "cuobjdump")
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(compiled.asm["cubin"])
        file.flush()
        text = subprocess.run([tool, "-res-usage", file.name], capture_output=True, text=True, timeout=60).stdout
    figures = dict(re.findall(r"(REG|STACK|LOCAL):(\d+)", text))
    # A stack that the source does not ask for is where registers are spilled to.
    return int(figures["REG"]), int(figures["STACK"]) + int(figures.get("LOCAL", 0))


class Refused(Exception):
    """A kernel that the compiler or the device does not take: what it is, and why."""


class Estimator:
    def __init__(self):
        self.known = {}

    def kernel(self, function, given, named, target, options):
        """What compiling one kernel comes to; each is compiled once."""
        key = (function.__name__, str([getattr(v, "dtype", v) for v in given]), str(sorted(named.items())), str(target), str(options))
        if key not in self.known:
            try:
                compiled = triton.compile(source(function, given, named), target=target, options=options)
            except Exception as error:  # the passes, the assembler and the front end have errors of their own
                raise Refused("does-not-compile", f"kernel `{function.__name__}`: {first_line(error)}") from error
            registers, spilled = usage(compiled, target)
            self.known[key] = {
                "name": function.__name__, "threads": compiled.metadata.num_warps * target.warp_size,
                "registers": registers, "shared_bytes": compiled.metadata.shared, "spilled_bytes": spilled}
        return self.known[key]

    def fitting(self, kernel, given, named, target, shared_limit):
        """What a launch comes to. Which block sizes are fastest only a device can say: of a tuned kernel's the first that
        fits without spilling stands for them."""
        configs = getattr(kernel, "configs", None)
        named = dict(named)
        fixed = {name: named.pop(name) for name in ("num_warps", "num_stages") if name in named}
        tuned = [({**named, **c.kwargs}, {"num_warps": c.num_warps, "num_stages": c.num_stages}) for c in configs or []]
        best = None
        for arguments, options in tuned or [(named, fixed)]:
            found = self.kernel(kernel.fn if configs else kernel, given, arguments, target, options)
            rank = (found["shared_bytes"] <= shared_limit, found["spilled_bytes"] == 0)
            if best is None or rank > best[0]:
                best = (rank, found)
            if all(rank):
                break
        (fits, _), found = best
        if not fits:
            needs = f"kernel `{found['name']}` needs {found['shared_bytes']} bytes of shared memory"
            raise Refused("does-not-fit", f"{needs}, and a block has {shared_limit}")
        return found

    def estimate(self, path, backend, arch, shared_limit):
        cuda = backend == "cuda"
        target = GPUTarget(backend, int(arch) if cuda else arch, 32 if cuda else 64)
        started, kernels, refused = time.perf_counter(), [], None
        try:
            for launch in launches(Job(path)):
                found = self.fitting(*launch, target, shared_limit)
                if found not in kernels:
                    kernels.append(found)
        except Refused as error:
            refused = list(error.args)
        return {"refused": refused, "kernels": kernels, "compile_secs": time.perf_counter() - started}
