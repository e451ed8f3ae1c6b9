//! `map`: one body for each item of a list.

use super::form::Form;
use super::settled::Each;
use crate::context::Context;
use crate::error::{Error, ErrorKind, RunResult};
use crate::exec::{Cx, Driver};
use crate::path::NodeId;

/// Runs a body for every item: `map(items, |item| label(item)).concurrency(4)`.
///
/// Order is kept, nothing gives nothing. Every item works on its own copy of the context; the first failure
/// fails the map, with `.settle()` every item gives a `Result`. Paths are `notes[3]/label`, from 0.
pub fn map<I: IntoIterator, T>(items: I, body: impl FnMut(I::Item) -> T) -> Form<Vec<T>, Each> {
    Form::new(items.into_iter().map(body).collect())
}

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// The items of a `map`: more than `max` fail before the first runs.
    ///
    /// # Errors
    /// There are more than `max`.
    pub fn items<I: IntoIterator>(
        &self,
        id: impl Into<NodeId>,
        items: I,
        max: Option<u32>,
    ) -> RunResult<Vec<I::Item>> {
        let items = Vec::from_iter(items);
        match self.driver.too_many(id.into(), items.len(), max) {
            None => Ok(items),
            Some(error) => Err(error),
        }
    }

    /// How many items may run at once.
    ///
    /// # Errors
    /// None may, which only a value computed at run time can say: the compiler refuses a literal zero.
    pub fn concurrency(&self, id: impl Into<NodeId>, n: usize) -> RunResult<usize> {
        if n == 0 { Err(self.driver.no_concurrency(id.into())) } else { Ok(n) }
    }
}

impl Driver<'_> {
    fn too_many(&self, id: NodeId, items: usize, max: Option<u32>) -> Option<Error> {
        let max = max.filter(|max| !u32::try_from(items).is_ok_and(|n| n <= *max))?;
        let what = format!("{items} items are more than the {max} that `.max` allows");
        Some(Error::new(ErrorKind::Failed(what)).at(self.place(id).path()))
    }

    #[cold]
    fn no_concurrency(&self, id: NodeId) -> Error {
        let what = "at least one item runs at a time, but its `concurrency` is 0".to_owned();
        Error::new(ErrorKind::Failed(what)).at(self.place(id).path())
    }
}
