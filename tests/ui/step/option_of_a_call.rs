// Some options belong to one call.
// errors: 1
use flujo::prelude::*;

#[step(named = "second_look")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
