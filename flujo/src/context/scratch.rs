use super::rules::{Merged, Union};
use crate::codec::{CodecError, Json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A context part for notes whose names are not known at compile time: text to JSON.
///
/// Use it with the merge rule `union`: parallel branches may all write, as long as no two of them write different
/// values under one name, and none removes a value from before the fork.
///
/// ```
/// use flujo::context::Scratch;
/// use flujo::prelude::*;
///
/// #[context]
/// #[derive(Default)]
/// pub struct Research {
///     #[context(part, merge = union)]
///     pub scratch: Scratch,
/// }
///
/// #[step]
/// async fn note(word: String, scratch: &mut Scratch) -> Result<usize> {
///     scratch.set(&word, &word.len())?;
///     Ok(scratch.len())
/// }
///
/// pipeline! {
///     fn both(ctx: &mut Research) -> usize {
///         let (_, _) = join(note("one".to_string()).named("one"), note("three".to_string()).named("two"));
///         value(ctx.scratch.len())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let result = Flujo::builder().build()?.run(both()).await;
/// assert_eq!(result.context.scratch.get::<usize>("three"), Some(Ok(5)));
/// assert_eq!(result.into_output()?, 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scratch(BTreeMap<String, serde_json::Value>);

impl Scratch {
    /// Creates an empty scratch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a value under a name, replacing an earlier one.
    ///
    /// # Errors
    /// The value cannot be encoded as JSON.
    pub fn set<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), CodecError> {
        let value = Json::encode(value)?.decode()?;
        self.0.insert(name.to_owned(), value);
        Ok(())
    }

    /// Returns the value under a name; `None` if there is none.
    ///
    /// # Errors
    /// The value does not decode into a `T`.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Option<Result<T, CodecError>> {
        self.0.get(name).map(|value| Json::encode(value).and_then(|json| json.decode()))
    }

    /// Removes a value. A parallel branch must not: `union` refuses it.
    ///
    /// ```
    /// use flujo::context::Scratch;
    ///
    /// let mut notes = Scratch::new();
    /// notes.set("one", &1)?;
    /// notes.set("two", &2)?;
    /// assert!(notes.contains("one"));
    /// assert_eq!(notes.names().collect::<Vec<_>>(), ["one", "two"]);
    /// assert_eq!(notes.remove("one"), Some(1.into()));
    /// assert!(!notes.is_empty());
    /// # Ok::<(), flujo::codec::CodecError>(())
    /// ```
    pub fn remove(&mut self, name: &str) -> Option<serde_json::Value> {
        self.0.remove(name)
    }

    /// Returns true if there is a value under this name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Iterates over the names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns true if there are no values.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[diagnostic::do_not_recommend]
impl Union for Scratch {
    fn union(base: &Self, arms: &[Self]) -> Merged<Self> {
        let arms: Vec<_> = arms.iter().map(|arm| arm.0.clone()).collect();
        BTreeMap::union(&base.0, &arms).map(Self)
    }
}
