// A body that does not parse is one error, and the pipeline still has a name.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let triaged = triage(text) triage;
        triaged
    }
}

pipeline! {
    fn publish(text: String) -> String {
        moderate(text)
    }
}

fn main() {}
