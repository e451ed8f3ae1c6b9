//! Parts of the book that are made of code: between `<!-- made: name -->` and `<!-- end -->`.
//!
//! Tests of several packages include this file by its path, because each knows a table that only it can read.
#![allow(dead_code, unreachable_pub, reason = "a package that includes this file uses what its page needs")]

use std::path::Path;
use std::{env, fs};

/// Compares the parts of a page of `docs/book` with what the code makes of them. With `FLUJO_BOOK=overwrite` they are
/// written instead.
///
/// # Errors
/// A part has no place on the page, or the page says something else.
pub fn compare(page: &str, parts: &[(&str, String)]) -> Result<(), String> {
    let mut paths =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|dir| dir.join("docs/book").join(page));
    let path = paths.find(|path| path.exists()).ok_or_else(|| format!("there is no page {page}"))?;
    let overwrite = env::var("FLUJO_BOOK").is_ok_and(|how| how == "overwrite");
    let mut text = fs::read_to_string(&path).map_err(|e| format!("{page}: {e}"))?;
    for (name, made) in parts {
        let begin = format!("<!-- made: {name} -->\n");
        let (before, rest) = text.split_once(&begin).ok_or_else(|| format!("{page} has no part `{name}`"))?;
        let (found, after) =
            rest.split_once("<!-- end -->").ok_or_else(|| format!("{page}: the part `{name}` has no end"))?;
        // Blank lines keep Markdown from taking the marker for the first line of the part.
        let made = format!("\n{}\n\n", made.trim());
        if !overwrite && found != made {
            let differs = found.lines().zip(made.lines()).find(|(found, made)| found != made);
            let (found, made) = differs.unwrap_or(("fewer or more lines", "other ones"));
            return Err(format!(
                "{page}, part `{name}`: the page says\n  {found}\nthe code says\n  {made}\nwrite it anew: FLUJO_BOOK=overwrite, then the same test"
            ));
        }
        text = format!("{before}{begin}{made}<!-- end -->{after}");
    }
    if overwrite {
        fs::write(&path, text).map_err(|e| format!("{page}: {e}"))?;
    }
    Ok(())
}

/// Text for a cell of a table: one line, without links that only rustdoc follows.
pub fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // `[text](target)` and `[text]` keep their text; the content of code keeps its brackets.
    while let Some(at) = rest.find(['`', '[']) {
        let (before, here) = rest.split_at(at);
        out.push_str(before);
        if let Some(code) = here.strip_prefix('`') {
            let end = code.find('`').map_or(code.len(), |end| end + 1);
            out.push('`');
            out.push_str(code.get(..end).unwrap_or_default());
            rest = code.get(end..).unwrap_or_default();
            continue;
        }
        let inside = here.get(1..).unwrap_or_default();
        let Some((link, after)) = inside.split_once(']') else {
            out.push_str(here);
            rest = "";
            break;
        };
        out.push_str(link);
        rest = match after.strip_prefix('(').and_then(|target| target.split_once(')')) {
            Some((_, after)) => after,
            None => after,
        };
    }
    out.push_str(rest);
    out.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
