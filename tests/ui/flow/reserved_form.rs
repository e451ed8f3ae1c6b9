// The words of flow forms are reserved.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(texts: Vec<String>) -> Vec<String> {
        map(texts, |text| triage(text))
    }
}

fn main() {}
