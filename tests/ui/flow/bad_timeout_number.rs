// The timeout of a call is a duration in quotes.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).timeout(30)
    }
}

fn main() {}
