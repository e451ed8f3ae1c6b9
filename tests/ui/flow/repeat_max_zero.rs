// A loop runs at least once.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        repeat(text, triage).until(|text| text.is_empty()).max(0)
    }
}

fn main() {}
