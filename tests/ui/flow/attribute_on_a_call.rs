// An attribute on a call would be lost.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        #[allow(unused_must_use)]
        triage(text.clone());
        text
    }
}

fn main() {}
