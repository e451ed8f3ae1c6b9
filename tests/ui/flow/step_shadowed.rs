// A value that takes the name of its step hides it.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let triage = triage(text);
        triage(triage.clone())
    }
}

fn main() {}
