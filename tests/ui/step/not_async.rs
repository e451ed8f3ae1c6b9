// A step is an async function.
// errors: 1
use flujo::prelude::*;

#[step]
fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
