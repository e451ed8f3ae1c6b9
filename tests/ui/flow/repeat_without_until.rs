// A loop needs to know when it is done.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        repeat(text, triage).max(3)
    }
}

fn main() {}
