// A loop has options of its own.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        repeat(text, triage).untill(|text| text.is_empty()).until(|text| text.is_empty()).max(3)
    }
}

fn main() {}
