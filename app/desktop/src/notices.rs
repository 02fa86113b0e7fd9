//! Notices over the window: what went wrong or was done, with details, until they are dismissed.

use egui::{Align2, Area, Color32, Context, Frame, Id, Label, Margin, Order, RichText, Ui, vec2};

use crate::theme::{self, Tokens};
use crate::widgets::icon::{self, Icon, icon_button};

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something was done.
    Done,
    /// Something went wrong.
    Error,
}

/// A notice.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// How serious it is.
    pub level: Level,
    /// One line.
    pub title: String,
    /// The rest.
    pub detail: String,
    shown_at: Option<f64>,
}

/// What was done needs no answer: such a notice goes away by itself.
const DONE_SECS: f64 = 8.0;
const MOST: usize = 5;

/// The notices that are open, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    open: Vec<Notice>,
}

impl Notices {
    /// Says that something was done.
    pub fn done(&mut self, title: impl Into<String>, detail: impl Into<String>) {
        self.push(Level::Done, title.into(), detail.into());
    }

    /// Says that something went wrong.
    pub fn error(&mut self, title: impl Into<String>, detail: impl Into<String>) {
        self.push(Level::Error, title.into(), detail.into());
    }

    fn push(&mut self, level: Level, title: String, detail: String) {
        // A slider that cannot be saved says so once, not sixty times a second.
        if self.open.iter().any(|n| n.title == title && n.detail == detail) {
            return;
        }
        if self.open.len() == MOST {
            self.open.remove(0);
        }
        self.open.push(Notice { level, title, detail, shown_at: None });
    }

    /// The notices that are open.
    pub fn open(&self) -> &[Notice] {
        &self.open
    }

    /// Shows them at the lower right of the window.
    pub fn ui(&mut self, ctx: &Context) {
        let now = ctx.input(|i| i.time);
        for notice in &mut self.open {
            notice.shown_at.get_or_insert(now);
        }
        self.open.retain(|n| n.level == Level::Error || n.shown_at.is_none_or(|at| now - at < DONE_SECS));
        if self.open.is_empty() {
            return;
        }
        if self.open.iter().any(|n| n.level == Level::Done) {
            ctx.request_repaint_after_secs(1.0);
        }
        let mut dismissed = None;
        Area::new(Id::unique("notices"))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_BOTTOM, vec2(-14.0, -42.0))
            .show(ctx, |ui| {
                ui.set_width(380.0);
                for (i, notice) in self.open.iter().enumerate() {
                    if notice_ui(ui, notice, i) {
                        dismissed = Some(i);
                    }
                }
            });
        if let Some(i) = dismissed {
            self.open.remove(i);
        }
    }
}

/// `true` when it was dismissed.
fn notice_ui(ui: &mut Ui, notice: &Notice, index: usize) -> bool {
    let tokens = Tokens::of(ui);
    let (color, symbol): (Color32, Icon) = match notice.level {
        Level::Done => (tokens.success, Icon::Check),
        Level::Error => (tokens.error, Icon::Warning),
    };
    Frame::new()
        .fill(tokens.surface_raised)
        .stroke((1.0, color))
        .corner_radius(theme::RADIUS_CARD)
        .shadow(ui.visuals().popup_shadow)
        .inner_margin(Margin::same(10))
        .show(ui, |ui| {
            ui.horizontal_top(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(16.0, 20.0), egui::Sense::hover());
                icon::paint(ui.painter(), egui::Rect::from_center_size(rect.center(), vec2(15.0, 15.0)), symbol, color);
                ui.vertical(|ui| {
                    ui.set_width(306.0);
                    ui.add(Label::new(theme::strong(&notice.title)).wrap());
                    if !notice.detail.is_empty() {
                        ui.push_id(index, |ui| {
                            egui::ScrollArea::vertical().max_height(120.0).show(ui, |ui| {
                                ui.add(Label::new(RichText::new(&notice.detail).weak()).wrap());
                            });
                        });
                    }
                    // To be told to whoever can mend it.
                    if notice.level == Level::Error && ui.small_button("Copy details").clicked() {
                        ui.copy_text(format!("{}\n{}", notice.title, notice.detail));
                    }
                });
                icon_button(ui, Icon::Close, "Dismiss notice", true, false).clicked()
            })
            .inner
        })
        .inner
}
