"""Workloads in processes of their own that need not import a framework again: forks of one that has.

Nothing of a workload is left for the next one: neither memory nor compiled code, threads, or the state of a device.
"""
import array, ctypes, mmap, os, signal, sys

# What is slow to import and starts no threads before it computes. A framework that is not named is imported each time.
FORKED = {"torch", "triton", "jax", "iree.compiler", "tvm"}
# What drivers are reached by: a driver's state in a process does not survive a fork.
DEVICES = ("/dev/nvidia", "/dev/kfd", "/dev/dri", "/dev/accel", "/dev/vfio", "/dev/neuron")


def is_forked(module, inherited):
    """Whether the workloads of a framework are served in forks of this process, which has imported it. Files that are
    `inherited` were open before that."""
    # Elsewhere libraries of the system do not survive a fork.
    if module not in FORKED or sys.platform != "linux":
        return False
    return not any(name.startswith(DEVICES) for name in open_files() - inherited)


def open_files():
    """What this process has open, by name, where Linux tells."""
    found, folder = set(), "/proc/self/fd"
    for number in os.listdir(folder) if os.path.isdir(folder) else []:
        try:
            found.add(os.readlink(os.path.join(folder, number)))
        except OSError:
            pass
    return found


def end_with(parent):
    """Lets this process end when its parent does, whatever it is doing: nobody waits for it then, and it holds a device."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(0)


def fork():
    """As `os.fork`; the child holds the same pages as if it had imported everything itself, and ends with its parent."""
    pages, parent = resident_file_pages(), os.getpid()
    child = os.fork()
    if child == 0:
        end_with(parent)
        for address in pages:
            ctypes.string_at(address, 1)
    return child


def resident_file_pages():
    """Addresses of the pages of files (the frameworks' code) that this process has in memory. A fork inherits the mappings
    without the pages, and its peak of memory would be lower by them than that of an interpreter."""
    found, page = [], mmap.PAGESIZE
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps, open("/proc/self/pagemap", "rb", buffering=0) as table:
            for line in maps:
                place, access, _, _, inode, *_ = line.split(maxsplit=5)
                if inode == "0" or access[0] != "r":
                    continue
                start, end = (int(address, 16) for address in place.split("-"))
                table.seek(start // page * 8)
                entries = array.array("Q", table.read((end - start) // page * 8))
                found += [start + index * page for index, entry in enumerate(entries) if entry >> 63]
    except OSError:
        # A hardened host does not tell; the peak is then without those pages.
        pass
    return found


def ending(status):
    """How a process ended, in words; nothing where it ended well."""
    code = os.waitstatus_to_exitcode(status)
    return None if code == 0 else f"signal {-code}" if code < 0 else f"exit status {code}"
