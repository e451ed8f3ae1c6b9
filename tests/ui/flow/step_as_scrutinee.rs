// A step is called before a `match` looks at its output.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = triage(text);
        match triage(text) {
            triaged => triaged,
        }
    }
}

fn main() {}
