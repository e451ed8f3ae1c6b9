//! The page of what is set in code, outside of pipelines, is made of the methods of its builders.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository` writes it.

use crate::markdown::{Checked, read};
use crate::source::{Method, methods};
use flujo_tests::made;
use std::fmt::Write as _;

/// The parts of the page, each with the file of the builder, the line that its methods begin behind, and how many it has at
/// least.
const BUILDERS: [(&str, &str, &str, usize); 8] = [
    ("engine", "flujo/src/run/builder.rs", "impl<R> Builder<R> {", 20),
    ("run", "flujo/src/run/start.rs", "impl<P: Step, R, C> Run<P, R, C> {", 8),
    ("resume", "flujo/src/run/resume.rs", "impl<P, R> Resume<P, R> {", 4),
    ("worker", "flujo/src/run/worker.rs", "impl<R: Send + Sync + 'static> Worker<R> {", 4),
    ("agent", "flujo/src/agent/builder.rs", "impl AgentBuilder {", 10),
    ("server", "tools/server/src/server.rs", "impl Server {", 10),
    ("cli", "tools/cli/src/cli.rs", "impl Cli {", 4),
    ("run_info", "flujo/src/step/info.rs", "impl RunInfo {", 9),
];

#[test]
fn the_page_of_options_in_code_has_every_method_of_the_builders() -> Checked {
    let mut parts = Vec::new();
    for (part, file, begin, least) in BUILDERS {
        let source = read(file)?;
        let (_, source) = source.split_once(begin).ok_or_else(|| format!("{file} has no `{begin}`"))?;
        let methods = methods(source);
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
