//! References of a schema: what they refer to, and what was found there already.

use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ptr;

/// What was found in a value by a schema that is referred to. One that is asked again while it is looked at adds nothing;
/// without this, alternatives that refer to themselves take exponential time.
#[derive(Default)]
pub(super) struct Seen(RefCell<HashMap<(*const Value, *const Value), Option<String>>>);

impl Seen {
    /// Looks at a value by a schema, once.
    pub(super) fn once(
        &self,
        schema: &Value,
        value: &Value,
        look: impl FnOnce() -> Option<String>,
    ) -> Option<String> {
        let key = (ptr::from_ref(schema), ptr::from_ref(value));
        if let Some(found) = self.0.borrow().get(&key) {
            return found.clone();
        }
        self.0.borrow_mut().insert(key, None);
        let found = look();
        if found.is_some() {
            self.0.borrow_mut().insert(key, found.clone());
        }
        found
    }
}

/// Returns the schema that this one refers to, if it does.
pub(super) fn referred<'s>(root: &'s Value, schema: &Map<String, Value>) -> Option<&'s Value> {
    let name = schema.get("$ref").and_then(Value::as_str)?;
    root.pointer(name.strip_prefix('#')?)
}
