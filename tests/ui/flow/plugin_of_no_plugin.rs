// A plugin implements `Plugin` for the output.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

struct Redact;

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).plugin(Redact)
    }
}

fn main() {}
