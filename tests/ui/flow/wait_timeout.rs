// A timer ends by itself.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        wait("2h").timeout("3h");
        triage(text)
    }
}

fn main() {}
