// A value is bound once.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let mut out = triage(text);
        out = triage(out.clone()).named("again");
        out
    }
}

fn main() {}
