// The word of another tool for an option gets the word that flujo has.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).retry(3)
    }
}

fn main() {}
