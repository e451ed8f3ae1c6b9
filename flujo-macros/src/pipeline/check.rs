//! The checks that need the nodes alone: every id that is a segment of paths is used once.

use super::errors::Errors;
use super::model::{Node, What};
use crate::mistake;
use crate::names;
use std::collections::{BTreeMap, BTreeSet};

/// Names the joins and routes, and reports ids that are used more than once.
pub(crate) fn ids(nodes: &mut [Node], errors: &mut Errors) {
    let mut uses: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
    for node in nodes.iter() {
        let named = match node.what {
            What::Join { .. } | What::Route { .. } => !node.id.is_empty(),
            What::Repeat => node.id != "repeat",
            What::Refine => node.id != "refine",
            _ => false,
        };
        if node.what.in_path() || named {
            uses.entry(&node.id).or_default().push(node);
        }
    }
    let mut reused: Vec<(&str, Vec<&Node>)> = uses.into_iter().filter(|(_, of)| of.len() > 1).collect();
    reused.sort_by_key(|(_, of)| {
        of.get(1).map(|second| nodes.iter().position(|node| std::ptr::eq(node, *second)))
    });
    for (id, of) in reused {
        let [first, second, ..] = of[..] else { continue };
        errors.span(second.at, mistake::used_twice, used_again(id, &of, first, second, nodes));
    }
    name_joins(nodes);
}

/// Names that one message proposes.
const SHOWN: usize = 3;

/// One message for all uses of an id: at the second, with the line of the first and a free name for each but the first.
fn used_again(id: &str, of: &[&Node], first: &Node, second: &Node, nodes: &[Node]) -> String {
    let free = (1..).map(|n| again(id, n)).filter(|name| !nodes.iter().any(|node| node.id == *name));
    let names: Vec<String> =
        free.take((of.len() - 1).min(SHOWN)).map(|name| format!("`.named(\"{name}\")`")).collect();
    let (what, line) = (word(second), names::line(first.at));
    if of.len() == 2 {
        let name = names.concat();
        return format!(
            "{what} `{id}` is used twice in this pipeline, first in line {line}\ngive this use its own name: {name}"
        );
    }
    let more = if names.len() < of.len() - 1 { " and so on" } else { "" };
    format!(
        "{what} `{id}` is used {} times in this pipeline, first in line {line}\ngive each further use its own name: {}{more}",
        of.len(),
        names.join(", ")
    )
}

fn word(node: &Node) -> &'static str {
    match node.what {
        What::Call { .. } => "step",
        What::Ask { .. } => "question",
        What::Map { .. } | What::Gate { .. } | What::Wait => "the id",
        _ => "the name",
    }
}

fn again(id: &str, n: usize) -> String {
    let id = id.to_lowercase();
    if n == 1 { format!("{id}_again") } else { format!("{id}_again_{n}") }
}

/// A join or route is called after the first of its nodes that no join around it is called after: stable under
/// edits elsewhere, and never the name of another one.
fn name_joins(nodes: &mut [Node]) {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for i in 0..nodes.len() {
        let Some(Node { id, what: What::Join { arms } | What::Route { arms }, .. }) = nodes.get(i) else {
            continue;
        };
        let word = if matches!(nodes.get(i).map(|node| &node.what), Some(What::Join { .. })) {
            "join"
        } else {
            "route"
        };
        if !id.is_empty() {
            continue;
        }
        let range = arms.first().map_or(0, |arm| arm.start)..arms.last().map_or(0, |arm| arm.end);
        let inside = nodes.get(range).unwrap_or_default();
        let ids: Vec<&str> =
            inside.iter().filter(|node| node.what.in_path()).map(|node| node.id.as_str()).collect();
        let own = ids.iter().map(|id| format!("{word}:{id}")).find(|label| !taken.contains(label));
        let label = own.unwrap_or_else(|| format!("{word}:{}", ids.join("+")));
        taken.insert(label.clone());
        if let Some(node) = nodes.get_mut(i) {
            node.id = label;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::model::Within;
    use proc_macro2::Span;

    fn node(id: &str, what: What) -> Node {
        Node {
            id: id.to_owned(),
            at: Span::call_site(),
            depth: 0,
            what,
            options: Vec::new(),
            within: Within::default(),
        }
    }

    fn ask() -> What {
        What::Ask { reply: syn::parse_quote!(Label) }
    }

    #[test]
    fn nested_joins_have_names_of_their_own() {
        let join = |arms| node("", What::Join { arms });
        let mut nodes = [
            join(vec![1..6, 6..7]),
            join(vec![2..5, 5..6]),
            join(vec![3..4, 4..5]),
            node("a", ask()),
            node("b", ask()),
            node("c", ask()),
            node("d", ask()),
        ];
        ids(&mut nodes, &mut Errors::default());
        let labels: Vec<&str> = nodes.iter().take(3).map(|node| node.id.as_str()).collect();
        assert_eq!(labels, ["join:a", "join:b", "join:a+b"]);
    }

    #[test]
    fn a_name_is_free() {
        let mut nodes = [node("a", ask()), node("a_again", ask()), node("a", ask())];
        let mut errors = Errors::default();
        ids(&mut nodes, &mut errors);
        let text = errors.into_tokens(true).to_string();
        assert!(text.contains("a_again_2") && text.matches("compile_error").count() == 1, "{text}");
    }
}
