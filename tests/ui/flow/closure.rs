// A closure has no caller in a pipeline.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let again = |text| triage(text);
        triage(text)
    }
}

fn main() {}
