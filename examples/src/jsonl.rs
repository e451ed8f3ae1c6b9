//! Files of JSON lines: one value a line.

use serde::de::DeserializeOwned;
use std::fmt;
use std::path::Path;

/// Why a file was not taken. All its bad lines are named at once.
#[derive(Debug)]
pub struct BadFile {
    name: String,
    problems: Vec<Problem>,
}

#[derive(Debug)]
struct Problem {
    /// From 1; `None` when it is about the file.
    line: Option<usize>,
    what: String,
}

impl fmt::Display for BadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Problem { line, what }) in self.problems.iter().enumerate() {
            let new_line = if i == 0 { "" } else { "\n" };
            match line {
                Some(line) => write!(f, "{new_line}{}:{line}: {what}", self.name)?,
                None => write!(f, "{new_line}{}: {what}", self.name)?,
            }
        }
        write!(f, "\nnothing of it was taken")
    }
}
impl std::error::Error for BadFile {}

/// Reads a whole file, or nothing: half of a file would be moderated as if it were all of it. Blank lines
/// are allowed; `check` sees each value and says what is wrong with it.
///
/// # Errors
/// When the file cannot be read, is not UTF-8, holds no value, or has a line that is not a `T` or that
/// `check` refuses.
pub fn read<T, F>(path: &Path, mut check: F) -> Result<Vec<T>, BadFile>
where
    T: DeserializeOwned,
    F: FnMut(&T) -> Result<(), String>,
{
    let bad = |problems| BadFile { name: path.display().to_string(), problems };
    let about_file = |what: String| bad(vec![Problem { line: None, what }]);

    let text = std::fs::read_to_string(path).map_err(|e| about_file(e.to_string()))?;
    let mut values = Vec::new();
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match parse(line).and_then(|value| check(&value).map(|()| value)) {
            Ok(value) => values.push(value),
            Err(what) => problems.push(Problem { line: Some(number), what }),
        }
    }
    match (problems.is_empty(), values.is_empty()) {
        (true, false) => Ok(values),
        (true, true) => Err(about_file("no line in it".to_owned())),
        (false, _) => Err(bad(problems)),
    }
}

/// `serde_json` says `at line 1 column 9`; the line is always the first here, and the file's is named already.
fn parse<T: DeserializeOwned>(line: &str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|e| e.to_string().replace(" at line 1 column ", ", at column "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(name: &str, text: &str) -> Result<Vec<u8>, String> {
        let path = std::env::temp_dir().join(format!("flujo-jsonl-{}-{name}", std::process::id()));
        std::fs::write(&path, text).map_err(|e| e.to_string())?;
        let odd = |value: &u8| if value % 2 == 1 { Ok(()) } else { Err(format!("{value} is even")) };
        let read = read(&path, odd).map_err(|e| e.to_string().replace(&path.display().to_string(), "file"));
        std::fs::remove_file(&path).map_err(|e| e.to_string())?;
        read
    }

    #[test]
    fn blank_lines_are_allowed() {
        assert_eq!(read_text("blank", "1\n\n3\r\n  \n"), Ok(vec![1, 3]));
    }

    #[test]
    fn every_bad_line_is_named_and_nothing_is_taken() {
        let expected = "file:2: expected value, at column 1\nfile:4: 4 is even\nnothing of it was taken";
        assert_eq!(read_text("bad", "1\nx\n3\n4"), Err(expected.to_owned()));
    }

    #[test]
    fn an_empty_file_is_an_error() {
        assert_eq!(read_text("empty", "\n"), Err("file: no line in it\nnothing of it was taken".to_owned()));
    }
}
