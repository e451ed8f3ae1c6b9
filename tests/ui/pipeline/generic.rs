// A pipeline is not generic; its steps may be.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate<T: Into<String>>(text: T) -> String {
        triage(text)
    }
}

fn main() {}
