//! A structural check of PDFs that needs no other program.

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::BTreeSet;

/// What is wrong with a file; empty when nothing is.
pub fn findings(bytes: &[u8]) -> Vec<String> {
    let file = Document::load_mem(bytes).unwrap();
    let mut findings = BTreeSet::new();
    check_catalog(&file, &mut findings);
    check_fonts(&file, &mut findings);
    let pages: Vec<ObjectId> = file.get_pages().into_values().collect();
    for (number, page) in pages.iter().enumerate() {
        for finding in page_findings(&file, *page, &pages) {
            findings.insert(format!("page {}: {finding}", number + 1));
        }
    }
    findings.into_iter().collect()
}

fn check_catalog(file: &Document, findings: &mut BTreeSet<String>) {
    let catalog = file.catalog().unwrap();
    for key in ["Lang", "MarkInfo", "StructTreeRoot", "Metadata", "OutputIntents", "PageLabels", "ViewerPreferences"] {
        if !catalog.has(key.as_bytes()) {
            findings.insert(format!("the catalog lacks /{key}"));
        }
    }
    if catalog.has(b"Outlines") && !matches!(catalog.get(b"PageMode"), Ok(Object::Name(_))) {
        findings.insert("PageMode is not a name".to_owned());
    }
}

fn check_fonts(file: &Document, findings: &mut BTreeSet<String>) {
    for object in file.objects.values() {
        let Ok(dictionary) = object.as_dict() else { continue };
        if dictionary.get(b"Type").and_then(Object::as_name).ok() != Some(b"FontDescriptor") {
            continue;
        }
        let name = String::from_utf8_lossy(dictionary.get(b"FontName").unwrap().as_name().unwrap()).into_owned();
        if !dictionary.has(b"FontFile2") {
            findings.insert(format!("font {name} is not embedded"));
        }
        if name.as_bytes().get(6) != Some(&b'+') {
            findings.insert(format!("font {name} is not a subset"));
        }
    }
}

fn page_findings(file: &Document, page: ObjectId, pages: &[ObjectId]) -> Vec<String> {
    let mut findings = Vec::new();
    let dictionary = file.get_dictionary(page).unwrap();
    let area: Vec<f32> = dictionary
        .get(b"MediaBox")
        .and_then(Object::as_array)
        .unwrap()
        .iter()
        .map(|side| side.as_float().unwrap())
        .collect();
    let raw = file.get_page_content(page);
    if raw.windows(3).any(|word| word == b"NaN") || raw.windows(4).any(|word| word == b" inf") {
        findings.push("a number is not finite".to_owned());
    }
    content_findings(&raw, &area, &mut findings);
    for annotation in annotations(file, dictionary) {
        link_findings(&annotation, pages, &mut findings);
    }
    findings
}

fn content_findings(raw: &[u8], area: &[f32], findings: &mut Vec<String>) {
    let (mut depth, mut in_text, mut depth_of_text) = (0i32, false, 0i32);
    for operation in Content::decode(raw).unwrap().operations {
        match operation.operator.as_str() {
            "BT" => {
                in_text = true;
                depth_of_text = depth;
            }
            "ET" => {
                in_text = false;
                if depth != depth_of_text {
                    findings.push("marked content straddles a text section".to_owned());
                }
            }
            "BDC" | "BMC" => depth += 1,
            "EMC" => depth -= 1,
            "Tj" | "TJ" => {
                if !in_text {
                    findings.push("text outside a text section".to_owned());
                }
                if depth < 1 {
                    findings.push("text is not tagged".to_owned());
                }
            }
            "Tm" => {
                let place = |index: usize| operation.operands[index].as_float().unwrap();
                let (x, y) = (place(4), place(5));
                if x < area[0] || x > area[2] || y < area[1] || y > area[3] {
                    findings.push(format!("text starts off the page at {x}, {y}"));
                }
            }
            _ => {}
        }
    }
    if depth != 0 {
        findings.push("marked content is not balanced".to_owned());
    }
}

/// The annotations of a page.
pub fn annotations(file: &Document, page: &Dictionary) -> Vec<Dictionary> {
    let Ok(list) = page.get(b"Annots").and_then(Object::as_array) else { return Vec::new() };
    list.iter().map(|entry| file.get_dictionary(entry.as_reference().unwrap()).unwrap().clone()).collect()
}

fn link_findings(link: &Dictionary, pages: &[ObjectId], findings: &mut Vec<String>) {
    for key in ["F", "StructParent", "Contents"] {
        if !link.has(key.as_bytes()) {
            findings.push(format!("a link lacks /{key}"));
        }
    }
    let Ok(action) = link.get(b"A").and_then(Object::as_dict) else {
        findings.push("a link has no action".to_owned());
        return;
    };
    if let Ok(target) = action.get(b"D").and_then(Object::as_array) {
        let page = target.first().and_then(|page| page.as_reference().ok());
        if !page.is_some_and(|page| pages.contains(&page)) {
            findings.push("a link leads to no page".to_owned());
        }
    }
}
