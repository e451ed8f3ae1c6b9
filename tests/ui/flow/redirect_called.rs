// A redirect is named, not called.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

#[step]
async fn count(text: String) -> Result<usize> {
    Ok(text.len())
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text.clone()).redirect(careful(text))
    }
}

fn main() {}
