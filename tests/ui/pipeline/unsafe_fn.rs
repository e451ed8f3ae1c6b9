// A pipeline is safe.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    unsafe fn moderate(text: String) -> String {
        triage(text)
    }
}

fn main() {}
