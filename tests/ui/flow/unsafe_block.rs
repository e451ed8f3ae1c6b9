// Unsafe code is a step's affair.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = unsafe { String::from_utf8_unchecked(text.into_bytes()) };
        triage(text)
    }
}

fn main() {}
