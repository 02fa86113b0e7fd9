//! Horizontal bars in groups, with intervals.

use super::frame;
use super::rows::{BarOf, RowFrame, RowText, Rows, reach};
use super::{Draw, Quantity, known};
use crate::document::Align;
use crate::labels::{Language, fill};
use crate::scene::{Canvas, LabelStyle, Paint, Size, Stroke, at};
use crate::text::Face;
use serde::{Deserialize, Serialize};

/// The same things compared under several conditions, such as stacks on each device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupedChart {
    /// The names of the members of each group, in order.
    pub members: Vec<String>,
    /// The groups.
    pub groups: Vec<BarGroup>,
    /// What the bars count.
    pub quantity: Quantity,
    /// The name of the axis with its unit.
    pub axis: String,
}

/// A group of bars.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BarGroup {
    /// What the group stands for.
    pub label: String,
    /// The values in the order of [`GroupedChart::members`]; what does not exist is left out of the drawing.
    pub values: Vec<Option<GroupedValue>>,
}

/// The value of one bar of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupedValue {
    /// The length of the bar. `None` is unknown.
    pub value: Option<f64>,
    /// The lower and upper end of its interval.
    pub interval: Option<[f64; 2]>,
    /// Whether the text talks about this one.
    pub highlight: bool,
}

/// A bar with its place in the data.
struct Member<'a> {
    group: &'a str,
    /// Whether it is the first bar of its group.
    leads: bool,
    index: usize,
    name: &'a str,
    value: &'a GroupedValue,
}

impl GroupedChart {
    fn members(&self) -> Vec<Member<'_>> {
        let mut members = Vec::new();
        for group in &self.groups {
            let mut leads = true;
            for (index, value) in group.values.iter().enumerate() {
                let (Some(value), Some(name)) = (value, self.members.get(index)) else { continue };
                members.push(Member { group: &group.label, leads, index, name, value });
                leads = false;
            }
        }
        members
    }

    fn figure(&self, value: &GroupedValue, language: Language) -> String {
        let unknown = || language.words().unknown.to_owned();
        known(value.value).map_or_else(unknown, |value| self.quantity.label(value, language))
    }
}

impl Draw for GroupedChart {
    fn is_empty(&self) -> bool {
        !self.members().iter().any(|member| known(member.value.value).is_some())
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let members = self.members();
        let language = canvas.set.language;
        let theme = canvas.set.theme.clone();
        let style = LabelStyle::new(Face::SemiBold, frame::FIGURES + 0.6, theme.ink);
        let groups = frame::widest(canvas, style, self.groups.iter().map(|group| group.label.clone()));
        let left = (groups + 10.0).min(size.width * 0.26);
        let texts: Vec<RowText> = members
            .iter()
            .map(|member| RowText {
                label: member.name.to_owned(),
                figure: self.figure(member.value, language),
                strong: member.value.highlight,
            })
            .collect();
        let values = members.iter().flat_map(|member| reach(member.value.value, member.value.interval));
        let room = Size { width: size.width - left, ..size };
        let frame = RowFrame { top: 3.0, least: 8.5, quantity: &self.quantity, axis: &self.axis };
        // The rows are drawn beside the column of the groups' names.
        let mut inner = Canvas::new(canvas.set);
        let rows = Rows::draw(&mut inner, room, &texts, values, &frame);
        let thickness = rows.thickness(0.72, 13.0);
        for (index, member) in members.iter().take(rows.shown).enumerate() {
            let fill = if member.value.highlight { theme.accent } else { theme.part(member.index) };
            let GroupedValue { value, interval, .. } = *member.value;
            rows.bar(&mut inner, index, &BarOf { value, interval, thickness, paint: Paint::fill(fill) });
        }
        for mut prim in inner.prims {
            prim.shift(left, 0.0);
            canvas.prims.push(prim);
        }
        let height = rows.middle(1) - rows.middle(0);
        for (index, member) in members.iter().take(rows.shown).enumerate().filter(|(_, member)| member.leads) {
            let baseline = at(0.0, rows.middle(index) + 2.6);
            canvas.label_within(baseline, left - 6.0, member.group, style, Align::Left);
            if index > 0 {
                let y = rows.middle(index) - height / 2.0;
                canvas.line(at(0.0, y), at(left + rows.plot.right(), y), Stroke::solid(theme.quiet, 0.5));
            }
        }
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let groups: Vec<String> = self
            .groups
            .iter()
            .map(|group| {
                let values: Vec<String> = self
                    .members()
                    .iter()
                    .filter(|member| member.group == group.label)
                    .map(|member| format!("{} {}", member.name, self.figure(member.value, language)))
                    .collect();
                format!("{} ({})", group.label, words.join(&values))
            })
            .collect();
        fill(words.alt_grouped, &[&self.axis, &words.join(&groups)])
    }
}
