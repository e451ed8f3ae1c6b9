// `value` takes one expression.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = triage(text);
        value(text, 3)
    }
}

fn main() {}
