//! Widgets that several views share.

pub mod bars;
pub mod basics;
pub mod copy;
pub mod deltas;
pub mod entry;
pub mod icon;
pub mod plot;
pub mod slider;
pub mod spark;
pub mod steady;
pub mod table;
pub mod thin;

pub use basics::{
    Kpi, badge, bullet, card, card_filled, chip, empty_state, evidence_chip, evidence_hover, field, fitting, kpi_row,
    primary_button,
};
pub use icon::Icon;
