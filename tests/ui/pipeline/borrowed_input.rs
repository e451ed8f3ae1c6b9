// Inputs are recorded, so a pipeline owns them.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: &str) -> String {
        triage(text.to_string())
    }
}

fn main() {}
