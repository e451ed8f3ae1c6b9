// A plain expression cannot end the pipeline.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text.parse::<u8>()?.to_string())
    }
}

fn main() {}
