// A duration is written with its unit.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        wait(20);
        triage(text)
    }
}

fn main() {}
