// An option of a form is written behind the form, not behind the call inside.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(texts: Vec<String>) -> Vec<String> {
        map(texts, |text| triage(text).concurrency(4))
    }
}

fn main() {}
