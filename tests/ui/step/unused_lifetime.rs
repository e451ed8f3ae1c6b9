// A step has no lifetime parameters.
// errors: 1
use flujo::prelude::*;

#[step]
async fn triage<'a>(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
