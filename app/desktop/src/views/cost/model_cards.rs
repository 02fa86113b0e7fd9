//! How far the projections among the options can be believed.

use assay_base::format;
use assay_service::Assessment;
use egui::{Label, Ui};

use crate::theme;
use crate::widgets::card;

/// Draws a card for each kind of projection; nothing where no option is projected.
pub fn ui(ui: &mut Ui, assessment: &Assessment) {
    for tested in &assessment.model_cards {
        card(ui, &format!("Model card: {}", tested.method), |ui| {
            let percent = |part: Option<f64>| format::or_unknown(part, |part| format::percent(part, 0));
            let error = format!(
                "{} predictions: median error {}, nine of ten within {}.",
                tested.n,
                percent(tested.median_error),
                percent(tested.p90_error)
            );
            let range = tested.range_used.map(|[low, high]| {
                format!(
                    "Range used here: {} to {} of the projection.",
                    format::percent(low, 0),
                    format::percent(high, 0)
                )
            });
            if tested.n > 0 {
                ui.add(Label::new(theme::strong(error)).wrap());
            }
            let lines = range.into_iter().chain([format!("Tested on {}.", tested.fitted_on)]);
            for line in lines.chain(tested.limits.iter().map(|limit| format!("{limit}."))) {
                ui.add(Label::new(theme::caption(line)).wrap());
            }
        });
    }
}
