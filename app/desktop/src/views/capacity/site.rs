//! What there is and what the site can take, with power and racks by quarter against their limits.

use assay_base::format;
use assay_service::Command;
use assay_service::capacity::{Ownership, PlannedQuarter};
use assay_service::editing::capacity as editing;
use assay_service::study::capacity::Capacity;
use egui::Ui;
use egui_plot::{HLine, Line, LineStyle, PlotPoint, PlotPoints};
use serde_json::{Value, json};

use super::Shown;
use super::fleet::whole;
use crate::requests::{Request, Scene};
use crate::theme::{self, Tokens};
use crate::widgets::bars::legend;
use crate::widgets::card;
use crate::widgets::entry::{Number, number_row};
use crate::widgets::plot::{Scale as Axis, house_plot, quarters, with_axes};
use crate::widgets::slider::Scale;

/// The share on spot to begin with: one unit in ten may be lost at once.
const SPOT_SHARE: f64 = 0.1;

/// Draws both cards side by side.
pub fn card_of(ui: &mut Ui, scene: &mut Scene<'_>, shown: &Shown<'_>) {
    let Some(capacity) = &scene.workbench.study().capacity else { return };
    let requests = &mut *scene.requests;
    let study = scene.workbench.study();
    ui.columns(2, |columns| {
        let [left, right] = columns else { return };
        left.spacing_mut().item_spacing.y = theme::GAP;
        card(left, "Site and operation", |ui| {
            for (field, path) in fields(capacity) {
                if let Some(value) = number_row(ui, field.name, field_unit(path), &field) {
                    requests.push(set(path, value, field.scale));
                }
            }
        });
        let title = format!("Fleet there is: {}", shown.option.name);
        card(left, &title, |ui| {
            let fleet = capacity.fleets.iter().find(|fleet| fleet.id == shown.option.id);
            let whole = Scale::Plain { decimals: 0 };
            let rows = [
                ("on_hand", "Units in service now", "", fleet.map(|f| f.on_hand as f64), whole, "none"),
                (
                    "max_units",
                    "Most units to be had",
                    "",
                    fleet.and_then(|f| f.max_units).map(|n| n as f64),
                    whole,
                    "no limit",
                ),
                (
                    "lead_time_weeks",
                    "Lead time of this option",
                    "weeks",
                    fleet.and_then(|f| f.lead_time_weeks),
                    whole,
                    "the site's",
                ),
                (
                    "rack_units_per_unit",
                    "Rack of a unit",
                    "U",
                    fleet.and_then(|f| f.rack_units_per_unit),
                    whole,
                    "not known",
                ),
            ];
            for (key, name, unit, value, scale, hint) in rows {
                if let Some(value) = number_row(ui, name, unit, &Number { name, value, scale, hint }) {
                    let value = json_of(value, key == "on_hand" || key == "max_units");
                    let value = if key == "on_hand" && value.is_null() { Value::from(0) } else { value };
                    requests.push(Request::Apply(editing::of_fleet(study, &shown.option.id, key, value, None)));
                }
            }
        });
        right.spacing_mut().item_spacing.y = theme::GAP;
        if shown.option.ownership == Ownership::Rented {
            card(right, "Ways to rent that may be mixed", |ui| ways(ui, capacity, requests));
        }
        let Some(scenario) = shown.scenario() else { return };
        let names: Vec<String> = scenario.quarters.iter().map(|q| q.quarter.to_string()).collect();
        limit(
            right,
            "Power at the plug, kW",
            &scenario.quarters,
            |q| q.power_watts.map(|watts| watts / 1e3),
            capacity.limits.power_kw,
            &names,
        );
        limit(right, "Rack, height units", &scenario.quarters, |q| q.rack_units, capacity.limits.rack_units, &names);
    });
}

/// Which ways to rent are allowed; the mix is the cheapest of them.
fn ways(ui: &mut Ui, capacity: &Capacity, requests: &mut Vec<Request>) {
    let allowed = capacity.commitments.as_ref();
    let mut set = |key: &str, value: Value| {
        requests.push(Request::Apply(Command::set(format!("capacity.commitments.{key}"), value)));
    };
    let mut on_demand = allowed.is_none_or(|allowed| allowed.on_demand);
    if ui.checkbox(&mut on_demand, "On demand").changed() {
        set("on_demand", Value::from(on_demand));
    }
    let terms = [
        ("reserved_1y", "Reserved for a year", allowed.and_then(|allowed| allowed.reserved_1y.as_ref())),
        ("reserved_3y", "Reserved for three years", allowed.and_then(|allowed| allowed.reserved_3y.as_ref())),
    ];
    for (key, name, stated) in terms {
        let mut is_allowed = stated.is_some();
        if ui.checkbox(&mut is_allowed, name).changed() {
            set(key, if is_allowed { json!({}) } else { Value::Null });
        }
        let Some(stated) = stated else { continue };
        let label = format!("Discount, {}", name.to_lowercase());
        let entry = Number { name: &label, value: stated.discount, scale: Scale::Percent, hint: "the offer's" };
        if let Some(value) = number_row(ui, &label, "", &entry) {
            set(&format!("{key}.discount"), json_of(value, false));
        }
    }
    let spot = allowed.and_then(|allowed| allowed.spot.as_ref());
    let mut is_allowed = spot.is_some();
    if ui.checkbox(&mut is_allowed, "Spot").changed() {
        set("spot", if is_allowed { json!({ "max_share": SPOT_SHARE }) } else { Value::Null });
    }
    if let Some(spot) = spot {
        let name = "Largest share on spot";
        let entry = Number { name, value: Some(spot.max_share), scale: Scale::Percent, hint: "" };
        if let Some(Some(share)) = number_row(ui, name, "", &entry) {
            set("spot.max_share", Value::from(share));
        }
    }
    ui.label(theme::caption("Prices are those of offers like the option's own, unless a discount is stated."));
}

fn field_unit(path: &str) -> &'static str {
    match path {
        "capacity.limits.power_kw" => "kW",
        "capacity.limits.rack_units" => "U",
        "capacity.lead_time_weeks" => "weeks",
        "capacity.refresh_months" => "months",
        _ => "",
    }
}

fn fields(capacity: &Capacity) -> [(Number<'static>, &'static str); 7] {
    let whole = Scale::Plain { decimals: 0 };
    let field = |name, value, scale, hint| Number { name, value, scale, hint };
    [
        (field("Power limit", capacity.limits.power_kw, whole, "no limit"), "capacity.limits.power_kw"),
        (field("Rack limit", capacity.limits.rack_units, whole, "no limit"), "capacity.limits.rack_units"),
        (field("Lead time", capacity.lead_time_weeks, whole, "not known"), "capacity.lead_time_weeks"),
        (
            field("Replaced after", capacity.refresh_months.map(f64::from), whole, "the life in Cost & ROI"),
            "capacity.refresh_months",
        ),
        (
            field("Target utilisation", capacity.target_utilisation, Scale::Percent, "the assumption"),
            "capacity.target_utilisation",
        ),
        (field("Spare units", Some(f64::from(capacity.spare_units)), whole, "none"), "capacity.spare_units"),
        (
            field("Probability that the need is up", capacity.fleet_availability, Scale::Percent, "spares count"),
            "capacity.fleet_availability",
        ),
    ]
}

/// A number as JSON; a count is whole.
fn json_of(value: Option<f64>, is_count: bool) -> Value {
    match value {
        None => Value::Null,
        Some(value) if is_count && value >= 0.0 && value.fract() == 0.0 => Value::from(value as u64),
        Some(value) => Value::from(value),
    }
}

fn set(path: &str, value: Option<f64>, _scale: Scale) -> Request {
    let is_count = matches!(path, "capacity.refresh_months" | "capacity.spare_units");
    let value = match (path, value) {
        ("capacity.spare_units", None) => Value::from(0),
        (_, value) => json_of(value, is_count),
    };
    Request::Apply(Command::set(path, value))
}

/// A figure by quarter and the line it must not cross; nothing where the figure is not known.
fn limit(
    ui: &mut Ui,
    title: &'static str,
    planned: &[PlannedQuarter],
    value: impl Fn(&PlannedQuarter) -> Option<f64>,
    most: Option<f64>,
    names: &[String],
) {
    let points: Vec<PlotPoint> =
        planned.iter().enumerate().filter_map(|(i, q)| Some(PlotPoint::new(i as f64, value(q)?))).collect();
    if points.is_empty() {
        return;
    }
    let tokens = Tokens::of(ui);
    card(ui, title, |ui| {
        let mut entries = vec![("units in service", tokens.series(0))];
        if most.is_some() {
            entries.push(("limit", tokens.error));
        }
        legend(ui, entries);
        let plot = house_plot(ui, title).height(150.0).include_y(0.0).allow_zoom(false).allow_drag(false);
        let plot = most.iter().fold(plot, |plot, most| plot.include_y(most * 1.05));
        let axes = with_axes(ui, plot, quarters(names), Axis::new("").text(|value| format::thousands(value, 0)));
        axes.x_grid_spacer(whole).show(ui, |plot| {
            plot.line(Line::new("units in service", PlotPoints::Owned(points)).color(tokens.series(0)).width(1.8));
            if let Some(most) = most {
                let dashed = LineStyle::Dashed { length: 6.0 };
                plot.hline(HLine::new("limit", most).color(tokens.error).style(dashed).width(1.4));
            }
        });
    });
}
