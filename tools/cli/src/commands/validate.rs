//! `validate`.

use crate::args::{ValidateArgs, ValidateFormat};
use crate::console::Console;
use crate::exit::Exit;
use crate::json::pipeline::{FindingDoc, FindingsAnswer};
use crate::json::sarif;
use crate::runs::{Finding, Runs};
use crate::stop::CliResult;
use crate::text::colour::Colour;
use crate::text::places;
use flujo::graph::Severity;

pub(super) async fn execute(runs: &dyn Runs, args: &ValidateArgs, console: &mut Console<'_>) -> CliResult {
    let all = match &args.pipeline {
        Some(name) => vec![runs.pipeline(name).await?],
        None => runs.pipelines().await?,
    };
    let mut findings: Vec<Finding> = Vec::new();
    for finding in all.iter().flat_map(|known| &known.findings) {
        // A pipeline that others call is found once for each, at another path each time.
        if !findings.contains(finding) {
            findings.push(finding.clone());
        }
    }
    let format =
        args.format.unwrap_or(if console.json { ValidateFormat::Json } else { ValidateFormat::Text });
    match format {
        ValidateFormat::Text => text(&findings, all.len(), console)?,
        ValidateFormat::Json => {
            console.answer(&FindingsAnswer { findings: findings.iter().map(FindingDoc::of).collect() })?;
        }
        ValidateFormat::Sarif => console.answer(&sarif::Log::of(&findings))?,
    }
    let warned = findings.iter().any(|finding| finding.severity >= Severity::Warning);
    Ok(if warned && args.fail_on_warn { Exit::Findings } else { Exit::Ok })
}

fn text(findings: &[Finding], pipelines: usize, console: &mut Console<'_>) -> CliResult<()> {
    for Finding { rule, severity, message, node, file, line } in findings {
        let colour = if *severity >= Severity::Warning { Colour::Yellow } else { Colour::Cyan };
        console.whole(&format!("{severity}[{rule}] {}:{line}", places::shown(file)), colour)?;
        console.block(2, &format!("{node}: {message}"))?;
    }
    let warnings = findings.iter().filter(|finding| finding.severity >= Severity::Warning).count();
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    console.note(format!(
        "{}: {}, {}",
        count(pipelines, "pipeline"),
        count(warnings, "warning"),
        count(findings.len() - warnings, "hint")
    ));
    Ok(())
}
