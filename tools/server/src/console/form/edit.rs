//! The buttons of lists: they send the form, and get it back longer or shorter.

use super::field::List;
use super::{Raw, name};

/// The name of the buttons.
pub(super) const EDIT: &str = "edit";

pub(super) fn add(list: &str) -> String {
    format!("add {list}")
}

pub(super) fn remove(list: &str, i: usize) -> String {
    format!("remove {i} {list}")
}

/// Does what a button of a list says; false if none was pressed.
pub(crate) fn edited(raw: &mut Raw) -> bool {
    let Some(edit) = raw.get(EDIT).map(str::to_owned) else { return false };
    if let Some(list) = edit.strip_prefix("add ") {
        let count = raw.count(list, List::MOST);
        raw.set(name::count(list), (count + 1).min(List::MOST).to_string());
    } else if let Some((i, list)) = edit.strip_prefix("remove ").and_then(|rest| rest.split_once(' ')) {
        let count = raw.count(list, List::MOST);
        if let Some(i) = i.parse().ok().filter(|i| *i < count) {
            raw.remove_item(list, i, count);
        }
    }
    true
}
