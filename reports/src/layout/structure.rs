//! The tree that screen readers walk: sections, headings, paragraphs, lists, tables and figures.

use crate::scene::{Area, ElementId};

/// A child of an element.
#[derive(Clone, Debug)]
pub(crate) enum Kid {
    Element(ElementId),
    /// Marked content of a page.
    Content {
        page: usize,
        id: i64,
    },
    /// A link annotation: page and its number on the page.
    Annotation {
        page: usize,
        index: usize,
    },
}

/// An element.
#[derive(Debug)]
pub(crate) struct Node {
    /// The standard structure type, such as `P` or `TD`.
    pub role: &'static str,
    pub parent: Option<ElementId>,
    pub kids: Vec<Kid>,
    /// The description of a figure.
    pub alternative: Option<String>,
    /// `Row` or `Column` for a table's header cells.
    pub scope: Option<&'static str>,
    /// Page and place of a figure.
    pub bounds: Option<(usize, Area)>,
    /// A unique name; footnotes need one.
    pub id: Option<String>,
}

/// All elements; the first is the document.
#[derive(Debug, Default)]
pub(crate) struct Structure {
    pub nodes: Vec<Node>,
}

impl Structure {
    /// The root.
    pub(crate) const DOCUMENT: ElementId = 0;

    pub(crate) fn new() -> Self {
        Self { nodes: vec![Node::new("Document", None)] }
    }

    /// Appends an element to another.
    pub(crate) fn add(&mut self, role: &'static str, parent: ElementId) -> ElementId {
        let id = self.nodes.len();
        self.nodes.push(Node::new(role, Some(parent)));
        self.adopt(parent, Kid::Element(id));
        id
    }

    /// Appends a header cell to a row.
    pub(crate) fn add_header_cell(&mut self, scope: &'static str, row: ElementId) -> ElementId {
        let id = self.add("TH", row);
        self.set(id, |node| node.scope = Some(scope));
        id
    }

    pub(crate) fn adopt(&mut self, parent: ElementId, kid: Kid) {
        self.set(parent, |node| node.kids.push(kid));
    }

    /// Removes all elements from `length` on, and every reference to them.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.nodes.truncate(length);
        for node in &mut self.nodes {
            node.kids.retain(|kid| !matches!(kid, Kid::Element(id) if *id >= length));
        }
    }

    pub(crate) fn set(&mut self, id: ElementId, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.nodes.get_mut(id) {
            change(node);
        }
    }
}

impl Node {
    fn new(role: &'static str, parent: Option<ElementId>) -> Self {
        Self { role, parent, kids: Vec::new(), alternative: None, scope: None, bounds: None, id: None }
    }
}
