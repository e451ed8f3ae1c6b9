// A misspelt option is reported with the one that was meant.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).retires(3)
    }
}

fn main() {}
