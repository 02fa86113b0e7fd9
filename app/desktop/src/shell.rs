//! The frame around the views: top bar, navigation, status bar, dialogs, notices, palette.

use assay_base::format;
use assay_service::{Action, Command, Workbench, commands::spec_of};
use egui::{
    Align, Align2, CentralPanel, ComboBox, Frame, Label, Layout, Margin, Panel, ProgressBar, Role, Sense,
    ThemePreference, Ui, WidgetInfo, vec2,
};

use crate::app::DesktopApp;
use crate::live::{LiveRun, Outcome, about};
use crate::picture::{self, Format};
use crate::requests::{Request, Scene};
use crate::theme::{self, Tokens};
use crate::units::stated_rate;
use crate::views::{self, View};
use crate::widgets::icon::{self, Icon, icon_button};
use crate::widgets::{chip, primary_button};
use crate::{dialogs, preferences};

/// Draws the window.
pub fn ui(app: &mut DesktopApp, ui: &mut Ui, requests: &mut Vec<Request>) {
    let tokens = Tokens::of(ui);
    let bar = |x, y| Frame::new().fill(tokens.surface_raised).inner_margin(Margin::symmetric(x, y));
    Panel::top("top bar").exact_size(46.0).frame(bar(14, 0)).show(ui, |ui| top_bar(app, ui, requests));
    Panel::bottom("status bar").exact_size(28.0).frame(bar(14, 0)).show(ui, |ui| status_bar(app, ui));
    if app.workbench.is_some() {
        Panel::left("navigation")
            .exact_size(168.0)
            .resizable(false)
            .frame(bar(8, 10))
            .show(ui, |ui| navigation(app, ui, requests));
    }
    let content = Frame::new().fill(tokens.surface).inner_margin(Margin::same(14));
    CentralPanel::default().frame(content).show(ui, |ui| match &app.workbench {
        Some(workbench) => {
            let scene = Scene {
                workbench,
                devices: &app.devices,
                telemetry: &app.telemetry,
                run: &app.run,
                unfinished: app.unfinished.as_ref(),
                exports: &app.exports,
                backend: &app.backend,
                requests,
            };
            app.views.ui(ui, app.view, scene);
        }
        None => {
            let unfinished = app.settings.unfinished();
            let welcome = views::welcome::ui(ui, app.is_opening(), unfinished, &app.settings.recent, requests);
            if let Some(folder) = welcome {
                app.open_study(dialogs::Purpose::Open, &folder, ui.ctx());
            }
        }
    });
    overlays(app, ui, requests);
}

fn overlays(app: &mut DesktopApp, ui: &mut Ui, requests: &mut Vec<Request>) {
    if let Some(mut dialog) = app.dialog.take() {
        let decision = dialog.ui(ui, &app.settings.recent, app.is_opening(), app.is_browsing());
        app.dialog = Some(dialog);
        app.decided(decision, ui.ctx());
    } else if let Some(decision) = app.recovered.as_ref().and_then(|recovered| dialogs::recovery(ui, recovered)) {
        app.recover(decision);
    }
    if app.settings_shown {
        let before = app.settings.units;
        app.settings_shown = preferences::ui(ui, &mut app.settings.units, app.workbench.as_ref());
        if app.settings.units != before {
            app.save_settings();
        }
    }
    drop_hint(ui);
    picture_menu(app, ui);
    app.notices.ui(ui.ctx());
    let mut palette = std::mem::take(&mut app.palette);
    requests.extend(palette.ui(ui.ctx(), |action| app.is_enabled(action)).map(Request::Do));
    app.palette = palette;
}

/// Offers to save a card that was asked for.
fn picture_menu(app: &mut DesktopApp, ui: &Ui) {
    let asked = picture::asked(ui);
    let is_new = std::mem::replace(&mut app.picture_offered, asked.is_some()) != asked.is_some();
    let Some(asked) = asked else { return };
    let mut chosen = None;
    let area = egui::Area::new(egui::Id::unique("picture menu")).order(egui::Order::Foreground).fixed_pos(asked.at);
    let shown = area.show(ui, |ui| {
        Frame::menu(ui.style()).show(ui, |ui| {
            for (format, name) in [(Format::Png, "Save as PNG"), (Format::Svg, "Save as SVG")] {
                let button = ui.add(egui::Button::new(name).frame(false).min_size(vec2(130.0, 24.0)));
                if is_new && format == Format::Png {
                    button.request_focus();
                }
                if button.clicked() {
                    chosen = Some(format);
                }
            }
        });
    });
    let away = !is_new && shown.response.clicked_elsewhere() && !ui.input(|i| i.pointer.secondary_clicked());
    let close = away || ui.input(|i| i.key_pressed(egui::Key::Escape));
    if let Some(format) = chosen {
        let title = if asked.title.is_empty() { spec_of(app.view.action()).label } else { asked.title.as_str() };
        // In the next frame, without this menu.
        app.requests.push(Request::SavePicture { format, title: title.to_owned(), rect: asked.rect });
        ui.request_repaint();
    }
    if close || chosen.is_some() {
        picture::forget(ui);
    }
}

/// What happens to files that are held over the window.
fn drop_hint(ui: &Ui) {
    if ui.input(|i| i.raw.hovered_files.is_empty()) {
        return;
    }
    let tokens = Tokens::of(ui);
    let screen = ui.ctx().content_rect();
    let painter = ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop hint")));
    painter.rect_filled(screen, 0, theme::veil(tokens));
    painter.rect_stroke(screen.shrink(10.0), theme::RADIUS_CARD, (2.0, tokens.accent), egui::StrokeKind::Inside);
    let text = "Drop a study, a hardware profile, an ONNX model, results or a dossier";
    painter.text(screen.center(), Align2::CENTER_CENTER, text, theme::semibold_font(17.0), tokens.text_strong);
}

/// What can be done with studies.
fn file_menu(app: &DesktopApp, ui: &mut Ui, requests: &mut Vec<Request>) {
    let menu = ui.menu_button("File", |ui| {
        ui.set_min_width(220.0);
        let groups: [&[Action]; 4] = [
            &[Action::NewStudy, Action::NewSample, Action::OpenStudy],
            &[Action::Save, Action::SaveAs],
            &[Action::ExportDossier],
            &[Action::Settings, Action::Quit],
        ];
        for (i, group) in groups.into_iter().enumerate() {
            if i > 0 {
                ui.separator();
            }
            for action in group {
                let spec = spec_of(*action);
                let button = egui::Button::new(spec.label).shortcut_text(spec.shortcut);
                if ui.add_enabled(app.is_enabled(*action), button).clicked() {
                    requests.push(Request::Do(*action));
                    ui.close();
                }
            }
        }
    });
    menu.response.on_hover_text("New, open, save, export");
}

fn top_bar(app: &mut DesktopApp, ui: &mut Ui, requests: &mut Vec<Request>) {
    ui.horizontal_centered(|ui| {
        let tokens = Tokens::of(ui);
        let (mark, _) = ui.allocate_exact_size(vec2(18.0, 18.0), Sense::hover());
        logo(ui, mark);
        ui.label(theme::page_title("Assay"));
        ui.add_space(2.0);
        file_menu(app, ui, requests);
        if let Some(workbench) = &app.workbench {
            ui.add_space(10.0);
            let title = workbench.study().title.as_str();
            // What stands at the right, and the mark of a sample.
            let taken = 540.0 + if workbench.study().sample { 72.0 } else { 0.0 };
            let width = (ui.available_width() - taken).max(90.0);
            ui.scope(|ui| {
                ui.set_max_width(width);
                ui.add(Label::new(theme::strong(title)).truncate())
                    .on_hover_text(workbench.folder().display().to_string());
            });
            if workbench.study().sample {
                chip(ui, "SAMPLE", tokens.warning)
                    .on_hover_text("A sample study: its demand and organisation are made up, its prices are quotes.");
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            theme_switch(ui);
            ui.add_space(4.0);
            let Some(workbench) = &app.workbench else { return };
            run_button(app, ui, requests);
            ui.add_space(4.0);
            for (action, icon) in [(Action::Redo, Icon::Redo), (Action::Undo, Icon::Undo)] {
                let spec = spec_of(action);
                let clicked = icon_button(ui, icon, spec.label, app.is_enabled(action), false)
                    .on_hover_text(spec.shortcut)
                    .clicked();
                if clicked {
                    requests.push(Request::Do(action));
                }
            }
            scenario_picker(workbench, ui, requests);
        });
    });
}

/// A balance: two pans on a beam.
fn logo(ui: &Ui, rect: egui::Rect) {
    let color = Tokens::of(ui).accent;
    let stroke = egui::Stroke::new(1.8, color);
    let at = |x: f32, y: f32| rect.min + vec2(x, y) * rect.width() / 18.0;
    let painter = ui.painter();
    painter.line_segment([at(9.0, 1.5), at(9.0, 16.0)], stroke);
    painter.line_segment([at(2.5, 4.5), at(15.5, 4.5)], stroke);
    painter.line_segment([at(5.5, 16.0), at(12.5, 16.0)], stroke);
    for x in [3.2, 14.8] {
        let pan: Vec<egui::Pos2> = (0..=10)
            .map(|i| std::f32::consts::PI * i as f32 / 10.0)
            .map(|a| at(x + 3.0 * a.cos(), 9.4 + 2.6 * a.sin()))
            .collect();
        painter.add(egui::Shape::line(pan, stroke));
        painter.line_segment([at(x - 3.0, 9.4), at(x + 3.0, 9.4)], stroke);
        painter.line_segment([at(x, 4.5), at(x, 9.4)], egui::Stroke::new(1.0, color));
    }
}

fn theme_switch(ui: &mut Ui) {
    let preference = ui.options(|o| o.theme_preference);
    for (choice, icon, name) in [
        (ThemePreference::System, Icon::Screen, "Theme of the system"),
        (ThemePreference::Dark, Icon::Moon, "Dark theme"),
        (ThemePreference::Light, Icon::Sun, "Light theme"),
    ] {
        if icon_button(ui, icon, name, true, preference == choice).clicked() {
            ui.ctx().set_theme(choice);
        }
    }
}

fn run_button(app: &DesktopApp, ui: &mut Ui, requests: &mut Vec<Request>) {
    if app.run.is_active() {
        let text = if app.run.cancelling { "Cancelling…" } else { spec_of(Action::CancelRun).label };
        if ui.add_enabled(!app.run.cancelling, egui::Button::new(text)).clicked() {
            requests.push(Request::Do(Action::CancelRun));
        }
    } else {
        let spec = spec_of(Action::StartRun);
        if primary_button(ui, true, spec.label).on_hover_text(spec.shortcut).clicked() {
            requests.push(Request::Do(Action::StartRun));
        }
    }
}

fn scenario_picker(workbench: &Workbench, ui: &mut Ui, requests: &mut Vec<Request>) {
    let scenarios = &workbench.study().scenarios;
    if scenarios.is_empty() {
        return;
    }
    let current = workbench.scenario();
    let name = |id: Option<&str>| {
        id.and_then(|id| scenarios.iter().find(|s| s.id == id))
            .map_or("The plan itself", |s| s.name.as_str())
            .to_owned()
    };
    let combo = ComboBox::from_id_salt("scenario").selected_text(name(current)).width(170.0).truncate();
    let response = combo.show_ui(ui, |ui| {
        for id in std::iter::once(None).chain(scenarios.iter().map(|s| Some(s.id.as_str()))) {
            if ui.selectable_label(current == id, name(id)).clicked() && current != id {
                requests.push(Request::Apply(Command::SelectScenario(id.map(str::to_owned))));
            }
        }
    });
    response.response.accessible_name("Scenario").on_hover_text("The scenario under which everything is evaluated");
}

fn navigation(app: &DesktopApp, ui: &mut Ui, requests: &mut Vec<Request>) {
    ui.spacing_mut().item_spacing.y = 2.0;
    for view in View::ALL {
        if navigation_button(ui, view, app.view == view).clicked() {
            requests.push(Request::show(view));
        }
    }
    ui.with_layout(Layout::bottom_up(Align::Min), |ui| {
        ui.label(theme::caption("Ctrl+K  all commands"));
        ui.add_space(2.0);
    });
}

fn navigation_button(ui: &mut Ui, view: View, selected: bool) -> egui::Response {
    let tokens = Tokens::of(ui);
    let spec = spec_of(view.action());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, spec.label));
    let (fill, color) = match (selected, response.hovered()) {
        (true, _) => (tokens.accent_subtle, tokens.text_strong),
        (false, true) => (tokens.hover, tokens.text),
        (false, false) => (theme::TRANSPARENT, tokens.text),
    };
    let painter = ui.painter();
    painter.rect_filled(rect, theme::RADIUS_CONTROL, fill);
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.0, tokens.accent);
        painter.rect_stroke(rect, theme::RADIUS_CONTROL, stroke, egui::StrokeKind::Inside);
    }
    let symbol = egui::Rect::from_center_size(rect.left_center() + vec2(18.0, 0.0), vec2(16.0, 16.0));
    icon::paint(painter, symbol, view.icon(), if selected { color } else { tokens.text_subdued });
    let font = if selected { theme::semibold_font(13.0) } else { theme::body_font() };
    painter.text(rect.left_center() + vec2(36.0, 0.0), Align2::LEFT_CENTER, spec.label, font, color);
    response.on_hover_text(spec.shortcut)
}

fn status_bar(app: &DesktopApp, ui: &mut Ui) {
    ui.horizontal_centered(|ui| {
        run_status(&app.run, ui);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let Some(workbench) = &app.workbench else { return };
            let measured = workbench.measurements().len();
            ui.label(theme::caption(format!(
                "{} measurements · prices of {}",
                format::thousands(measured as f64, 0),
                workbench.assessment().pricing_date
            )));
            currency_status(app, ui);
            if app.devices.probing {
                ui.add(egui::Spinner::new().size(12.0));
                ui.label(theme::caption("Detecting devices"));
            }
            if app.exports.writing {
                ui.add(egui::Spinner::new().size(12.0));
                ui.label(theme::caption("Writing the document"));
            }
        });
    });
}

/// By which rate amounts are converted, where they are.
fn currency_status(app: &DesktopApp, ui: &mut Ui) {
    let study = app.workbench.as_ref().map(|workbench| &workbench.assessment().study);
    let Some((study, currency)) = study.zip(app.settings.units.currency) else { return };
    let (text, source) = match stated_rate(study, currency) {
        Some(rate) => {
            let text = format!("1 {currency} = {} {} of {}", rate.rate, study.currency, rate.as_of);
            (text, rate.source.clone())
        }
        None if currency != study.currency => {
            let source = "The study states no rate under `finance.exchange_rates`; none is made up.".to_owned();
            (format!("amounts in {}: no rate for {currency}", study.currency), source)
        }
        None => return,
    };
    ui.label(theme::caption(format!("{text} ·"))).on_hover_text(source);
}

fn run_status(run: &LiveRun, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    if run.is_active() {
        ui.label(theme::caption(if run.cancelling { "Cancelling" } else { "Running" }).color(tokens.accent));
        let bar = ProgressBar::new(run.progress()).desired_width(160.0).desired_height(6.0).fill(tokens.accent);
        ui.add(bar);
        let mut text = format!("{} of {}", run.ended_jobs(), run.jobs.len());
        if let Some(job) = run.current() {
            text.push_str(&format!(" · {}", job.job.workload.id));
        }
        if let Some(secs) = run.remaining_secs() {
            text.push_str(&format!(" · {} left", about(secs)));
        }
        ui.label(theme::caption(text));
        return;
    }
    match &run.outcome {
        Some(Outcome::Done(summary)) => {
            let what = if summary.cancelled { "Last run cancelled" } else { "Last run over" };
            ui.label(theme::caption(format!("{what}: {} passed, {} ended otherwise", summary.passed, summary.other)));
        }
        Some(Outcome::Failed(_)) => {
            ui.label(theme::caption("Last run failed").color(tokens.error));
        }
        None => {
            ui.label(theme::caption("Idle"));
        }
    }
}
