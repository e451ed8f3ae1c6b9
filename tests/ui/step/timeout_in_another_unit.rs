// A unit that people write elsewhere.
// errors: 1
use flujo::prelude::*;

#[step(timeout = "2m")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
