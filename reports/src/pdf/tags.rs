//! The structure tree: what makes the document readable for those who do not see it.

use super::finish::{Links, Parts, broken};
use super::objects::{name, round, text};
use crate::error::ReportError;
use crate::layout::{Kid, Laid, Node, Structure};
use lopdf::{Dictionary, Object, ObjectId, dictionary};
use std::collections::BTreeMap;

/// A place in reading order: page, then number of the content on it. Elements without content come last.
type Position = (usize, i64);
const NOWHERE: Position = (usize::MAX, i64::MAX);

pub(super) fn write(
    file: &mut lopdf::Document,
    parts: &Parts<'_>,
    mut structure: Structure,
    catalog: ObjectId,
    pages: &[ObjectId],
    links: &Links,
) -> Result<(), ReportError> {
    let positions = positions(&structure);
    sort_kids(&mut structure, &positions);
    let has_content = has_content(&structure);
    let root = file.new_object_id();
    let ids: Vec<ObjectId> = structure.nodes.iter().map(|_| file.new_object_id()).collect();
    let writer = TreeWriter { ids: &ids, has_content: &has_content, root, pages, links, laid: parts.laid };
    for (index, node) in structure.nodes.iter().enumerate() {
        if has_content.get(index) == Some(&true) {
            let element = writer.element(node);
            if let Some(id) = ids.get(index) {
                file.set_object(*id, element);
            }
        }
    }
    let parent_tree = file.add_object(dictionary! { "Nums" => writer.parent_tree(parts) });
    let next_key = pages.len() + links.iter().map(Vec::len).sum::<usize>();
    let mut tree = dictionary! {
        "Type" => name("StructTreeRoot"),
        "K" => ids.first().map(|id| Object::Reference(*id)).into_iter().collect::<Vec<_>>(),
        "ParentTree" => parent_tree,
        "ParentTreeNextKey" => next_key as i64
    };
    let named = writer.named(&structure);
    if !named.is_empty() {
        tree.set("IDTree", dictionary! { "Names" => named });
    }
    file.set_object(root, tree);
    let catalog = file.get_dictionary_mut(catalog).map_err(broken)?;
    catalog.set("StructTreeRoot", root);
    catalog.set("MarkInfo", dictionary! { "Marked" => true });
    Ok(())
}

/// Where each element's content begins. Children follow their parents in the list.
fn positions(structure: &Structure) -> Vec<Position> {
    let mut first = vec![NOWHERE; structure.nodes.len()];
    for (index, node) in structure.nodes.iter().enumerate().rev() {
        let earliest = node.kids.iter().map(|kid| position(kid, &first)).min().unwrap_or(NOWHERE);
        if let Some(place) = first.get_mut(index) {
            *place = earliest;
        }
    }
    first
}

fn position(kid: &Kid, first: &[Position]) -> Position {
    match kid {
        Kid::Element(id) => first.get(*id).copied().unwrap_or(NOWHERE),
        Kid::Content { page, id } => (*page, *id),
        Kid::Annotation { .. } => NOWHERE,
    }
}

/// Content is numbered while it is drawn, elements are created before; sorting brings both into reading order.
fn sort_kids(structure: &mut Structure, positions: &[Position]) {
    for node in &mut structure.nodes {
        node.kids.sort_by_key(|kid| position(kid, positions));
    }
}

fn has_content(structure: &Structure) -> Vec<bool> {
    let mut live = vec![false; structure.nodes.len()];
    for (index, node) in structure.nodes.iter().enumerate().rev() {
        let is_live = node.kids.iter().any(|kid| match kid {
            Kid::Element(id) => live.get(*id).copied().unwrap_or(false),
            Kid::Content { .. } | Kid::Annotation { .. } => true,
        });
        if let Some(place) = live.get_mut(index) {
            *place = is_live;
        }
    }
    keep_empty_cells(structure, &mut live);
    live
}

/// All rows of a table need the same number of cells, so an empty cell of a row with content stays.
fn keep_empty_cells(structure: &Structure, live: &mut [bool]) {
    for (index, node) in structure.nodes.iter().enumerate() {
        let row_is_live = node.parent.and_then(|row| live.get(row)).copied().unwrap_or(false);
        if matches!(node.role, "TH" | "TD")
            && row_is_live
            && let Some(place) = live.get_mut(index)
        {
            *place = true;
        }
    }
}

struct TreeWriter<'a> {
    ids: &'a [ObjectId],
    has_content: &'a [bool],
    root: ObjectId,
    pages: &'a [ObjectId],
    links: &'a Links,
    laid: &'a Laid,
}

impl TreeWriter<'_> {
    fn element(&self, node: &Node) -> Dictionary {
        let parent = node.parent.and_then(|parent| self.ids.get(parent)).copied().unwrap_or(self.root);
        // The page is stated once for the element; content on it is then a plain number.
        let page = node.kids.iter().find_map(|kid| match kid {
            Kid::Content { page, .. } => Some(*page),
            _ => None,
        });
        let mut kids: Vec<Object> = node.kids.iter().filter_map(|kid| self.kid(kid, page)).collect();
        let mut element = dictionary! { "S" => name(node.role), "P" => parent };
        match kids.len() {
            0 => {}
            1 => element.set("K", kids.remove(0)),
            _ => element.set("K", kids),
        }
        let page_id = page.or(node.bounds.map(|bounds| bounds.0)).and_then(|page| self.pages.get(page));
        if let Some(page) = page_id {
            element.set("Pg", *page);
        }
        if let Some(alternative) = &node.alternative {
            element.set("Alt", text(alternative));
        }
        if let Some(id) = &node.id {
            element.set("ID", text(id));
        }
        if let Some(attributes) = self.attributes(node) {
            element.set("A", attributes);
        }
        element
    }

    fn attributes(&self, node: &Node) -> Option<Dictionary> {
        if let Some(scope) = node.scope {
            return Some(dictionary! { "O" => name("Table"), "Scope" => name(scope) });
        }
        if node.role == "L" {
            return Some(dictionary! { "O" => name("List"), "ListNumbering" => name("Disc") });
        }
        let (_, area) = node.bounds?;
        let height = self.laid.height;
        let corners = [area.x, height - area.bottom(), area.right(), height - area.y];
        Some(dictionary! {
            "O" => name("Layout"),
            "Placement" => name("Block"),
            "BBox" => corners.map(|value| Object::Real(round(value))).to_vec()
        })
    }

    fn kid(&self, kid: &Kid, page_of_element: Option<usize>) -> Option<Object> {
        match kid {
            Kid::Element(id) => {
                let live = self.has_content.get(*id).copied().unwrap_or(false);
                live.then(|| self.ids.get(*id).copied().map(Object::Reference)).flatten()
            }
            Kid::Content { page, id } if Some(*page) == page_of_element => Some((*id).into()),
            Kid::Content { page, id } => {
                let page = *self.pages.get(*page)?;
                Some(Object::Dictionary(dictionary! { "Type" => name("MCR"), "Pg" => page, "MCID" => *id }))
            }
            Kid::Annotation { page, index } => {
                let object = self.links.get(*page)?.get(*index)?.0;
                let page = *self.pages.get(*page)?;
                Some(Object::Dictionary(dictionary! { "Type" => name("OBJR"), "Pg" => page, "Obj" => object }))
            }
        }
    }

    /// From marked content and annotations back to their elements.
    fn parent_tree(&self, parts: &Parts<'_>) -> Vec<Object> {
        let reference = |element: &usize| self.ids.get(*element).map_or(Object::Null, |id| Object::Reference(*id));
        let mut numbers = Vec::new();
        for (page, marks) in parts.marks.iter().enumerate() {
            numbers.push((page as i64).into());
            numbers.push(Object::Array(marks.contents.iter().map(reference).collect()));
        }
        for (_, key, element) in self.links.iter().flatten() {
            numbers.push((*key).into());
            numbers.push(reference(element));
        }
        numbers
    }

    fn named(&self, structure: &Structure) -> Vec<Object> {
        let by_name: BTreeMap<&str, ObjectId> = structure
            .nodes
            .iter()
            .zip(self.ids)
            .zip(self.has_content)
            .filter(|(_, live)| **live)
            .filter_map(|((node, id), _)| Some((node.id.as_deref()?, *id)))
            .collect();
        by_name.into_iter().flat_map(|(id, object)| [text(id), Object::Reference(object)]).collect()
    }
}
