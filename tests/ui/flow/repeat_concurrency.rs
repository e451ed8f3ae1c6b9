// Only items run at once.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        repeat(text, triage).until(|text| text.is_empty()).max(3).concurrency(2)
    }
}

fn main() {}
