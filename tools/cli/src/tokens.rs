//! The callers that a server knows, as files and variables list them.

use crate::stop::{CliResult, Stop};
use flujo::Secret;
use flujo_server::Role;

/// A caller: the name, the role and the token.
pub(crate) type TokenEntry = (String, Role, Secret);

/// Reads callers: a name, a role and a token on a line, or with `,` between one and the next. Lines that begin with `#`
/// are comments. What is wrong is said without the token.
pub(crate) fn parse(text: &str, place: &str) -> CliResult<Vec<TokenEntry>> {
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim_start().starts_with('#'));
    let entries = lines.flat_map(|(line, n)| line.split(',').map(move |entry| (entry.trim(), n)));
    let mut known = Vec::<TokenEntry>::new();
    for (entry, n) in entries.filter(|(entry, _)| !entry.is_empty()) {
        let wrong = |what: &str| Stop::usage(format_args!("line {n} of {place}: {what}"));
        let mut words = entry.split_whitespace();
        let (Some(name), Some(role), Some(token), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(wrong("write a name, a role and a token, with spaces between"));
        };
        let role: Role = role.parse().map_err(|error| wrong(&format!("the second word is {error}")))?;
        known.push((name.to_owned(), role, token.to_owned().into()));
    }
    if known.is_empty() {
        return Err(Stop::usage(format_args!(
            "{place} has no caller: write `ops operator`, and a long random token"
        )));
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, Role)>, String> {
        match parse(text, "`tokens`") {
            Ok(known) => Ok(known.into_iter().map(|(name, role, _)| (name, role)).collect()),
            Err(Stop::Error(_, what, _)) => Err(what),
            Err(Stop::Closed) => Err(String::new()),
        }
    }

    #[test]
    fn callers_stand_on_lines_or_between_commas() {
        let both = Ok(vec![("ops".to_owned(), Role::Operator), ("eve".to_owned(), Role::Viewer)]);
        assert_eq!(read("# who may do what\nops operator s3cret\n\n eve\tviewer\tt0ken\n"), both);
        assert_eq!(read("ops operator s3cret, eve viewer t0ken"), both);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_token() {
        for (text, what) in [
            ("ops operator\n", "line 1 of `tokens`: write a name, a role and a token, with spaces between"),
            ("#\nops s3cret operator", "line 2 of `tokens`: the second word is not a role"),
            ("ops operator s3cret x", "line 1 of `tokens`: write a name"),
            ("# nobody", "`tokens` has no caller"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.starts_with(what) && !said.contains("s3cret"), "{said}");
        }
    }
}
