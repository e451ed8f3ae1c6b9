// What is known of a run is known to its steps.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, run: &RunInfo) -> String {
        triage(text)
    }
}

fn main() {}
