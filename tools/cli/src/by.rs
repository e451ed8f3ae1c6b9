//! The name of the caller, which the record of a change has.

/// Returns the name of the user, as the operating system's session says it.
pub(crate) fn user() -> Option<String> {
    let names = ["USER", "LOGNAME", "USERNAME"].into_iter();
    names.filter_map(|name| std::env::var(name).ok()).find(|name| !name.is_empty())
}
