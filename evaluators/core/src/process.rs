//! Facts about processes that both sides of the protocol need.

/// Memory a process has resident, where the system tells.
pub fn resident_bytes(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    resident_of(&status)
}

fn resident_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Memory that processes of a group have resident together, where the system tells.
pub fn group_resident_bytes(group: u32) -> Option<u64> {
    let entries = std::fs::read_dir("/proc").ok()?;
    let pids = entries.flatten().filter_map(|e| e.file_name().to_str()?.parse::<u32>().ok());
    let in_group = pids.filter(|pid| {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).ok().and_then(|stat| group_of(&stat)) == Some(group)
    });
    Some(in_group.filter_map(resident_bytes).sum())
}

/// The process group of `/proc/PID/stat`; the command in parentheses may hold anything.
fn group_of(stat: &str) -> Option<u32> {
    let after = &stat[stat.rfind(')')? + 1..];
    after.split_ascii_whitespace().nth(2)?.parse().ok()
}

/// Memory this machine or container lets a process use, where the system tells.
pub fn memory_limit_bytes() -> Option<u64> {
    let installed = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| installed_of(&text));
    let cgroup = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|t| t.trim().parse::<u64>().ok());
    match (installed, cgroup) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn installed_of(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_linux_writes() {
        assert_eq!(resident_of("Name:\tx\nVmRSS:\t    1024 kB\n"), Some(1 << 20));
        assert_eq!(group_of("12 (a) b (c) S 1 34 34 0"), Some(34));
        assert_eq!(installed_of("MemTotal:       2048 kB\n"), Some(2 << 20));
        for odd in ["", "VmRSS: many", "12 (a", "MemTotal: 18446744073709551615 kB"] {
            assert_eq!((resident_of(odd), group_of(odd), installed_of(odd)), (None, None, None), "{odd}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory() {
        assert!(resident_bytes(std::process::id()).unwrap() > 100_000);
        assert!(memory_limit_bytes().unwrap() > 100_000_000);
    }
}
