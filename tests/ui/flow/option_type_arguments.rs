// An option has no type arguments.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).retries::<u32>(2)
    }
}

fn main() {}
