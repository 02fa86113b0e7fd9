//! The JSON Schema of `study.yaml`, for editors.

/// The JSON Schema of `study.yaml`, generated from its types.
pub fn study_schema() -> serde_json::Value {
    schemars::schema_for!(crate::document::Study).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rewrite with `UPDATE_SCHEMAS=1 cargo test -p assay-study`.
    #[test]
    fn the_schema_in_assets_is_up_to_date() {
        let path = std::path::Path::new("../../assets/schemas/study.schema.json");
        let text = format!("{:#}\n", study_schema());
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            assay_base::files::write_atomic(path, text.as_bytes()).unwrap();
        }
        let current = std::fs::read_to_string(path).unwrap_or_default();
        assert!(current == text, "stale: run UPDATE_SCHEMAS=1 cargo test -p assay-study");
    }
}
