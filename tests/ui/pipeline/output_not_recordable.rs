// The output is recorded, so it can be written and read.
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
    fn moderate(text: String) -> Draft {
        let text = triage(text);
        value(Draft { text })
    }
}

fn main() {}
