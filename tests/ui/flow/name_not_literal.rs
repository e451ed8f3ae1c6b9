// Paths are known at compile time.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

const NAME: &str = "second";

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).named(NAME)
    }
}

fn main() {}
