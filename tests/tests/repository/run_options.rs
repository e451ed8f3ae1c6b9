//! The page of what is set in code, outside of pipelines, is made of the methods of its builders.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository` writes it.

use crate::markdown::{Checked, read};
use crate::source::{Method, methods};
use flujo_tests::made;
use std::fmt::Write as _;

/// The parts of the page, each with the file of the builder, and how many methods it has at least.
const BUILDERS: [(&str, &str, usize); 6] = [
    ("engine", "flujo/src/run/builder.rs", 20),
    ("run", "flujo/src/run/start.rs", 8),
    ("resume", "flujo/src/run/resume.rs", 4),
    ("worker", "flujo/src/run/recover.rs", 4),
    ("agent", "flujo/src/agent/builder.rs", 10),
    ("server", "tools/server/src/server.rs", 10),
];

#[test]
fn the_page_of_options_in_code_has_every_method_of_the_builders() -> Checked {
    let mut parts = Vec::new();
    for (part, file, least) in BUILDERS {
        let methods = methods(&read(file)?);
        assert!(methods.len() >= least, "{file}: {} methods", methods.len());
        let mut table = "| method | meaning |\n|---|---|\n".to_owned();
        for Method { name, arguments, doc } in methods {
            writeln!(table, "| `.{name}({arguments})` | {} |", made::cell(&doc))?;
        }
        parts.push((part, table));
    }
    made::compare("reference/run-options.md", &parts)?;
    Ok(())
}
