// `fail` takes one message.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        if text.is_empty() {
            fail("no text: {}", text)
        } else {
            triage(text)
        }
    }
}

fn main() {}
