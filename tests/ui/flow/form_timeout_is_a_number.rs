// A duration has a unit.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        repeat(text, |text| triage(text)).until(|text| text.is_empty()).max(3).timeout(20)
    }
}

fn main() {}
