//! The messages of the compiler by their names.

mod all;

/// The book, file by file.
const BOOK: &str = "https://github.com/flujo-rs/flujo/blob/main/";

/// A mistake that the compiler reports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mistake<'a> {
    pub(crate) name: &'a str,
    /// The rule, in a sentence.
    pub(crate) caption: &'a str,
    /// The page of the book.
    page: &'a str,
    /// A program with the mistake.
    pub(crate) program: &'a str,
    /// What the compiler prints of it.
    pub(crate) message: &'a str,
}

impl Mistake<'_> {
    /// Returns the address in the book.
    pub(crate) fn address(&self) -> String {
        format!("{BOOK}{}#{}", self.page, self.name)
    }
}

/// Returns all mistakes, by their names.
pub(crate) fn all() -> impl Iterator<Item = Mistake<'static>> {
    all::ALL.iter().filter_map(|(name, text)| read(name, text))
}

/// Returns the mistake of a name, which may be in brackets, as messages have it.
pub(crate) fn find(name: &str) -> Option<Mistake<'static>> {
    let name = bare(name);
    all().find(|mistake| mistake.name == name)
}

/// Returns the names that were probably meant: those with this text in them, or the one that is nearest.
pub(crate) fn meant(name: &str) -> Vec<&'static str> {
    /// So many are shown.
    const MOST: usize = 3;
    let name = bare(name).to_lowercase().replace(['-', ' '], "_");
    let within: Vec<_> = all().map(|mistake| mistake.name).filter(|known| known.contains(&name)).collect();
    if !name.is_empty() && !within.is_empty() {
        return within.into_iter().take(MOST).collect();
    }
    let nearest = all().map(|mistake| (distance(&name, mistake.name), mistake.name)).min();
    let near = nearest.filter(|(distance, known)| *distance <= known.len() / 3);
    near.into_iter().map(|(_, known)| known).collect()
}

fn bare(name: &str) -> &str {
    let name = name.trim();
    name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name)
}

/// The file of a mistake: the caption, the page, an empty line, the program, a line `--`, and the message.
fn read<'a>(name: &'a str, text: &'a str) -> Option<Mistake<'a>> {
    let (caption, rest) = text.split_once('\n')?;
    let (page, rest) = rest.split_once("\n\n")?;
    let (program, message) = rest.split_once("\n--\n")?;
    Some(Mistake { name, caption, page, program, message: message.trim_end() })
}

/// How many letters have to be put in, left out or replaced.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut before = i + 1;
        let mut row = vec![before];
        for ((b, diagonal), up) in other.iter().zip(&above).zip(above.iter().skip(1)) {
            before = (diagonal + usize::from(a != *b)).min(up + 1).min(before + 1);
            row.push(before);
        }
        above = row;
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read() {
        assert!(all::ALL.len() > 100);
        assert_eq!(all().count(), all::ALL.len());
        for mistake in all() {
            let ends = format!(" [{}]", mistake.name);
            assert!(mistake.message.lines().any(|line| line.ends_with(&ends)), "{mistake:?}");
            assert!(mistake.page.starts_with("docs/book/compiler/"), "{mistake:?}");
            assert!(!mistake.caption.is_empty() && !mistake.program.is_empty(), "{mistake:?}");
        }
    }

    #[test]
    fn a_name_is_found_with_its_brackets_too() {
        let named = |name| find(name).map(|mistake| mistake.name);
        assert_eq!(named("join_conflict"), Some("join_conflict"));
        assert_eq!(named(" [join_conflict] "), Some("join_conflict"));
        assert_eq!(named("[join_conflict"), None);
    }

    #[test]
    fn a_name_that_does_not_exist_gets_the_one_that_was_meant() {
        assert_eq!(meant("join_conflit"), ["join_conflict"]);
        assert_eq!(meant("[Join-Conflict]"), ["join_conflict"]);
        assert_eq!(meant("conflict"), ["join_conflict", "map_conflict"]);
        assert_eq!(meant("not_a").len(), 3);
        assert_eq!(meant("E0308"), Vec::<&str>::new());
    }

    #[test]
    fn distances() {
        for (a, b, d) in
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("a", "a", 0)]
        {
            assert_eq!(distance(a, b), d, "{a} {b}");
        }
    }
}
