//! The grammar of paths: `pipeline/notes[3]/relabel!guess~4#2.1`. No other file reads or writes these characters.
//!
//! | character | what follows |
//! |---|---|
//! | `/` | a node of the pipeline before it |
//! | `#` | the rounds of the loops around the node, outermost first, each from 1 |
//! | `[` | the index of an item of a `map`, from 0 |
//! | `!` | the step that runs in place of the node: a fallback, or the target of a redirect |
//! | `~` | the number of a reply, or of the call of a tool, in the conversation of a model step; the name of a tool in graphs |

use std::cmp::Ordering;

const CHILD: char = '/';
const ROUND: char = '#';
const ITEM: char = '[';
const STAND_IN: char = '!';
const IN_CONVERSATION: char = '~';

/// Returns the ids of the nodes in a path, outermost first: without rounds, items, stand-ins and replies.
pub(crate) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split(CHILD).map(node_of)
}

/// Returns the ids of the nodes in a path, outermost first, each with true if what is inside of it belongs to a call in its
/// conversation.
pub(crate) fn nodes(path: &str) -> impl Iterator<Item = (&str, bool)> {
    path.split(CHILD).map(|segment| (node_of(segment), segment.contains(IN_CONVERSATION)))
}

/// Returns the segments of a path, outermost first, as they are written.
pub(crate) fn places(path: &str) -> impl Iterator<Item = &str> {
    path.split(CHILD)
}

/// Compares the rounds of two segments, as far as the nodes are in the same loops.
pub(crate) fn compare_rounds(one: &str, other: &str) -> Ordering {
    let rounds = |segment| rounds_of(segment).split('.').map_while(|round| round.parse::<u32>().ok());
    let both = rounds(one).zip(rounds(other));
    both.map(|(one, other)| one.cmp(&other)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// Returns the number of loops around the node of a segment.
pub(crate) fn loops(segment: &str) -> usize {
    rounds_of(segment).split('.').filter(|round| !round.is_empty()).count()
}

fn rounds_of(segment: &str) -> &str {
    segment.split_once(ROUND).map_or("", |(_, rounds)| rounds)
}

/// Returns the id of the node that a segment is about.
pub(crate) fn node_of(segment: &str) -> &str {
    segment.split([ROUND, ITEM, STAND_IN, IN_CONVERSATION]).next().unwrap_or(segment)
}

/// Returns the last segment of a path, with its rounds.
pub(crate) fn last(path: &str) -> &str {
    path.rsplit(CHILD).next().unwrap_or_default()
}

/// Returns the path around the last segment.
pub(crate) fn parent(path: &str) -> Option<&str> {
    path.rsplit_once(CHILD).map(|(parent, _)| parent)
}

/// Returns the number of segments above the last one: 0 for the pipeline that is run.
pub(crate) fn depth(path: &str) -> usize {
    path.bytes().filter(|b| *b == CHILD as u8).count()
}

/// Returns true if a path is `scope`, or a node inside of the pipeline or item at `scope`.
pub(crate) fn is_within(path: &str, scope: &str) -> bool {
    path.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with(CHILD))
}

/// Returns true if a path is that of the node `node`, or of anything of it: what is inside, its items, rounds, stand-ins
/// and replies.
pub(crate) fn is_of_node(path: &str, node: &str) -> bool {
    let rest = path.strip_prefix(node);
    rest.is_some_and(|rest| {
        rest.is_empty() || rest.starts_with([CHILD, ITEM, ROUND, STAND_IN, IN_CONVERSATION])
    })
}

/// Returns true if a stand-in ran somewhere on the path.
pub(crate) fn has_stand_in(path: &str) -> bool {
    path.contains(STAND_IN)
}

/// Returns true if something on the path has facts of its own, and not those of a node of the graph: a stand-in, a reply
/// or the call of a tool.
pub(crate) fn is_beside_the_graph(path: &str) -> bool {
    path.contains([STAND_IN, IN_CONVERSATION])
}

/// Returns true if the last segment is a reply, or the call of a tool, in the conversation of a model step.
pub(crate) fn is_in_conversation(path: &str) -> bool {
    last(path).contains(IN_CONVERSATION)
}

/// Writes the path of a node of the pipeline at `scope`; `rounds` begins with its character, or is empty.
pub(crate) fn write(out: &mut String, scope: &str, node: &str, rounds: &str) {
    if !scope.is_empty() {
        out.push_str(scope);
        out.push(CHILD);
    }
    out.push_str(node);
    out.push_str(rounds);
}

/// Returns the path of a node of the pipeline at `scope`.
pub(crate) fn child(scope: &str, node: &str) -> String {
    let mut out = String::with_capacity(scope.len() + node.len() + 1);
    write(&mut out, scope, node, "");
    out
}

/// Returns the rounds of a node in round `n` of a loop, which is in the rounds `outer` itself.
pub(crate) fn rounds(outer: Option<&str>, n: u32) -> String {
    match outer {
        None => format!("{ROUND}{n}"),
        Some(outer) => format!("{outer}.{n}"),
    }
}

/// Returns the path of an item of a `map`.
pub(crate) fn item(map: &str, index: usize) -> String {
    format!("{map}{ITEM}{index}]")
}

/// Returns the id, or the path, of `target` in place of a node.
pub(crate) fn stand_in(node: &str, target: &str) -> String {
    format!("{node}{STAND_IN}{target}")
}

/// Returns the id, or the path, of the reply or call `k` in the conversation of a node.
pub(crate) fn in_conversation(node: &str, k: impl std::fmt::Display) -> String {
    format!("{node}{IN_CONVERSATION}{k}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_numbers_of_loops_from_outside() {
        assert_eq!(compare_rounds("a#10", "b#9"), Ordering::Greater);
        assert_eq!(compare_rounds("a#1.2", "b#2.1"), Ordering::Less);
        assert_eq!(compare_rounds("a#2.1", "b#2"), Ordering::Equal);
        assert_eq!(compare_rounds("notes[3]#1", "a"), Ordering::Equal);
        assert_eq!((loops("a"), loops("a#2"), loops("notes[3]#2.1")), (0, 1, 2));
    }

    #[test]
    fn what_is_written_is_read() {
        let rounds = rounds(Some(&rounds(None, 2)), 1);
        let mut path = String::new();
        write(&mut path, &item(&child("moderate", "notes"), 3), &in_conversation("relabel", 4), &rounds);
        assert_eq!(path, "moderate/notes[3]/relabel~4#2.1");
        assert_eq!(segments(&path).collect::<Vec<_>>(), ["moderate", "notes", "relabel"]);
        assert_eq!(
            (last(&path), parent(&path), depth(&path)),
            ("relabel~4#2.1", Some("moderate/notes[3]"), 2)
        );
        assert!(is_in_conversation(&path) && is_beside_the_graph(&path) && !has_stand_in(&path));
        assert!(has_stand_in(&child("moderate", &stand_in("label", "guess"))));
    }

    #[test]
    fn a_node_is_not_one_whose_name_begins_alike() {
        assert!(
            is_within("a/b", "a") && is_within("a", "a") && !is_within("ab", "a") && !is_within("a[1]", "a")
        );
        for of in ["a/b", "a/b/c", "a/b[1]/c", "a/b#2", "a/b!guess", "a/b~1"] {
            assert!(is_of_node(of, "a/b"), "{of}");
        }
        assert!(!is_of_node("a/bc", "a/b") && !is_of_node("a", "a/b"));
        assert_eq!((depth("a"), parent("a"), last("a")), (0, None, "a"));
    }
}
