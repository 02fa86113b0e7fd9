//! The desktop: egui views of a study that is open. This crate names `egui`, never the windowing library, so that
//! every view can be driven and drawn without a window.
//!
//! [`DesktopApp::logic`] takes what background work has brought, [`DesktopApp::ui`] draws. A view sees a [`Scene`]
//! and answers with [`Request`]s; the application carries them out after the frame through the service.

mod app;
mod backend;
mod background;
mod dialogs;
pub mod live;
mod notices;
mod pages;
mod palette;
mod paths;
mod picture;
mod preferences;
mod requests;
mod settings;
mod shell;
mod shortcuts;
mod telemetry;
pub mod theme;
mod units;
pub mod views;
mod widgets;

pub use app::{DesktopApp, Places};
pub use backend::{ActiveRun, Backend, ServiceBackend};
pub use background::is_at_work;
pub use notices::{Level, Notice};
pub use picture::Format;
pub use requests::{Devices, Exports, Request, Scene};
pub use telemetry::Telemetry;
pub use views::View;
