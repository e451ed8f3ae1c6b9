// A round ends with its last expression.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = repeat(text, |text| {
            if text.is_empty() { continue; }
            triage(text)
        })
        .until(|text| text.len() > 3)
        .max(3);
        text
    }
}

fn main() {}
