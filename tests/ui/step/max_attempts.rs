// The word of another tool for an option gets the word that flujo has.
// errors: 1

use flujo::prelude::*;

#[step(max_attempts = 3)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
