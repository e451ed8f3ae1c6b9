// The graph of a pipeline does not depend on `cfg`.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        #[cfg(unix)]
        let text = triage(text);
        text
    }
}

fn main() {}
