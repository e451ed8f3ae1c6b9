// Sampling belongs to model steps.
// errors: 1
use flujo::prelude::*;

#[step(temperature = 0.2)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
