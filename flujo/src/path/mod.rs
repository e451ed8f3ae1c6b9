//! Where something happens: `pipeline/node`, with rounds and items.

pub(crate) mod grammar;

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

/// The id of a node in its pipeline: usually text known at compile time, but a driver that walks a tree
/// made at run time may use text of its own.
///
/// ```
/// use flujo::path::{NodeId, Path};
/// let id = NodeId::new("triage");
/// assert_eq!(Path::from("moderate/triage"), format!("moderate/{}", id.as_str()).as_str());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NodeId(Name);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Name {
    Static(&'static str),
    Shared(Arc<str>),
}

impl NodeId {
    /// An id known at compile time.
    #[inline]
    pub const fn new(name: &'static str) -> Self {
        Self(Name::Static(name))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Static(name) => name,
            Name::Shared(name) => name,
        }
    }

    /// The node that `target` runs as, in place of this one.
    pub(crate) fn replaced_by(&self, target: &str) -> Self {
        Self::from(grammar::stand_in(self.as_str(), target))
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl From<&'static str> for NodeId {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}
impl From<String> for NodeId {
    fn from(name: String) -> Self {
        Self(Name::Shared(name.into()))
    }
}

/// The path of a pipeline, without a trailing slash. That of a whole run is the pipeline's name, known at
/// compile time: every step's result has a copy, and that one costs no counting of references.
#[derive(Clone)]
pub(crate) struct Scope(Name);

impl Scope {
    /// The whole run.
    pub(crate) const ROOT: Self = Self(Name::Static(""));
}
impl std::ops::Deref for Scope {
    type Target = str;
    #[inline]
    fn deref(&self) -> &str {
        match &self.0 {
            Name::Static(name) => name,
            Name::Shared(name) => name,
        }
    }
}
impl From<NodeId> for Scope {
    fn from(id: NodeId) -> Self {
        Self(id.0)
    }
}
impl From<String> for Scope {
    fn from(path: String) -> Self {
        Self(Name::Shared(path.into()))
    }
}

thread_local! {
    /// Where paths are put together: they are short, and every recorded step has one.
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A place in a run. Built on demand: a node costs two pointers here.
#[derive(Clone)]
pub(crate) struct Place {
    scope: Scope,
    node: NodeId,
    /// `#2.1` inside loops.
    rounds: Option<Arc<str>>,
}

impl Place {
    pub(crate) fn new(scope: Scope, node: NodeId, rounds: Option<Arc<str>>) -> Self {
        Self { scope, node, rounds }
    }

    /// Makes it that of another node of the same pipeline.
    #[inline]
    pub(crate) fn move_to(&mut self, node: NodeId, rounds: Option<&Arc<str>>) {
        self.node = node;
        if self.rounds.as_ref().map(Arc::as_ptr) != rounds.map(Arc::as_ptr) {
            self.rounds = rounds.cloned();
        }
    }

    /// The `k`th reply, or call of a tool, in the conversation of this node.
    pub(crate) fn within(&self, k: u32) -> NodeId {
        NodeId::from(grammar::in_conversation(self.node.as_str(), k))
    }

    /// The path as text: what records are kept under.
    pub(crate) fn path(&self) -> Path {
        TEXT.with_borrow_mut(|text| {
            text.clear();
            let rounds = self.rounds.as_deref().unwrap_or_default();
            grammar::write(text, &self.scope, self.node.as_str(), rounds);
            Path(text.as_str().into())
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path())
    }
}
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A path as text, for instance `moderate/relabel#2`. Stable under edits elsewhere in the pipeline.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Path(pub(crate) Arc<str>);

impl Path {
    /// Whether this is a reply, or a call of a tool, in the conversation of a model step.
    pub(crate) fn is_in_conversation(&self) -> bool {
        grammar::is_in_conversation(self.as_str())
    }
    /// Whether this is in the conversation of a model step, or inside of a tool that it called.
    pub(crate) fn is_in_any_conversation(&self) -> bool {
        grammar::nodes(self.as_str()).any(|(_, talks)| talks)
    }
    /// Whether this is `scope`, or something in it.
    pub(crate) fn is_within(&self, scope: &Self) -> bool {
        grammar::is_within(self.as_str(), scope.as_str())
    }
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl From<&str> for Path {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}
impl PartialEq<str> for Path {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}
impl PartialEq<&str> for Path {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}
impl std::borrow::Borrow<str> for Path {
    fn borrow(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}
