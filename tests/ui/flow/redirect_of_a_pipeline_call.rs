// A pipeline call has no plugins that could redirect it.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn publish(text: String) -> String {
        triage(text)
    }
}

pipeline! {
    fn moderate(text: String) -> String {
        publish(text).redirect(triage)
    }
}

fn main() {}
