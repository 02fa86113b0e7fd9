//! The published results that come with the program.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use polars::prelude::DataFrame;

use super::Provenance;
use super::columns::Columns;
use super::segment::{self, Entry};
use crate::importers::PublishedResult;
use crate::store::Store;

/// A segment as [`Store::import_published`] wrote it; `assets/published/README.md` says from what.
const SEGMENT: &[u8] = include_bytes!("../../../../assets/published/mlperf-inference-v5.1-datacenter.jsonl");
const NAME: &str = "mlperf-inference-v5.1-datacenter.jsonl";

/// Published results that come with the program: MLPerf Inference v5.1, closed division, data centre.
#[derive(Debug)]
pub struct Reference {
    /// Where they come from.
    pub provenance: Arc<Provenance>,
    pub(super) frame: DataFrame,
    results: Vec<PublishedResult>,
}

impl Reference {
    /// The name of its segment, as in a study that imported the same file.
    pub fn id(&self) -> &str {
        segment::id_of(&self.provenance.sha256)
    }

    /// The segment's text.
    pub fn bytes(&self) -> &'static [u8] {
        SEGMENT
    }

    /// The result of a row, with where it comes from.
    pub(super) fn result(&self, row: u64) -> Option<(Provenance, PublishedResult)> {
        let found = self.results.iter().find(|result| result.row == row)?;
        Some((Provenance::clone(&self.provenance), found.clone()))
    }

    fn read() -> Option<Self> {
        let (mut provenance, mut columns, mut results) = (None, Columns::default(), Vec::new());
        segment::each_of(Path::new(NAME), SEGMENT, |offset, entry| {
            match entry {
                Entry::Import(found) => provenance = Some(Arc::new(found)),
                Entry::Result(result) => {
                    columns.push(&result, offset);
                    results.push(result);
                }
                Entry::Quarantined(_) => {}
            }
            true
        })
        .ok()?;
        Some(Self { provenance: provenance?, frame: columns.frame().ok()?, results })
    }
}

/// The published results that come with the program. (They can be read; a test holds it.)
pub fn reference() -> Option<&'static Reference> {
    static REFERENCE: LazyLock<Option<Reference>> = LazyLock::new(Reference::read);
    REFERENCE.as_ref()
}

impl Store {
    /// The published results that come with the program, where they are wanted and the study has not imported the same
    /// file.
    pub fn missing_reference(&self) -> Option<&'static Reference> {
        let reference = reference().filter(|_| self.has_reference())?;
        let imported = self.published_folder().join(format!("{}.{}", reference.id(), crate::segment::EXTENSION));
        (!imported.exists()).then_some(reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_whole() {
        let mut rows = 0;
        let warnings = segment::each_of(Path::new(NAME), SEGMENT, |_, entry| {
            rows += usize::from(matches!(entry, Entry::Result(_)));
            true
        });
        assert_eq!((warnings.unwrap(), rows), (Vec::new(), 427));
        let reference = reference().unwrap();
        assert_eq!(reference.frame.height(), 427);
        let (_, result) = reference.result(1).unwrap();
        assert_eq!(result.submitter.as_deref(), Some("AMD"));
    }
}
