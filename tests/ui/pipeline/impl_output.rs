// The output is recorded, so its type has a name.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> impl ToString {
        triage(text)
    }
}

fn main() {}
