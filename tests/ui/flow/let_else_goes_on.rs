// The `else` of a `let` ends the pipeline.
// errors: 1

use flujo::prelude::*;

#[step]
async fn find(text: String) -> Result<Option<String>> {
    Ok(Some(text))
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let Some(found) = find(text.clone()) else {
            triage(text)
        };
        found
    }
}

fn main() {}
