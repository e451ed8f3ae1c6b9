// A clock is read in a step: a plain expression is evaluated again when the run continues.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let now = std::time::SystemTime::now();
        triage(format!("{text}{now:?}"))
    }
}

fn main() {}
