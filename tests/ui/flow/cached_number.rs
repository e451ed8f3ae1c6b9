// How long an output may be used is a duration.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).cached(3600)
    }
}

fn main() {}
