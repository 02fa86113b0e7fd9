//! The outline that viewers show beside the pages: sections, and the headings within them.

use super::finish::broken;
use super::objects::{name, round, text};
use crate::error::ReportError;
use crate::layout::Laid;
use lopdf::{Object, ObjectId, dictionary};

pub(super) fn write(
    file: &mut lopdf::Document,
    laid: &Laid,
    catalog: ObjectId,
    pages: &[ObjectId],
) -> Result<(), ReportError> {
    let groups = groups(laid);
    let (Some(_), Some(_)) = (groups.first(), groups.last()) else { return Ok(()) };
    let root = file.new_object_id();
    let ids: Vec<ObjectId> = laid.outline.iter().map(|_| file.new_object_id()).collect();
    let id = |index: usize| ids.get(index).copied().unwrap_or(root);
    let tops: Vec<usize> = groups.iter().map(|group| group.top).collect();
    for (position, group) in groups.iter().enumerate() {
        write_entry(file, laid, pages, &ids, group.top, root, &tops, position, &group.below);
        for (position, below) in group.below.iter().enumerate() {
            write_entry(file, laid, pages, &ids, *below, id(group.top), &group.below, position, &[]);
        }
    }
    if let (Some(first), Some(last)) = (tops.first(), tops.last()) {
        let entries = dictionary! {
            "Type" => name("Outlines"), "First" => id(*first), "Last" => id(*last), "Count" => tops.len() as i64
        };
        file.set_object(root, entries);
    }
    let catalog = file.get_dictionary_mut(catalog).map_err(broken)?;
    catalog.set("Outlines", root);
    catalog.set("PageMode", name("UseOutlines"));
    Ok(())
}

/// A section and the headings within it, by their numbers in the outline.
struct Group {
    top: usize,
    below: Vec<usize>,
}

fn groups(laid: &Laid) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (index, entry) in laid.outline.iter().enumerate() {
        match groups.last_mut() {
            Some(group) if entry.level > 1 => group.below.push(index),
            _ => groups.push(Group { top: index, below: Vec::new() }),
        }
    }
    groups
}

#[expect(clippy::too_many_arguments, reason = "an entry knows its parent, siblings and children")]
fn write_entry(
    file: &mut lopdf::Document,
    laid: &Laid,
    pages: &[ObjectId],
    ids: &[ObjectId],
    index: usize,
    parent: ObjectId,
    siblings: &[usize],
    position: usize,
    below: &[usize],
) {
    let (Some(entry), Some(object)) = (laid.outline.get(index), ids.get(index)) else { return };
    let Some(page) = pages.get(entry.place.page) else { return };
    let top = round(laid.height - entry.place.y + 6.0);
    let mut dictionary = dictionary! {
        "Title" => text(&entry.text),
        "Parent" => parent,
        "Dest" => vec![Object::Reference(*page), name("XYZ"), 0.into(), top.into(), Object::Null]
    };
    let reference = |index: Option<&usize>| index.and_then(|index| ids.get(*index)).copied();
    let before = position.checked_sub(1).and_then(|position| siblings.get(position));
    for (key, target) in [
        ("Prev", reference(before)),
        ("Next", reference(siblings.get(position + 1))),
        ("First", reference(below.first())),
        ("Last", reference(below.last())),
    ] {
        if let Some(target) = target {
            dictionary.set(key, target);
        }
    }
    if !below.is_empty() {
        // Negative: the entry is closed at first.
        dictionary.set("Count", -(below.len() as i64));
    }
    file.set_object(*object, dictionary);
}
