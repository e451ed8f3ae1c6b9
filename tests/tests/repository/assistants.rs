//! The page for coding assistants: its table of mistakes is held to the programs in `ui/` and to the programs of the page.

use crate::markdown::{Checked, blocks, read, root};
use std::error::Error;
use std::fs;

const PAGE: &str = "docs/book/assistants.md";
const ABOVE: &str = "<!-- each wrong cell is in tests/ui, each right cell in a program of this page";

/// One mistake: the name of its fixture, wrong code, right code.
#[derive(Debug, PartialEq)]
struct Row {
    name: String,
    wrong: String,
    right: String,
}

/// The text of the only code span of a cell.
fn code(cell: &str) -> Option<String> {
    let text = cell.trim().strip_prefix('`')?.strip_suffix('`')?;
    (!text.contains('`')).then(|| text.replace("\\|", "|"))
}

/// The cells of a row of a table, in which `\|` is no border.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_matches('|').replace("\\|", "\u{0}");
    line.split('|').map(|cell| cell.replace('\u{0}', "\\|")).collect()
}

fn rows(page: &str) -> Result<Vec<Row>, Box<dyn Error>> {
    let (_, table) = page.split_once(ABOVE).ok_or("the comment above the table is gone")?;
    let lines = table.lines().skip(1).take_while(|line| line.starts_with('|')).skip(2);
    lines
        .map(|line| match cells(line).iter().map(|cell| code(cell)).collect::<Option<Vec<_>>>().as_deref() {
            Some([name, wrong, right]) => {
                Ok(Row { name: name.clone(), wrong: wrong.clone(), right: right.clone() })
            }
            _ => Err(format!("three cells with one code span each are expected: {line}").into()),
        })
        .collect()
}

/// The fixture of this name, whichever topic it belongs to.
fn fixture(name: &str) -> Result<String, Box<dyn Error>> {
    for topic in fs::read_dir(root().join("tests/ui"))? {
        let file = topic?.path().join(format!("{name}.rs"));
        if file.exists() && file.with_extension("stderr").exists() {
            return Ok(fs::read_to_string(file)?);
        }
    }
    Err(format!("{PAGE}: there is no tests/ui/*/{name}.rs with a message").into())
}

#[test]
fn mistakes_are_those_of_the_fixtures_and_right_code_compiles() -> Checked {
    let page = read(PAGE)?;
    let programs: String =
        blocks(&page).into_iter().filter(|block| block.language == "rust").map(|block| block.text).collect();
    let rows = rows(&page)?;
    assert!(rows.len() >= 30, "{} rows", rows.len());
    for Row { name, wrong, right } in rows {
        assert!(fixture(&name)?.contains(&wrong), "tests/ui/*/{name}.rs does not contain `{wrong}`");
        assert!(programs.contains(&right), "no program of {PAGE} contains `{right}`");
    }
    Ok(())
}

#[test]
fn rows_are_read_with_borders_in_their_code() -> Checked {
    let page = format!(
        "{ABOVE} -->\n| name | wrong | right |\n|---|---|---|\n| `a` | `\\|x\\| y` | `z` |\n\ntext\n"
    );
    let [name, wrong, right] = ["a", "|x| y", "z"].map(str::to_owned);
    assert_eq!(rows(&page)?, [Row { name, wrong, right }]);
    assert!(rows(&page.replace("`z`", "z")).is_err());
    assert!(fixture("there_is_no_such_mistake").is_err());
    Ok(())
}
