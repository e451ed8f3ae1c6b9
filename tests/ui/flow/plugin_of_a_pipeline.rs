// Plugins belong to steps.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

struct Redact;

#[flujo::async_trait]
impl Plugin<String> for Redact {
    async fn review(&self, _: &String, _: &RunInfo) -> PluginResult<String> {
        PluginResult::Accept
    }
}

pipeline! {
    fn inner(text: String) -> String {
        triage(text)
    }
}

pipeline! {
    fn moderate(text: String) -> String {
        inner(text).plugin(Redact)
    }
}

fn main() {}
