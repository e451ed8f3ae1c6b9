//! Inputs of nodes, found by a walk over the records of a run.

use super::any_step::AnyStep;
use crate::durable::AnyInput;
use crate::engine::{Key, NodeInput};
use crate::path::Path;
use std::sync::{Mutex, PoisonError};

/// The inputs of the nodes that a walk has visited.
#[derive(Debug, Default)]
pub(crate) struct Captured(Mutex<Vec<NodeInput>>);

impl Captured {
    /// Takes them, in the order of paths and attempts.
    pub(crate) fn take(&self) -> Vec<NodeInput> {
        let mut all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        // Arms and passes of a walk may visit a node more than once, with equal inputs.
        all.sort_by(|a, b| (&a.path, a.n).cmp(&(&b.path, b.n)));
        all.dedup_by(|a, b| (&a.path, a.n) == (&b.path, b.n));
        all
    }

    /// Notes the input of an attempt. One that cannot be encoded has no record either.
    #[cold]
    #[inline(never)]
    pub(super) fn attempt(&self, key: &Key, step: &mut dyn AnyStep) {
        // A reply in a conversation has the messages so far, which are in the records in front of it.
        if step.def().name.is_empty() {
            return;
        }
        let Ok(input) = step.record_input() else { return };
        let mask = step.def().reads | step.def().writes;
        let context = step.context().save_named(mask).unwrap_or_default();
        self.add(NodeInput::new(key.path.clone(), key.n, input, context));
    }

    /// Notes the input of a pipeline.
    #[cold]
    #[inline(never)]
    pub(super) fn pipeline(&self, path: Path, input: Option<&dyn AnyInput>) {
        if let Some(Ok(input)) = input.map(AnyInput::record) {
            self.add(NodeInput::new(path, 1, input, Vec::new()));
        }
    }

    fn add(&self, input: NodeInput) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(input);
    }
}
