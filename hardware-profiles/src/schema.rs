//! The JSON Schema of a profile file, for editors.

use crate::profile::Profile;

/// The JSON Schema (draft 2020-12) of one profile file.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Profile).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "../assets/schemas/profile.schema.json";

    /// `UPDATE_SCHEMAS=1 cargo test -p assay-hardware-profiles` writes the file anew.
    #[test]
    fn the_schema_file_is_that_of_the_types() {
        let mut fresh = serde_json::to_string_pretty(&json_schema()).unwrap();
        fresh.push('\n');
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            assay_base::files::write_atomic(std::path::Path::new(PATH), fresh.as_bytes()).unwrap();
        }
        let kept = std::fs::read_to_string(PATH).unwrap_or_default();
        assert!(kept == fresh, "{PATH} is stale: run UPDATE_SCHEMAS=1 cargo test -p assay-hardware-profiles");
    }
}
