//! Paths as people read them: from the study's folder or from the home folder.

use std::path::Path;

/// The text with paths of this machine shortened: those in the study's folder begin there, those in the home folder with
/// `~`.
pub fn shortened(text: &str, study: Option<&Path>) -> String {
    let in_study = study.map_or_else(|| text.to_owned(), |study| replaced(text, study, ""));
    match std::env::home_dir() {
        Some(home) => replaced(&in_study, &home, "~/"),
        None => in_study,
    }
}

/// Every path below a folder, with `by` for the folder.
fn replaced(text: &str, folder: &Path, by: &str) -> String {
    let folder = folder.display().to_string();
    // A relative folder, or the root, is no beginning to be left out.
    if !folder.starts_with('/') || folder.len() < 2 {
        return text.to_owned();
    }
    let folder = format!("{}/", folder.trim_end_matches('/'));
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(&folder) {
        let (before, found) = rest.split_at(at);
        // Where another path goes on, this is not the folder.
        let begins = !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '~'));
        out.push_str(before);
        out.push_str(if begins { by } else { &folder });
        rest = found.get(folder.len()..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_left_out_where_they_begin_a_path() {
        let cut = |text: &str| replaced(text, Path::new("/home/ada"), "~/");
        assert_eq!(cut("/home/ada/x/python, /opt/y"), "~/x/python, /opt/y");
        assert_eq!(cut("(/home/ada/x) /mnt/home/ada/x /home/adam/y"), "(~/x) /mnt/home/ada/x /home/adam/y");
        assert_eq!(replaced("/s/study/a.onnx", Path::new("/s/study"), ""), "a.onnx");
        assert_eq!(replaced("/a/b", Path::new("/"), "~/"), "/a/b");
    }
}
