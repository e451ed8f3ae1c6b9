// There is no loop that `break` could leave.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        if text.is_empty() {
            break;
        }
        triage(text)
    }
}

fn main() {}
