//! The environment a number was measured in.

use std::collections::BTreeMap;

use assay_core::Environment;

use super::{cpu, memory, read};

/// Everything that can be learnt about this host. Stacks add their versions and devices their settings.
pub fn environment() -> Environment {
    let info = cpu::cpu_info();
    let mut versions = BTreeMap::new();
    versions.extend(c_library().map(|version| ("glibc".to_owned(), version)));
    Environment {
        assay_version: env!("CARGO_PKG_VERSION").to_owned(),
        host: read("/proc/sys/kernel/hostname").or_else(|| std::env::var("COMPUTERNAME").ok()),
        operating_system: operating_system(),
        kernel: read("/proc/sys/kernel/osrelease"),
        cpu_model: info.model,
        cpu_logical: cpu::logical(),
        cpu_cores: info.cores,
        cpu_features: info.features,
        cpu_governor: read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        memory_bytes: memory::installed_memory_bytes(),
        hypervisor: cpu::hypervisor(),
        container: container(),
        versions,
        device_settings: device_settings(),
        other_device_users: Vec::new(),
    }
}

fn operating_system() -> Option<String> {
    let release = read("/etc/os-release").or_else(|| read("/usr/lib/os-release"));
    release.and_then(|text| pretty_name(&text)).or_else(|| Some(std::env::consts::OS.to_owned()))
}

/// `PRETTY_NAME` of an os-release file, without the shell's quotes.
fn pretty_name(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix("PRETTY_NAME="))?;
    let value = value.trim().trim_matches(['"', '\'']).replace('\\', "");
    (!value.is_empty()).then_some(value)
}

/// The container's runtime, by the marks that each leaves.
fn container() -> Option<String> {
    let exists = |path: &str| std::path::Path::new(path).exists();
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() {
        return Some("kubernetes".to_owned());
    }
    if let Some(name) = read("/run/systemd/container") {
        return Some(name);
    }
    if exists("/run/.containerenv") {
        return Some("podman".to_owned());
    }
    if exists("/.dockerenv") {
        return Some("docker".to_owned());
    }
    container_of_groups(&read("/proc/1/cgroup")?)
}

/// The runtime that a path in /proc/1/cgroup tells of.
fn container_of_groups(text: &str) -> Option<String> {
    let marks = [
        ("kubepods", "kubernetes"),
        ("docker", "docker"),
        ("libpod", "podman"),
        ("containerd", "containerd"),
        ("lxc", "lxc"),
        ("slurm", "slurm"),
    ];
    marks.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| (*name).to_owned())
}

/// Settings of the processor that change its speed.
fn device_settings() -> BTreeMap<String, String> {
    let cpu = "/sys/devices/system/cpu";
    let on_off = |text: String| match text.as_str() {
        "0" => "off".to_owned(),
        "1" => "on".to_owned(),
        _ => text,
    };
    let inverted = |text: String| match text.as_str() {
        "0" => "on".to_owned(),
        "1" => "off".to_owned(),
        _ => text,
    };
    let turbo = read(format!("{cpu}/cpufreq/boost")).map(on_off);
    let settings = [
        ("smt", read(format!("{cpu}/smt/active")).map(on_off)),
        ("turbo", turbo.or_else(|| read(format!("{cpu}/intel_pstate/no_turbo")).map(inverted))),
        ("frequency driver", read(format!("{cpu}/cpu0/cpufreq/scaling_driver"))),
        ("huge pages", read("/sys/kernel/mm/transparent_hugepage/enabled").and_then(|text| chosen(&text))),
        ("numa balancing", read("/proc/sys/kernel/numa_balancing").map(on_off)),
    ];
    settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// The word in brackets, as in `always [madvise] never`.
fn chosen(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('[')?;
    rest.split_once(']').map(|(word, _)| word.to_owned())
}

fn c_library() -> Option<String> {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: returns a pointer to a constant, null-terminated string.
        let version = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
        version.to_str().ok().map(str::to_owned)
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_lose_their_quotes() {
        let text = "NAME=\"Debian GNU/Linux\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
        assert_eq!(pretty_name(text).as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(pretty_name("PRETTY_NAME=Alpine").as_deref(), Some("Alpine"));
        assert_eq!(pretty_name("PRETTY_NAME=\"\""), None);
    }

    #[test]
    fn containers_are_known_by_their_group() {
        assert_eq!(container_of_groups("0::/kubepods/pod1/abc").as_deref(), Some("kubernetes"));
        assert_eq!(container_of_groups("4:memory:/docker/4a91\n").as_deref(), Some("docker"));
        assert_eq!(container_of_groups("0::/init.scope"), None);
    }

    #[test]
    fn the_choice_is_in_brackets() {
        assert_eq!(chosen("always [madvise] never").as_deref(), Some("madvise"));
        assert_eq!(chosen("always"), None);
    }

    #[test]
    fn this_host_has_an_environment() {
        let environment = environment();
        assert!(!environment.assay_version.is_empty());
        assert!(environment.operating_system.is_some());
        #[cfg(target_os = "linux")]
        assert!(environment.kernel.is_some() && environment.memory_bytes.is_some());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail(text in any::<String>(), name in "PRETTY_NAME=.*\n", brackets in ".*[\\[\\]].*") {
            for text in [text, name, brackets] {
                pretty_name(&text);
                chosen(&text);
                container_of_groups(&text);
            }
        }
    }
}
