// An unknown option of a step.
// errors: 1
use flujo::prelude::*;

#[step(colour = "red")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
