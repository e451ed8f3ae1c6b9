// A syntax error in the body is rustc's to report.
// errors: 1
use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    let x = ;
    Ok(text)
}

fn main() {}
