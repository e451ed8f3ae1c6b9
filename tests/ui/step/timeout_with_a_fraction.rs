// A duration is a whole number.
// errors: 1
use flujo::prelude::*;

#[step(timeout = "1.5s")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
