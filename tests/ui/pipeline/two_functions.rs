// Each pipeline has a `pipeline!` of its own.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text)
    }

    fn publish(text: String) -> String {
        triage(text)
    }
}

fn main() {}
