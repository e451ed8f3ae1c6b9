// A pipeline is asynchronous without saying so.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    async fn moderate(text: String) -> String {
        triage(text)
    }
}

fn main() {}
