// A duration ends some day.
// errors: 1
use flujo::prelude::*;

#[step(timeout = "99999999999d")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
