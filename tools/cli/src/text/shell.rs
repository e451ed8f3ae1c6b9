//! Words of a command that people copy into a shell.

use crate::text::escape;

/// Returns the word, quoted where a shell would read it differently.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    let is_safe = |(i, c): (usize, char)| is_plain(c) || (c == '#' && i > 0);
    if !word.is_empty() && word.chars().enumerate().all(is_safe) {
        return word.to_owned();
    }
    format!("'{}'", escape::line(word).replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        assert_eq!(quoted("moderate/label#2"), "moderate/label#2");
        assert_eq!(quoted("#2"), "'#2'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("r; rm -rf ~"), "'r; rm -rf ~'");
        assert_eq!(quoted("it's\n$x"), "'it'\\''s\\n$x'");
    }
}
