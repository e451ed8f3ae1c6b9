//! What holds of every page: it is well formed, runs nothing of its own, and names all its inputs.

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use std::collections::{HashMap, HashSet};

/// One element: its name and attributes.
#[derive(Debug)]
pub struct Element {
    pub name: String,
    pub attributes: HashMap<String, String>,
    pub text: String,
}

impl Element {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

/// Parses a whole page and checks it.
pub fn checked(page: &str) -> Vec<Element> {
    let mut bytes = page.as_bytes();
    let dom: RcDom =
        parse_document(RcDom::default(), ParseOpts::default()).from_utf8().read_from(&mut bytes).unwrap();
    assert!(dom.errors.borrow().is_empty(), "{:?}\n{page}", dom.errors.borrow());
    let mut elements = Vec::new();
    walk(&dom.document, &mut elements);
    nothing_inline(&elements);
    named(&elements);
    headings(&elements);
    elements
}

fn text_of(node: &Handle) -> String {
    match &node.data {
        NodeData::Text { contents } => contents.borrow().to_string(),
        _ => node.children.borrow().iter().map(text_of).collect(),
    }
}

fn walk(node: &Handle, out: &mut Vec<Element>) {
    if let NodeData::Element { name, attrs, .. } = &node.data {
        let attrs = attrs.borrow();
        let attributes =
            attrs.iter().map(|attr| (attr.name.local.to_string(), attr.value.to_string())).collect();
        out.push(Element { name: name.local.to_string(), attributes, text: text_of(node) });
    }
    node.children.borrow().iter().for_each(|child| walk(child, out));
}

fn nothing_inline(elements: &[Element]) {
    for element in elements {
        assert_ne!(element.name, "style", "{element:?}");
        for (name, value) in &element.attributes {
            assert!(name != "style" && !name.starts_with("on") && !name.starts_with("hx-on"), "{element:?}");
            let is_address =
                ["href", "src", "action", "hx-get", "hx-post", "sse-connect"].contains(&name.as_str());
            if is_address {
                let own = value.starts_with(['/', '?', '#']) && !value.starts_with("//");
                assert!(own || value == "data:,", "an address of somebody else: {element:?}");
            }
        }
        if element.name == "script" {
            assert!(element.get("src").is_some_and(is_asset) && element.text.is_empty());
        }
    }
}

/// Every input has a name that is read out, and every id is there once.
fn named(elements: &[Element]) {
    let mut ids = HashSet::new();
    for id in elements.iter().filter_map(|element| element.get("id")) {
        assert!(ids.insert(id.to_owned()), "the id {id} is there twice");
    }
    let labels: HashSet<_> =
        elements.iter().filter(|e| e.name == "label").filter_map(|e| e.get("for")).collect();
    for element in elements {
        let is_input = ["input", "select", "textarea"].contains(&element.name.as_str());
        if is_input && element.get("type") != Some("hidden") {
            let labelled = element.get("id").is_some_and(|id| labels.contains(id));
            assert!(labelled || element.get("aria-label").is_some(), "an input without a name: {element:?}");
        }
        for id in element.get("aria-describedby").iter().flat_map(|ids| ids.split(' ')) {
            assert!(ids.contains(id), "{element:?} is described by {id}, which is not there");
        }
        if element.name == "button" {
            assert!(!element.text.trim().is_empty(), "{element:?}");
        }
    }
    for label in labels {
        assert!(ids.contains(label), "a label for {label}, which is not there");
    }
}

fn headings(elements: &[Element]) {
    let levels: Vec<u8> = elements
        .iter()
        .filter_map(|element| element.name.strip_prefix('h').and_then(|level| level.parse().ok()))
        .collect();
    assert_eq!(levels.first(), Some(&1), "a page begins with its heading");
    for pair in levels.windows(2) {
        assert!(pair[1] <= pair[0] + 1, "a heading of level {} after one of level {}", pair[1], pair[0]);
    }
}

/// A file of this server, wherever it is mounted.
fn is_asset(src: &str) -> bool {
    src.starts_with('/') && !src.starts_with("//") && src.contains("/assets/")
}
