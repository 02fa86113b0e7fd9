//! Taking in a file that others published.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::columns::Columns;
use super::segment::{self, Entry};
use super::{Provenance, Stated, known_terms};
use crate::error::StoreError;
use crate::importers::{Input, Kind, PublishedResult, Quarantined, TEMPLATE, read_each, recognise};
use crate::record::hex;
use crate::store::Store;

/// A file to take in.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// The kinds it may be; any when there is none.
    pub kinds: Vec<Kind>,
    /// What the user says that the file does not.
    pub stated: Stated,
    /// Who published it; by default the one who publishes files of its kind.
    pub publisher: Option<String>,
    /// Under which terms; by default those of that publisher.
    pub licence: Option<String>,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedImport {
    /// Where the rows come from. Of a file that was here already, the first import's.
    pub provenance: Provenance,
    /// Results that were added.
    pub added: u64,
    /// Results that were here already.
    pub duplicates: u64,
    /// Rows set aside, now or when the file was first imported.
    pub quarantined: Vec<Quarantined>,
}

impl Store {
    /// Takes in a file that others published: its rows become results of the study, or are set aside with the reason.
    /// `each` sees every result, whether it is new or was here. The same file is taken in once.
    ///
    /// Where the file cannot be read to its end, the rows before that are kept and the place is set aside as a last row.
    ///
    /// # Errors
    /// When the file cannot be read, is of no known kind or of none of those asked for, gives nothing at all, was taken
    /// in before with other statements, or the study cannot be written to. The study is then unchanged.
    pub fn import_published(
        &self,
        file: &Path,
        request: &ImportRequest,
        each: &mut dyn FnMut(&PublishedResult),
    ) -> Result<PublishedImport, StoreError> {
        let bytes = std::fs::read(file).map_err(StoreError::io(file, "read the file"))?;
        let refuse = |line, reason| StoreError::NotImported { file: file.to_owned(), line, reason };
        let kind = kind_of(&bytes, &request.kinds).map_err(|reason| refuse(None, reason))?;
        let sha256 = hex(&Sha256::digest(&bytes).into());
        let provenance = provenance(file, kind, sha256, request);
        let folder = self.published_folder();
        let id = segment::id_of(&provenance.sha256);
        if folder.join(format!("{id}.{}", crate::segment::EXTENSION)).exists() {
            return self.known_import(file, &provenance, each);
        }

        let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let mut writer = segment::Writer::create(&folder, id)?;
        writer.import(&provenance)?;
        let mut columns = Columns::default();
        let (mut added, mut quarantined, mut rows, mut failure) = (0, Vec::new(), 0, None);
        let read = read_each(kind, Input { bytes: &bytes, name: &name }, &mut |row| {
            rows += 1;
            let written = match row {
                Ok(mut result) => {
                    request.stated.fill(&mut result);
                    each(&result);
                    added += 1;
                    writer.result(&result).map(|offset| columns.push(&result, offset))
                }
                Err(row) => {
                    let written = writer.quarantined(&row);
                    quarantined.push(row);
                    written
                }
            };
            failure = failure.take().or(written.err());
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        if let Err(gave_up) = read {
            if rows == 0 {
                return Err(refuse(Some(gave_up.line), format!("not a {kind} file: {}", gave_up.reason)));
            }
            let reason = format!("reading was given up here: {}", gave_up.reason);
            let row = Quarantined { row: rows + 1, line: gave_up.line, reason };
            writer.quarantined(&row)?;
            quarantined.push(row);
        } else if rows == 0 {
            return Err(refuse(None, format!("the {kind} file has no rows")));
        }
        let path = writer.finish()?;
        columns.write(&path)?;
        Ok(PublishedImport { provenance, added, duplicates: 0, quarantined })
    }

    /// A file that was imported before.
    fn known_import(
        &self,
        file: &Path,
        provenance: &Provenance,
        each: &mut dyn FnMut(&PublishedResult),
    ) -> Result<PublishedImport, StoreError> {
        let id = segment::id_of(&provenance.sha256);
        let path = self.published_folder().join(format!("{id}.{}", crate::segment::EXTENSION));
        let refuse = |reason| StoreError::NotImported { file: file.to_owned(), line: None, reason };
        let known = segment::provenance(&path).map_err(|warning| refuse(warning.to_string()))?;
        let same = known.kind == provenance.kind
            && known.stated == provenance.stated
            && known.publisher == provenance.publisher
            && known.licence == provenance.licence;
        if !same {
            return Err(refuse(format!(
                "it was imported before as {} with other statements; what is stored is not changed. Remove {} to import \
                 it anew",
                known.kind,
                path.display()
            )));
        }
        let (mut duplicates, mut quarantined) = (0, Vec::new());
        segment::each(&path, |_, entry| {
            match entry {
                Entry::Result(result) => {
                    each(&result);
                    duplicates += 1;
                }
                Entry::Quarantined(row) => quarantined.push(row),
                Entry::Import(_) => {}
            }
            true
        })?;
        Ok(PublishedImport { provenance: known, added: 0, duplicates, quarantined })
    }
}

fn kind_of(bytes: &[u8], allowed: &[Kind]) -> Result<Kind, String> {
    match (recognise(bytes), allowed) {
        (Some(kind), []) => Ok(kind),
        (Some(kind), _) if allowed.contains(&kind) => Ok(kind),
        // What its beginning does not show, the user may know.
        (_, [only]) => Ok(*only),
        (None, _) => {
            let kinds = Kind::ALL.map(Kind::label).join(", ");
            Err(format!(
                "its content is of no known kind; name its kind if you know it: {kinds}. A table of your own begins \
                 with a line of column names: {TEMPLATE}"
            ))
        }
        (Some(kind), _) => Err(format!("its content is of the kind {kind}, not of those asked for")),
    }
}

fn provenance(file: &Path, kind: Kind, sha256: String, request: &ImportRequest) -> Provenance {
    let known = known_terms(kind);
    // Terms belong to a publisher: those of another are not known.
    let own_licence = known.filter(|_| request.publisher.is_none()).map(|(_, licence)| licence.to_owned());
    Provenance {
        file: file.display().to_string(),
        sha256,
        kind,
        publisher: request.publisher.clone().or_else(|| known.map(|(publisher, _)| publisher.to_owned())),
        licence: request.licence.clone().or(own_licence),
        stated: request.stated.clone(),
        imported_at: jiff::Timestamp::now(),
    }
}
