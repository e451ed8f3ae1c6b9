// A redirect is named, not called.
// errors: 1

use flujo::prelude::*;

#[step]
async fn count(text: String) -> Result<usize> {
    Ok(text.len())
}

#[step(redirect = count())]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
