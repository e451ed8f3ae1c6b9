//! What is said against outputs, kept in the context.

use crate::world::*;
use flujo::Findings;
use flujo::prelude::*;

/// A context with room for findings.
#[context]
#[derive(Debug, PartialEq, Default)]
pub struct Kept {
    #[context(part, merge = append)]
    pub findings: Findings,
    #[context(part, merge = append)]
    pub log: Vec<String>,
    #[context(part, merge = sum)]
    pub total: u64,
}

pub struct NoX;
impl Validator<String> for NoX {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.contains('x') { ValidationResult::invalid("holds an x") } else { ValidationResult::valid() }
    }
}
pub struct Short;
impl Validator<String> for Short {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.len() > 1 { ValidationResult::invalid("too long") } else { ValidationResult::valid() }
    }
}

/// Leaves one letter out on every attempt.
#[step(retries = 3, validate = (NoX, Short))]
pub async fn shortens(text: String, log: &mut Vec<String>, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    log.push(run.feedback().unwrap_or_default().to_owned());
    Ok(text.chars().skip(run.attempt() as usize).collect())
}

pipeline! {
    pub fn keeps(text: String, ctx: &mut Kept, world: &World) -> String {
        let one = shortens(format!("{text}xxa")).keep_findings();
        let more: String = ask(format!("{} findings", ctx.findings.len()));
        let two = shortens(format!("{text}xxa{more}")).named("lenient").strict(false).keep_findings();
        format!("{one}{two}")
    }
}
