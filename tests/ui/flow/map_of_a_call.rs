// What runs for the items is a closure or the name of a step.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(items: Vec<String>, text: String) -> Vec<String> {
        map(items, triage(text))
    }
}

fn main() {}
