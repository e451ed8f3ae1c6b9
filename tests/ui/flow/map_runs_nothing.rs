// The body of a map runs something.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(items: Vec<String>) -> Vec<String> {
        let lengths = map(items.clone(), |item| item.len());
        map(items, triage).named("triaged")
    }
}

fn main() {}
