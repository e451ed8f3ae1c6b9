// A pipeline has a fixed number of inputs.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, more: ...) -> String {
        triage(text)
    }
}

fn main() {}
