//! Memory, and how much of it this process may have.

use std::path::{Path, PathBuf};

use super::{read, read_number};

/// Installed memory.
pub(super) fn installed_memory_bytes() -> Option<u64> {
    MemoryInfo::read().total
}

/// Installed memory, or what the process's control group allows of it.
pub(super) fn usable_memory_bytes() -> Option<u64> {
    let limit = control_groups().iter().filter_map(ControlGroup::limit).min();
    smaller(installed_memory_bytes(), limit)
}

/// Memory that could be allocated now without swapping or being killed.
pub fn available_memory_bytes() -> Option<u64> {
    let room = control_groups().iter().filter_map(|group| Some(group.limit()?.saturating_sub(group.used()?))).min();
    smaller(MemoryInfo::read().available, room)
}

fn smaller(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    a.into_iter().chain(b).min()
}

/// What /proc/meminfo says, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct MemoryInfo {
    pub total: Option<u64>,
    pub available: Option<u64>,
}

impl MemoryInfo {
    pub(super) fn read() -> Self {
        Self::parse(&read("/proc/meminfo").unwrap_or_default())
    }

    pub(super) fn used(&self) -> Option<u64> {
        self.total?.checked_sub(self.available?)
    }

    fn parse(text: &str) -> Self {
        let field = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
        };
        Self { total: field("MemTotal"), available: field("MemAvailable") }
    }
}

/// A control group that may limit this process's memory.
struct ControlGroup {
    folder: PathBuf,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Version {
    One,
    Two,
}

impl ControlGroup {
    fn limit(&self) -> Option<u64> {
        read_number(self.folder.join(match self.version {
            Version::One => "memory.limit_in_bytes",
            Version::Two => "memory.max",
        }))
    }

    fn used(&self) -> Option<u64> {
        read_number(self.folder.join(match self.version {
            Version::One => "memory.usage_in_bytes",
            Version::Two => "memory.current",
        }))
    }
}

/// The groups of this process and their ancestors: the tightest limit counts. In a container the path is often the
/// host's and does not exist; the root, which then is the container's own group, does.
fn control_groups() -> Vec<ControlGroup> {
    let groups = memory_groups(&read("/proc/self/cgroup").unwrap_or_default());
    let with_ancestors = groups.into_iter().flat_map(|(version, path)| {
        let root = match version {
            Version::One => "/sys/fs/cgroup/memory",
            Version::Two => "/sys/fs/cgroup",
        };
        let path = PathBuf::from(path);
        let folders: Vec<PathBuf> =
            path.ancestors().map(|p| Path::new(root).join(p.strip_prefix("/").unwrap_or(p))).collect();
        folders.into_iter().map(move |folder| ControlGroup { folder, version })
    });
    with_ancestors.collect()
}

/// The groups in /proc/self/cgroup that can limit memory.
fn memory_groups(text: &str) -> Vec<(Version, String)> {
    let group = |line: &str| {
        let mut fields = line.splitn(3, ':');
        let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        let version = if controllers.is_empty() {
            Version::Two
        } else if controllers.split(',').any(|c| c == "memory") {
            Version::One
        } else {
            return None;
        };
        Some((version, path.to_owned()))
    };
    text.lines().filter_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn meminfo_is_in_kibibytes() {
        let info = MemoryInfo::parse("MemTotal:       24676096 kB\nMemFree: 1 kB\nMemAvailable:   20000000 kB\n");
        assert_eq!(info.total, Some(24_676_096 * 1024));
        assert_eq!(info.used(), Some((24_676_096 - 20_000_000) * 1024));
        assert_eq!(MemoryInfo::parse("MemTotal: lots kB\nMemAvailable: 5\n"), MemoryInfo::default());
    }

    #[test]
    fn groups_of_both_versions_are_found() {
        let text = "9:name=systemd:/\n4:cpu,memory:/docker/4a91\n1:cpu:/\n0::/user.slice\n";
        let expected = vec![(Version::One, "/docker/4a91".to_owned()), (Version::Two, "/user.slice".to_owned())];
        assert_eq!(memory_groups(text), expected);
    }

    #[test]
    fn the_smaller_known_number_counts() {
        assert_eq!(smaller(Some(3), Some(2)), Some(2));
        assert_eq!(smaller(None, Some(2)), Some(2));
        assert_eq!(smaller(None, None), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail(text in any::<String>(), lines in "(MemTotal:[ 0-9]*kB\n|[0-9]:[a-z,]*:/.*\n){0,9}") {
            for text in [text, lines] {
                MemoryInfo::parse(&text);
                memory_groups(&text);
            }
        }
    }
}
