// Methods after a call are its options; a method of the output needs a binding.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).to_uppercase()
    }
}

fn main() {}
