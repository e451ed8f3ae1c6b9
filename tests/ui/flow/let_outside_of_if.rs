// `let` is a condition only in `if`.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let found = (let Some(c) = text.chars().next());
        triage(text)
    }
}

fn main() {}
