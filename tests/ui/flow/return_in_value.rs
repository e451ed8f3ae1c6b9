// A plain expression cannot end the pipeline.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = value({
            if text.is_empty() {
                return text;
            }
            text
        });
        triage(text)
    }
}

fn main() {}
