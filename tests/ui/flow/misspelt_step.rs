// A misspelt step is reported once, with the name that was meant.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        triaje(text)
    }
}

fn main() {}
