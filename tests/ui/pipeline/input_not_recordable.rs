// Inputs are recorded, so they can be written and read.
// errors: 1

use flujo::prelude::*;

struct Draft {
    text: String,
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(draft: Draft) -> String {
        triage(draft.text)
    }
}

fn main() {}
