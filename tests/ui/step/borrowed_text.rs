// An input is owned: `String`, not `&str`.
// errors: 1
use flujo::prelude::*;

#[step]
async fn triage(text: &str) -> Result<String> {
    Ok(text.to_owned())
}

#[step]
async fn call(text: String) -> Result<usize> {
    // The mistake above is no mistake here.
    let _ = triage(&text);
    Ok(text.len())
}

fn main() {}
