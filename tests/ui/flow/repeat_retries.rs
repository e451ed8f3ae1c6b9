// A loop is not retried: what is in it may be.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        repeat(text, triage).until(|text| text.is_empty()).max(3).retries(2)
    }
}

fn main() {}
