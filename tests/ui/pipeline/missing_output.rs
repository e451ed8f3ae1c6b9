// A pipeline says what it returns.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) {
        triage(text)
    }
}

fn main() {}
