// Items live outside of the pipeline.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        const GREETING: &str = "hello";
        triage(text)
    }
}

fn main() {}
