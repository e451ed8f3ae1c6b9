// A plugin knows the output of the step.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

struct Redact;

#[flujo::async_trait]
impl Plugin<u8> for Redact {
    async fn review(&self, _: &u8, _: &RunInfo) -> PluginResult<u8> {
        PluginResult::Accept
    }
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).plugin(Redact)
    }
}

fn main() {}
