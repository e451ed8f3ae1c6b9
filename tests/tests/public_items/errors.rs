//! A function that fails says with which kinds of error: those that its caller would match on. That there are sections `# Errors`
//! and `# Panics` at all is also asked by clippy, which does not look into traits.

use crate::items::Item;

/// The part of the docs below `# Errors`.
fn section(docs: &str) -> Option<String> {
    let mut lines = docs.lines().skip_while(|line| line.trim() != "# Errors");
    lines.next()?;
    Some(lines.take_while(|line| !line.starts_with("# ")).collect::<Vec<_>>().join(" "))
}

/// What an error of this type is matched on. Errors that are one thing have a name and no kinds.
fn kinds(error: &str) -> Option<&'static [&'static str]> {
    Some(match error {
        "flujo::error::Error" => &["ErrorKind::", "Signal::"],
        // Its kinds are whether trying again helps.
        "flujo::error::StepError" => &["retryable", "fatal", "StepError::"],
        "flujo::model::failure::ModelError" | "flujo::model::ModelError" => &["ModelFailure::"],
        "flujo::error::failure::Failure" => &["FailureKind::"],
        _ => return None,
    })
}

/// What the docs of an item do not say of its errors.
pub fn unsaid(item: &Item) -> Option<String> {
    let error = item.error.as_ref()?;
    let Some(said) = section(&item.docs) else {
        return Some("returns a `Result` and has no section `# Errors`".to_owned());
    };
    // As another function, which is named and has them.
    if said.contains("As [`") {
        return None;
    }
    let own = format!("{}::", error.path.rsplit("::").next().unwrap_or_default());
    let words = match kinds(&error.path) {
        Some(words) => words.to_vec(),
        None if error.is_enum => vec![own.as_str()],
        None => return None,
    };
    let names_one = words.iter().any(|word| said.contains(word));
    (!names_one).then(|| format!("`# Errors` names no kind: one of {} is expected", words.join(", ")))
}
