// A redirect has to exist.
// errors: 1

use flujo::prelude::*;

#[step]
async fn careful(text: String) -> Result<String> {
    Ok(text)
}

#[step(redirect = carefull)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
