// Inputs are recorded, so a pipeline owns them.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(texts: &[String]) -> String {
        triage(texts.concat())
    }
}

fn main() {}
