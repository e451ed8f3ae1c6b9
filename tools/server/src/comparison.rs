//! Two runs beside each other, node by node: what the console shows, the interface sends and the command line prints.
//!
//! ```
//! # use flujo::prelude::*;
//! use flujo::run::Control;
//! use flujo_server::comparison::{Standing, compare};
//! # #[step]
//! # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
//! pipeline! {
//!     fn welcome(name: String) -> String { greet(name) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! let flujo = Flujo::builder().pipeline::<welcome>().build()?;
//! flujo.run(welcome("Ada".to_owned())).id("a").await;
//! flujo.run(welcome("Eve".to_owned())).id("b").await;
//! let found = compare(&flujo.inspect("a").await?, &flujo.inspect("b").await?);
//! assert_eq!(found[0].path(), "welcome/greet");
//! assert_eq!(found[0].standing(), Standing::Differs);
//! # Ok(())
//! # }
//! ```

use flujo::engine::{NodeView, RecordOutcome, RunView};
use std::collections::HashMap;

/// A node that at least one of two runs has records of.
///
/// ```
/// use flujo_server::comparison::Compared;
///
/// /// A line for each node; how long it took is in the nodes of both runs.
/// fn line(node: &Compared) -> String {
///     let attempts = |side: Option<&flujo::engine::NodeView>| side.map_or(0, |side| side.attempts);
///     format!("{} {} {}/{}", node.path(), node.standing().word(), attempts(node.first()), attempts(node.second()))
/// }
/// # drop(line);
/// ```
#[derive(Clone, Debug)]
pub struct Compared {
    path: String,
    sides: Sides,
}

#[derive(Clone, Debug)]
enum Sides {
    First(NodeView),
    Second(NodeView),
    Both(NodeView, NodeView),
}

/// The difference of a node between two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// Both have the same output, or the same failure.
    Same,
    /// The outputs differ, or the failures, or one of them failed.
    Differs,
    /// Only the first run has records of it.
    First,
    /// Only the second run has records of it.
    Second,
}

impl Standing {
    /// Returns the standing as a word: `same`, `differs`, `first` or `second`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Differs => "differs",
            Self::First => "first",
            Self::Second => "second",
        }
    }
}

impl Compared {
    /// Returns the path of the node.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the node in the first run.
    pub const fn first(&self) -> Option<&NodeView> {
        match &self.sides {
            Sides::First(node) | Sides::Both(node, _) => Some(node),
            Sides::Second(_) => None,
        }
    }

    /// Returns the node in the second run.
    pub const fn second(&self) -> Option<&NodeView> {
        match &self.sides {
            Sides::Second(node) | Sides::Both(_, node) => Some(node),
            Sides::First(_) => None,
        }
    }

    /// Returns the difference: of the last attempts, by what came of them.
    pub fn standing(&self) -> Standing {
        match &self.sides {
            Sides::First(_) => Standing::First,
            Sides::Second(_) => Standing::Second,
            Sides::Both(first, second) if is_same(&first.last.outcome, &second.last.outcome) => {
                Standing::Same
            }
            Sides::Both(..) => Standing::Differs,
        }
    }
}

fn is_same(first: &RecordOutcome, second: &RecordOutcome) -> bool {
    match (first, second) {
        (RecordOutcome::Output(first), RecordOutcome::Output(second)) => first == second,
        (RecordOutcome::Failure(first), RecordOutcome::Failure(second)) => first.chain == second.chain,
        _ => false,
    }
}

/// Compares two runs: their nodes in the order of the first run, then those of the second alone.
pub fn compare(first: &RunView, second: &RunView) -> Vec<Compared> {
    let of_second = second.nodes();
    let mut left: HashMap<_, _> = of_second.iter().map(|node| (node.path.clone(), node.clone())).collect();
    let mut all = Vec::new();
    for node in first.nodes() {
        let path = node.path.to_string();
        let sides = match left.remove(&node.path) {
            Some(other) => Sides::Both(node, other),
            None => Sides::First(node),
        };
        all.push(Compared { path, sides });
    }
    for node in of_second {
        if left.contains_key(&node.path) {
            all.push(Compared { path: node.path.to_string(), sides: Sides::Second(node) });
        }
    }
    all
}
