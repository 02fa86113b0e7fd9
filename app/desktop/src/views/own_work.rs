//! Work of one's own to measure: an ONNX model, or kernels.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_base::format;
use assay_service::core::Workload;
use assay_service::core::kernel::Kernel;
use assay_service::core::model::{ModelChoice, ModelReport};
use egui::{Button, DragValue, Label, TextEdit, Ui};

use crate::requests::{Request, Scene};
use crate::theme::{self, Tokens};
use crate::widgets::field;

/// The model and the kernels chosen.
#[derive(Debug, Default)]
pub struct OwnWork {
    file: String,
    axes: BTreeMap<String, usize>,
    model: Option<Result<ModelReport, String>>,
    /// What a worker looks into now, or is to.
    inspecting: Option<bool>,
    folder: String,
    kernels: Vec<Kernel>,
    kernel_error: Option<String>,
}

impl OwnWork {
    /// Takes a model; a worker looks into it.
    pub fn choose_model(&mut self, file: &Path) {
        *self = Self {
            file: file.display().to_string(),
            inspecting: Some(false),
            kernels: std::mem::take(&mut self.kernels),
            ..Self::default()
        };
    }

    /// Takes what a worker found.
    pub fn set_model(&mut self, report: Result<ModelReport, String>) {
        self.inspecting = None;
        if let Ok(report) = &report {
            self.axes = report.axes.clone();
            self.axes.extend(report.open_axes.iter().map(|name| (name.clone(), 1)));
        }
        self.model = Some(report);
    }

    /// Takes a kernel that was read; a newer one of the same id replaces it.
    pub fn add_kernel(&mut self, kernel: Result<Kernel, String>) {
        self.kernel_error = None;
        match kernel {
            Ok(kernel) => {
                self.kernels.retain(|known| known.manifest.id != kernel.manifest.id);
                self.kernels.push(kernel);
            }
            Err(error) => self.kernel_error = Some(error),
        }
    }

    /// The model as a workload, once it is known and complete.
    pub fn workload(&self) -> Option<Workload> {
        self.model.as_ref()?.as_ref().ok()?.workload(None).ok()
    }

    /// The kernels; `None` when there are none.
    pub fn kernels(&self) -> Option<Vec<Kernel>> {
        (!self.kernels.is_empty()).then(|| self.kernels.clone())
    }

    /// Draws the choice of a model.
    pub fn model_ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let label = ui.label(theme::caption("Model (.onnx); or drop it on the window")).id;
        let edit = ui.add(TextEdit::singleline(&mut self.file).desired_width(f32::INFINITY)).labelled_by(label);
        if edit.changed() {
            self.model = None;
        }
        let busy = self.inspecting == Some(true);
        let ready = !busy && !self.file.trim().is_empty();
        let clicked = ui.add_enabled(ready, Button::new("Look into the model")).clicked();
        if clicked || self.inspecting == Some(false) {
            let file = PathBuf::from(self.file.trim());
            let choice = ModelChoice { file, axes: self.axes.clone(), inputs: None };
            scene.requests.push(Request::InspectModel(Box::new(choice)));
            self.inspecting = Some(true);
        }
        if busy {
            ui.horizontal(|ui| {
                ui.add(egui::Spinner::new().size(14.0));
                ui.label(theme::caption("A worker reads the model"));
            });
        }
        match &self.model {
            Some(Ok(report)) => {
                field(ui, "Nodes", &format::thousands(report.nodes.len() as f64, 0));
                field(ui, "Parameters", &format::compact(report.parameters as f64));
                field(ui, "Format of the weights", report.format.label());
                field(ui, "Operations of one execution", &format::compact(report.flops));
                if !report.uncounted.is_empty() {
                    field(ui, "Not counted", &report.uncounted.join(", "));
                }
                if let Err(reason) = report.workload(None) {
                    ui.add(Label::new(theme::caption(reason).color(Tokens::of(ui).warning)).wrap());
                }
            }
            Some(Err(error)) => {
                ui.colored_label(Tokens::of(ui).error, error);
            }
            None => {}
        }
        for (name, size) in &mut self.axes {
            ui.horizontal(|ui| {
                let label = ui.label(theme::caption(format!("Size of the axis {name}"))).id;
                let drag = ui.add(DragValue::new(size).range(1..=1_000_000)).labelled_by(label);
                if drag.lost_focus() || drag.drag_stopped() {
                    self.inspecting = self.inspecting.or(Some(false));
                }
            });
        }
        ui.add_space(4.0);
    }

    /// Draws the choice of kernels.
    pub fn kernels_ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let label = ui.label(theme::caption("Folder with kernel.yaml")).id;
        ui.add(TextEdit::singleline(&mut self.folder).desired_width(f32::INFINITY)).labelled_by(label);
        if ui.add_enabled(!self.folder.trim().is_empty(), Button::new("Add the kernel")).clicked() {
            scene.requests.push(Request::ReadKernel(PathBuf::from(self.folder.trim())));
        }
        if let Some(error) = &self.kernel_error {
            ui.colored_label(Tokens::of(ui).error, error);
        }
        let mut removed = None;
        for (i, kernel) in self.kernels.iter().enumerate() {
            ui.horizontal(|ui| {
                ui.label(theme::strong(kernel.manifest.name.as_str()));
                ui.label(theme::caption(kernel.manifest.computes.join(", ")));
                let name = format!("Remove kernel {}", kernel.manifest.id);
                if ui.add(Button::new(theme::caption("remove")).frame(false)).accessible_name(name).clicked() {
                    removed = Some(i);
                }
            });
        }
        if let Some(i) = removed {
            self.kernels.remove(i);
        }
        if self.kernels.is_empty() {
            let text = "Kernels run on NVIDIA GPUs, on the workloads of the suite `kernels` that they compute. Without \
                        one named here, measure the suite `kernels`: it has bundled ones.";
            ui.add(Label::new(theme::caption(text)).wrap());
        }
        ui.add_space(4.0);
    }
}
