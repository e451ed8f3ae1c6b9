// `settle` takes nothing.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = triage(text).settle(true);
        value(format!("{text:?}"))
    }
}

fn main() {}
