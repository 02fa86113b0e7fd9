//! The pages of the document as it would be written now.

use std::sync::Arc;

use assay_service::{Preview, PreviewSection, ReportKind};
use egui::{Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::background::Derived;
use crate::pages::Pages;
use crate::requests::Scene;
use crate::theme::{self, Tokens};
use crate::widgets::{Icon, bullet, empty_state};

/// The widest page, in points.
const WIDEST: f32 = 760.0;
/// Space between pages.
const BETWEEN: f32 = 14.0;

/// What a preview follows from.
type Key = (ReportKind, u64);

/// The pages of the document as it would be written now.
#[derive(Debug, Default)]
pub struct PreviewPane {
    made: Derived<Key, Result<Preview, String>>,
    pages: Option<(Vec<u8>, Pages)>,
    /// The page to be scrolled to.
    go_to: Option<usize>,
    shown: usize,
}

impl PreviewPane {
    /// The sections of the document shown; none before it was made.
    pub fn sections(&self) -> &[PreviewSection] {
        self.made.get().and_then(|made| made.as_ref().ok()).map_or(&[], |made| &made.sections)
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut Ui, scene: &Scene<'_>, kind: ReportKind) {
        let workbench = scene.workbench;
        self.made.update(ui.ctx(), (kind, workbench.revision()), false, || {
            let backend = Arc::clone(scene.backend);
            let folder = workbench.folder().to_owned();
            let scenario = workbench.scenario().map(str::to_owned);
            move || backend.preview(&folder, scenario.as_deref(), kind)
        });
        match self.made.get() {
            None => {
                ui.centered_and_justified(|ui| ui.add(egui::Spinner::new().size(28.0)));
                return;
            }
            Some(Err(reason)) => {
                empty_state(ui, Icon::Warning, "The document cannot be made", reason, None);
                return;
            }
            Some(Ok(made)) => {
                if self.pages.as_ref().is_none_or(|(pdf, _)| *pdf != made.pdf) {
                    // The pages drawn before stay until the new ones are there.
                    self.pages = Pages::open(ui.ctx(), made.pdf.clone()).ok().map(|pages| (made.pdf.clone(), pages));
                }
            }
        }
        let is_behind = self.made.is_behind();
        let Some((_, pages)) = &mut self.pages else { return };
        pages.poll(ui.ctx());
        if let Some(error) = pages.error() {
            bullet(ui, Icon::Warning, Tokens::of(ui).error, error);
        }
        let count = pages.sizes().len();
        self.go_to = bar(ui, self.shown, count, is_behind || pages.waiting() > 0).or(self.go_to);
        if let Some(made) = self.made.get().and_then(|made| made.as_ref().ok()) {
            for text in &made.diagnostics {
                bullet(ui, Icon::Info, Tokens::of(ui).text_subdued, text);
            }
        }
        scroll(ui, pages, &mut self.go_to, &mut self.shown);
    }
}

/// Which page of how many, and the way to others. Answers the page to go to.
fn bar(ui: &mut Ui, shown: usize, count: usize, is_busy: bool) -> Option<usize> {
    let mut go_to = None;
    ui.horizontal(|ui| {
        let last = count.saturating_sub(1);
        if ui.add_enabled(shown > 0, egui::Button::new("Previous page")).clicked() {
            go_to = Some(shown.saturating_sub(1));
        }
        if ui.add_enabled(shown < last, egui::Button::new("Next page")).clicked() {
            go_to = Some((shown + 1).min(last));
        }
        if count > 0 {
            ui.label(theme::caption(format!("Page {} of {count}", shown + 1)));
        }
        if is_busy {
            ui.add(egui::Spinner::new().size(14.0));
            ui.label(theme::caption("Drawing pages"));
        }
    });
    go_to
}

fn scroll(ui: &mut Ui, pages: &mut Pages, go_to: &mut Option<usize>, shown: &mut usize) {
    let tokens = Tokens::of(ui);
    ScrollArea::vertical().id_salt("pages").auto_shrink([false, false]).show(ui, |ui| {
        let width = (ui.available_width() - 12.0).clamp(120.0, WIDEST);
        let left = ui.max_rect().left() + (ui.available_width() - width).max(0.0) / 2.0;
        let view = ui.clip_rect();
        ui.spacing_mut().item_spacing.y = BETWEEN;
        let mut nearest = f32::INFINITY;
        for index in 0..pages.sizes().len() {
            let Some(size) = pages.sizes().get(index).copied() else { continue };
            let height = (width * size.y / size.x.max(1.0)).round();
            let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Page {}", index + 1)));
            if *go_to == Some(index) {
                ui.scroll_to_rect(row, Some(egui::Align::Min));
                *go_to = None;
            }
            let distance = (row.top() - view.top()).abs();
            if distance < nearest {
                nearest = distance;
                *shown = index;
            }
            // One more page than is seen, so that scrolling meets none that is empty.
            if !row.intersects(view.expand(height / 2.0)) {
                continue;
            }
            let page = Rect::from_min_size(pos2(left, row.top()), vec2(width, height));
            let painter = ui.painter();
            painter.rect_filled(page, 0, theme::PAPER);
            if let Some(texture) = pages.picture(index, width * ui.pixels_per_point()) {
                let all = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
                painter.image(texture.id(), page, all, theme::UNTINTED);
            }
            painter.rect_stroke(page, 0, Stroke::new(1.0, tokens.border_strong), StrokeKind::Outside);
        }
    });
}
