//! A study that is open, with everything that follows from it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use assay_core::Measurement;
use assay_hardware_profiles::{Catalog, CatalogError};
use assay_reports::content::MigrationPlan;
use assay_store::{Store, StoreError};
use assay_study::{PathError, Study, StudyError, StudyFolder};
use jiff::civil::Date;

use crate::answer::Answer;
use crate::assess::{Assessment, Measured, assess, assess_under, translate};
use crate::capacity::{Basis, CapacityPlan, Selection};
use crate::commands::Command;
use crate::estimates::EstimateRecord;
use crate::history::{History, Recorded};
use crate::journal::{Journal, JournalError, Recovered};
use crate::references;

/// What can go wrong around a study.
#[derive(Debug, thiserror::Error)]
pub enum WorkbenchError {
    /// The study cannot be read or written.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A path or value does not fit the study.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The hardware profiles cannot be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The measurements cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The cost models refuse the numbers; the fields are named as in the study.
    #[error("the study cannot be evaluated: {0}")]
    Cost(assay_cost_models::CostError),
    /// The document cannot be made.
    #[error(transparent)]
    Report(#[from] assay_reports::ReportError),
    /// A file cannot be written.
    #[error("{}: {source}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Anything else that is said in one sentence.
    #[error("{0}")]
    Other(String),
}

impl From<assay_cost_models::CostError> for WorkbenchError {
    fn from(error: assay_cost_models::CostError) -> Self {
        Self::Cost(translate::in_words_of_the_study(error))
    }
}

/// A study that is open, with everything that follows from it.
#[derive(Debug)]
pub struct Workbench {
    folder: StudyFolder,
    study: Study,
    scenario: Option<String>,
    catalog: Arc<Catalog>,
    measured: Arc<Measured>,
    warnings: Vec<String>,
    today: Date,
    history: History,
    journal: Option<Journal>,
    assessment: Arc<Assessment>,
    revision: u64,
}

impl Workbench {
    /// Opens the study of a folder. Profiles in `profiles/` of the folder overlay the built-in catalogue.
    ///
    /// # Errors
    /// When study, profiles or measurements cannot be read.
    pub fn open(path: &Path) -> Result<Self, WorkbenchError> {
        let (folder, study) = StudyFolder::open(path)?;
        let catalog = Self::catalog_of(&folder)?;
        let store = Store::open(folder.path()).with_reference();
        let loaded = store.load()?;
        let warnings = loaded.warnings.iter().map(ToString::to_string).collect();
        let opened = Self::assembled(folder, study, catalog, store, loaded.measurements, warnings)?;
        let problem = references::problem(&opened.study, &opened.catalog, &opened.measured);
        match problem.or_else(|| references::broken_scenario(&opened.study)) {
            Some(problem) => Err(opened.folder.invalid(problem).into()),
            None => Ok(opened),
        }
    }

    /// Opens the study of a folder with measurements from elsewhere, and no published results but the folder's.
    ///
    /// # Errors
    /// As [`Workbench::open`].
    pub fn open_with(path: &Path, measurements: Vec<Measurement>) -> Result<Self, WorkbenchError> {
        let (folder, study) = StudyFolder::open(path)?;
        let catalog = Self::catalog_of(&folder)?;
        let store = Store::open(folder.path());
        Self::assembled(folder, study, catalog, store, measurements, Vec::new())
    }

    fn catalog_of(folder: &StudyFolder) -> Result<Catalog, CatalogError> {
        let overlay = folder.path().join("profiles");
        Catalog::load(overlay.is_dir().then_some(overlay.as_path()))
    }

    fn assembled(
        folder: StudyFolder,
        study: Study,
        catalog: Catalog,
        store: Store,
        measurements: Vec<Measurement>,
        warnings: Vec<String>,
    ) -> Result<Self, WorkbenchError> {
        let today = jiff::Zoned::now().date();
        let estimates = crate::estimates::kept(folder.path()).map_err(WorkbenchError::Other)?;
        let measured = Measured::of(measurements).with_published(store, &catalog).with_estimates(estimates);
        let assessment = assess(&study, &catalog, &measured, today)?;
        Ok(Self {
            folder,
            study,
            scenario: None,
            catalog: Arc::new(catalog),
            measured: Arc::new(measured),
            warnings,
            today,
            history: History::default(),
            journal: None,
            assessment: Arc::new(assessment),
            revision: 0,
        })
    }

    /// The study as it is on disk (without the scenario).
    pub fn study(&self) -> &Study {
        &self.study
    }

    /// The folder of the study.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The catalogue with the study's own profiles.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The same, to be used by another thread.
    pub(crate) fn shared_catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog)
    }

    /// The measurements with what follows from them, to be used by another thread; measurements that arrive wait for it.
    pub(crate) fn shared_measured(&self) -> Arc<Measured> {
        Arc::clone(&self.measured)
    }

    /// Every measurement of the study, oldest first.
    pub fn measurements(&self) -> &[Measurement] {
        self.measured.measurements()
    }

    /// What vendors' compilers say of accelerators that are not here.
    pub fn estimates(&self) -> &[EstimateRecord] {
        self.measured.estimates()
    }

    /// What was odd when the measurements were read.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The scenario looked at; `None` for the plan itself.
    pub fn scenario(&self) -> Option<&str> {
        self.scenario.as_deref()
    }

    /// What follows from study, catalogue and measurements under the scenario.
    pub fn assessment(&self) -> &Assessment {
        &self.assessment
    }

    /// The same, to be used by another thread.
    pub fn shared_assessment(&self) -> Arc<Assessment> {
        Arc::clone(&self.assessment)
    }

    /// Counts what has changed the assessment, so that whatever is made from it knows when to be made again.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The answer to the study's question.
    pub fn answer(&self) -> &Answer {
        &self.assessment.answer
    }

    /// The plan of the move that the study asks for or that is recommended, or why there is none.
    pub fn migration(&self) -> &Result<MigrationPlan, String> {
        let plan = || crate::migration::plan(&self.assessment, &self.measured, &self.catalog);
        self.assessment.migration.get_or_init(plan)
    }

    /// The plan of the fleet for every option and forecast, or why there is none.
    pub fn capacity(&self) -> &Result<CapacityPlan, String> {
        let plan = || crate::capacity::plan(&Basis::of(self), &Selection::default()).map_err(|error| error.to_string());
        self.assessment.capacity.get_or_init(plan)
    }

    /// The day on which prices are looked up when the study does not say.
    pub fn today(&self) -> Date {
        self.today
    }

    /// Carries out a command; the study on disk follows.
    ///
    /// # Errors
    /// When the value does not fit or cannot be saved; the study is then unchanged.
    pub fn apply(&mut self, command: Command) -> Result<(), WorkbenchError> {
        match command {
            Command::Set { path, value, gesture } => self.set(vec![(path, value)], gesture)?,
            Command::SetAll { values, gesture } => self.set(values, gesture)?,
            Command::SelectScenario(scenario) => {
                self.assessment = self.assess(&self.study, scenario.as_deref())?;
                self.revision += 1;
                self.scenario = scenario;
            }
        }
        Ok(())
    }

    fn set(&mut self, values: Vec<(String, serde_json::Value)>, gesture: Option<u64>) -> Result<(), WorkbenchError> {
        let paths: Vec<String> = values.iter().map(|(path, _)| path.clone()).collect();
        let values = paths.iter().map(String::as_str).zip(values.into_iter().map(|(_, value)| value));
        let edited = assay_study::set_paths(&self.study, values)?;
        if edited == self.study {
            return Ok(());
        }
        self.refuse_unknown_names(&edited)?;
        let assessment = self.assess(&edited, self.scenario.as_deref())?;
        let changed = paths.iter().map(String::as_str);
        match gesture {
            // Within a gesture the next value is about to follow.
            Some(_) => self.folder.save_soon(&edited, changed)?,
            None => self.folder.save(&edited, changed)?,
        }
        let recorded = self.history.record(&self.study, &paths, gesture);
        self.note(|journal, history, study| match &recorded {
            _ if journal.is_long() => journal.shorten(history.past()),
            Recorded::New => journal.changed(study, &paths),
            Recorded::WentOn(more) if more.is_empty() => Ok(()),
            Recorded::WentOn(more) => journal.also(more),
        });
        self.study = edited;
        self.assessment = assessment;
        self.revision += 1;
        Ok(())
    }

    /// Sets several values for this evaluation only, on top of the scenario and without saving; for `--set`.
    ///
    /// # Errors
    /// When a path or value does not fit.
    pub fn override_values(&mut self, values: &[(String, serde_json::Value)]) -> Result<(), WorkbenchError> {
        let edited =
            assay_study::set_paths(&self.assessment.study, values.iter().map(|(p, v)| (p.as_str(), v.clone())))?;
        self.refuse_unknown_names(&edited)?;
        self.assessment = self.assess(&edited, None)?;
        self.revision += 1;
        Ok(())
    }

    fn refuse_unknown_names(&self, study: &Study) -> Result<(), WorkbenchError> {
        match references::problem(study, &self.catalog, &self.measured) {
            Some(problem) => Err(WorkbenchError::Other(format!("{}: {}", problem.path, problem.message))),
            None => Ok(()),
        }
    }

    /// Takes back the last gesture. `false` when there is none.
    ///
    /// # Errors
    /// When the study cannot be saved.
    pub fn undo(&mut self) -> Result<bool, WorkbenchError> {
        let step = self.history.undo(&self.study);
        let done = self.restore(step)?;
        if done {
            self.note(|journal, _, _| journal.undone());
        }
        Ok(done)
    }

    /// Makes the last gesture taken back again. `false` when there is none.
    ///
    /// # Errors
    /// When the study cannot be saved.
    pub fn redo(&mut self) -> Result<bool, WorkbenchError> {
        let step = self.history.redo(&self.study);
        let done = self.restore(step)?;
        if done {
            self.note(|journal, history, _| match history.past().last() {
                Some((before, paths)) => journal.changed(before, paths),
                None => Ok(()),
            });
        }
        Ok(done)
    }

    /// Begins a session in which a crash takes nothing away: see [`crate::journal`]. What an earlier session has left
    /// becomes the undo history.
    ///
    /// # Errors
    /// When another window has the study open, or its folder cannot be written to. The study can be edited all the same.
    pub fn begin_session(&mut self) -> Result<Option<Recovered>, JournalError> {
        let (journal, recovered) = Journal::begin(self.folder.path())?;
        self.journal = Some(journal);
        let Some(mut recovered) = recovered else { return Ok(None) };
        // Noted, but not saved any more.
        recovered.changes.retain(|(before, _)| *before != self.study);
        self.history = History::of(recovered.changes.clone());
        Ok(Some(recovered))
    }

    /// Takes over the catalogue and the measurements of the same study that was just read again; the study with its
    /// history stays.
    ///
    /// # Errors
    /// When the study cannot be evaluated with them.
    pub fn adopt(&mut self, read: Self) -> Result<(), WorkbenchError> {
        self.catalog = read.catalog;
        self.measured = read.measured;
        self.warnings = read.warnings;
        self.assessment = self.assess(&self.study, self.scenario.as_deref())?;
        self.revision += 1;
        Ok(())
    }

    /// Tells the journal. Where that fails the session goes on without one: the study itself is saved.
    fn note(&mut self, tell: impl FnOnce(&mut Journal, &History, &Study) -> std::io::Result<()>) {
        let Some(journal) = &mut self.journal else { return };
        if let Err(error) = tell(journal, &self.history, &self.study) {
            self.warnings.push(format!("the journal cannot be written: {error}; a crash would lose the undo history"));
            self.journal = None;
        }
    }

    /// Whether there is something to take back.
    pub fn can_undo(&self) -> bool {
        self.history.can_undo()
    }

    /// Whether there is something to make again.
    pub fn can_redo(&self) -> bool {
        self.history.can_redo()
    }

    /// Takes up measurements that a run has just stored; those that are known are left out.
    ///
    /// # Errors
    /// When the evaluation fails.
    pub fn add_measurements(
        &mut self,
        measurements: impl IntoIterator<Item = Measurement>,
    ) -> Result<(), WorkbenchError> {
        let before = self.measurements().len();
        for measurement in measurements {
            // The newest are last, and a run tells of what is new.
            if self.measured.of_workload(&measurement.workload.id).rev().all(|known| known.id != measurement.id) {
                push(&mut self.measured, measurement);
            }
        }
        if self.measurements().len() > before {
            self.assessment = self.assess(&self.study, self.scenario.as_deref())?;
            self.revision += 1;
        }
        Ok(())
    }

    /// Where documents are written.
    pub fn reports_folder(&self) -> PathBuf {
        self.folder.reports()
    }

    fn restore(&mut self, step: Option<(Study, Vec<String>)>) -> Result<bool, WorkbenchError> {
        let Some((study, paths)) = step else { return Ok(false) };
        let assessment = self.assess(&study, self.scenario.as_deref())?;
        self.folder.save(&study, paths.iter().map(String::as_str))?;
        self.study = study;
        self.assessment = assessment;
        self.revision += 1;
        Ok(true)
    }

    fn assess(&self, study: &Study, scenario: Option<&str>) -> Result<Arc<Assessment>, WorkbenchError> {
        assess_under(scenario, study, &self.catalog, &self.measured, self.today).map(Arc::new)
    }
}

/// Adds a measurement where the others are. A scenario that another thread is evaluating with them is waited for; it
/// takes milliseconds.
fn push(measured: &mut Arc<Measured>, measurement: Measurement) {
    loop {
        if let Some(measured) = Arc::get_mut(measured) {
            return measured.push(measurement);
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}
