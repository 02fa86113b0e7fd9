//! Writing files so that a reader sees the old content or the new, never a part.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

/// Replaces `path` by `bytes` atomically: a temporary file beside it is written, synced and renamed.
/// Missing parent folders are created.
///
/// # Errors
/// When a folder or file cannot be written; the previous file is then untouched.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let file = beside(path, bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// As [`write_atomic`], but without waiting for the disk: another thread has it synced in a moment. For values that
/// follow each other fast, such as those of a slider: a program that ends loses none, only a machine that ends in that
/// moment could.
///
/// # Errors
/// As [`write_atomic`].
pub fn write_soon(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let file = beside(path, bytes)?.persist(path).map_err(|error| error.error)?;
    static SYNCING: OnceLock<Option<Sender<File>>> = OnceLock::new();
    let syncing = SYNCING.get_or_init(|| {
        let (sender, files) = channel::<File>();
        let sync = move || {
            while let Ok(file) = files.recv() {
                // Those in between have been replaced already.
                let newest = files.try_iter().last().unwrap_or(file);
                // The next save tells of a disk that refuses.
                newest.sync_all().ok();
            }
        };
        std::thread::Builder::new().name("sync".to_owned()).spawn(sync).ok().map(|_| sender)
    });
    match syncing {
        Some(sender) => sender.send(file).or_else(|returned| returned.0.sync_all()),
        None => file.sync_all(),
    }
}

/// A temporary file beside `path` with these bytes.
fn beside(path: &Path, bytes: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".assay-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    set_default_permissions(file.as_file())?;
    Ok(file)
}

/// Temporary files are private (0600); a study is shared with colleagues, so give it the usual mode.
#[cfg(unix)]
fn set_default_permissions(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_default_permissions(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_and_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/file.txt");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        for step in 0..50u8 {
            write_soon(&path, &[step]).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), [step]);
        }
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_keeps_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::create_dir(&path).unwrap();
        assert!(write_atomic(&path, b"two").is_err());
        assert!(path.is_dir());
    }
}
