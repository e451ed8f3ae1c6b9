//! Texts of errors: one line for people, and the end of a `main` that returns an error.

use super::{Error, ErrorKind};
use std::fmt;

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(message) => f.write_str(message),
            Self::TimedOut(limit) => write!(f, "timed out after {limit:?}"),
            Self::Rejected(reasons) => write!(f, "rejected: {}", reasons.join("; ")),
            Self::Exhausted { form, rounds } => {
                write!(
                    f,
                    "`{form}` did not finish within {rounds} round{}",
                    if *rounds == 1 { "" } else { "s" }
                )
            }
            Self::Panicked(message) => write!(f, "panicked: {message}"),
            Self::Codec(e) => write!(f, "cannot be recorded: {e}"),
            Self::MergeConflict(what) => write!(f, "merge conflict: {what}"),
            Self::Signal(signal) => write!(f, "{signal}"),
            Self::LimitExceeded(exceeded) => write!(f, "{exceeded}"),
            Self::Interrupted => f.write_str("the process that ran it has ended: `resume` continues the run"),
            Self::Crashed { in_flight } => {
                f.write_str("taken over five times without a new record")?;
                for (i, path) in in_flight.iter().enumerate() {
                    write!(f, "{}{path}", if i == 0 { "; under way: " } else { ", " })?;
                }
                Ok(())
            }
            Self::Busy(id) => write!(f, "run `{id}` is already running: wait for it, or cancel it"),
            Self::UnknownRun(id) => write!(f, "no run `{id}` is known here"),
            Self::UnknownNode { run, path } => {
                write!(f, "run `{run}` has nothing recorded at `{path}`: fork it at one of its nodes")
            }
            Self::Unconfigured(what)
            | Self::RunConflict(what)
            | Self::Reply(what)
            | Self::Input(what)
            | Self::Setup(what) => f.write_str(what),
            Self::Engine(error) => write!(f, "{error}"),
            Self::Internal(what) => write!(f, "internal error: {what}; please report it"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.0.path {
            write!(f, "{path}: ")?;
        }
        write!(f, "{}", self.0.kind)?;
        match self.0.attempt {
            // The attempts that are left are not made: their number would promise them.
            Some((n, of)) if n < of && !self.0.retryable => {
                write!(f, " (attempt {n}; fatal, so not retried)")?;
            }
            Some((n, of)) if of > 1 => write!(f, " (attempt {n} of {of})")?,
            _ => {}
        }
        match (&self.0.kind, &self.0.last, &self.0.path) {
            (ErrorKind::TimedOut(_), Some(last), Some(path)) if last.path != *path => {
                write!(f, "; under way: {}", last.path)?;
            }
            _ => {}
        }
        match &self.0.original {
            Some(original) => write!(f, "; fallback of: {original}"),
            None => Ok(()),
        }
    }
}

/// Prints what [`Display`](fmt::Display) does, then the sources that say more: a `main` that returns an error ends with it.
/// `{:#?}` prints the fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            let mut said = self.to_string();
            f.write_str(&said)?;
            let mut source = std::error::Error::source(self);
            while let Some(error) = source {
                let text = error.to_string();
                if !said.contains(&text) {
                    write!(f, "\n  caused by: {text}")?;
                    said.push_str(&text);
                }
                source = error.source();
            }
            return Ok(());
        }
        let mut out = f.debug_struct("Error");
        out.field("path", &self.0.path).field("kind", &self.0.kind);
        if let Some(source) = &self.0.source {
            out.field("source", source);
        }
        if let Some(original) = &self.0.original {
            out.field("original", original);
        }
        out.finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Error, ErrorKind};
    use std::io;

    #[test]
    fn a_price_that_is_no_amount_is_a_mistake_of_setup() {
        let build = || -> Result<_, Error> { Ok(crate::Cost::usd("15 cents")?) };
        let error = build().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Setup(_)));
        assert_eq!(
            format!("{error:?}"),
            "`15 cents` is not an amount in dollars: write digits and up to nine decimals, such as `0.50`"
        );
    }

    #[test]
    fn an_error_that_ends_main_reads_as_a_sentence_with_its_causes() {
        let disk = Box::new(io::Error::other("disk full"));
        let error = Error::new(ErrorKind::Failed("the letter is not filed".to_owned())).with_source(disk);
        assert_eq!(format!("{error:?}"), "the letter is not filed\n  caused by: disk full");
        assert!(format!("{error:#?}").starts_with("Error {"));

        let cause_in_the_text = Box::new(io::Error::other("disk full"));
        let error =
            Error::new(ErrorKind::Failed("not filed: disk full".to_owned())).with_source(cause_in_the_text);
        assert_eq!(format!("{error:?}"), "not filed: disk full");
    }
}
