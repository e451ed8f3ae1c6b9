// A wait has a duration.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        wait("0s");
        triage(text)
    }
}

fn main() {}
