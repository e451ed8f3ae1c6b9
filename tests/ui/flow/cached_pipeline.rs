// Outputs of steps are cached, not those of pipelines.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn inner(text: String) -> String {
        triage(text)
    }
}

pipeline! {
    fn moderate(text: String) -> String {
        inner(text).cached("1h")
    }
}

fn main() {}
