//! Command lines, by hand: a few options, each with a clear error.

use std::fmt;

/// Why a command line is refused.
#[derive(Debug)]
pub struct BadArgs(String);

impl BadArgs {
    /// Refuses, with the reason.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}
impl fmt::Display for BadArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for BadArgs {}

/// What stands on a command line, word by word.
#[derive(Debug)]
pub struct Args<I> {
    words: I,
    /// The value in `--option=value`, until it is asked for.
    attached: Option<(String, String)>,
}

/// One thing on a command line.
#[derive(Debug, PartialEq, Eq)]
pub enum Arg {
    /// `--name` or `-n`; its value, if it has one, is asked for by [`Args::value`].
    Option(String),
    /// Anything else.
    Word(String),
}

impl<I: Iterator<Item = String>> Args<I> {
    /// Reads `words`, without the program's name.
    pub fn new(words: I) -> Self {
        Self { words, attached: None }
    }

    /// The next option or word.
    ///
    /// # Errors
    /// When the option before had a value, as in `--plain=yes`, and nobody asked for it.
    pub fn next_arg(&mut self) -> Result<Option<Arg>, BadArgs> {
        if let Some((option, value)) = self.attached.take() {
            return Err(BadArgs(format!("{option} takes no value, and got `{value}`")));
        }
        let Some(word) = self.words.next() else { return Ok(None) };
        if !word.starts_with('-') || word == "-" {
            return Ok(Some(Arg::Word(word)));
        }
        if let Some((option, value)) = word.split_once('=') {
            self.attached = Some((option.to_owned(), value.to_owned()));
            return Ok(Some(Arg::Option(option.to_owned())));
        }
        Ok(Some(Arg::Option(word)))
    }

    /// The value of `option`, which has just been read: `--option value` or `--option=value`.
    ///
    /// # Errors
    /// When there is none.
    pub fn value(&mut self, option: &str) -> Result<String, BadArgs> {
        if let Some((_, value)) = self.attached.take() {
            return Ok(value);
        }
        match self.words.next() {
            Some(value) if !value.starts_with("--") => Ok(value),
            Some(next) => Err(BadArgs(format!("{option} needs a value, and `{next}` follows it"))),
            None => Err(BadArgs(format!("{option} needs a value"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Args<std::vec::IntoIter<String>> {
        Args::new(words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>().into_iter())
    }

    #[test]
    fn options_words_and_values() -> Result<(), BadArgs> {
        let mut args = args(&["--plain", "posts.jsonl", "--reply", "neutral", "--reply=hostile"]);
        assert_eq!(args.next_arg()?, Some(Arg::Option("--plain".to_owned())));
        assert_eq!(args.next_arg()?, Some(Arg::Word("posts.jsonl".to_owned())));
        for value in ["neutral", "hostile"] {
            assert_eq!(args.next_arg()?, Some(Arg::Option("--reply".to_owned())));
            assert_eq!(args.value("--reply")?, value);
        }
        assert_eq!(args.next_arg()?, None);
        Ok(())
    }

    #[test]
    fn values_that_are_missing_or_too_many_are_refused() -> Result<(), BadArgs> {
        let mut missing = args(&["--reply"]);
        missing.next_arg()?;
        assert_eq!(
            missing.value("--reply").map_err(|e| e.to_string()),
            Err("--reply needs a value".to_owned())
        );

        let mut another = args(&["--reply", "--plain"]);
        another.next_arg()?;
        let refused = another.value("--reply").map_err(|e| e.to_string());
        assert_eq!(refused, Err("--reply needs a value, and `--plain` follows it".to_owned()));

        let mut unasked = args(&["--plain=yes"]);
        unasked.next_arg()?;
        let refused = unasked.next_arg().map_err(|e| e.to_string());
        assert_eq!(refused, Err("--plain takes no value, and got `yes`".to_owned()));
        Ok(())
    }
}
