// Flow is bounded: there is no `while`.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        while text.is_empty() {
            triage(text);
        }
        text
    }
}

fn main() {}
