// A pipeline ends with its last expression.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        if text.is_empty() {
            return text;
        }
        triage(text)
    }
}

fn main() {}
