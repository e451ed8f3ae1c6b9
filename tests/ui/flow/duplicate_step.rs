// A step that is called twice has two names.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = triage(text);
        triage(text)
    }
}

fn main() {}
