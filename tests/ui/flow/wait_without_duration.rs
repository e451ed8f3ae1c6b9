// A timer needs to know how long.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        wait();
        triage(text)
    }
}

fn main() {}
