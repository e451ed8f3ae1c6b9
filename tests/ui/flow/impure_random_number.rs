// A random number is made in a step: a plain expression is evaluated again when the run continues.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let id = uuid::Uuid::new_v4();
        triage(format!("{text}{id:?}"))
    }
}

fn main() {}
