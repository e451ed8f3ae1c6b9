// A stub gives what its step gives.
// errors: 1

use flujo::prelude::*;
use flujo_testing::StubAgent;

#[step(model = "openai:gpt-4o-mini")]
fn guess(text: String) -> Prompt<u32> {
    Prompt::ask(text)
}

fn main() {
    let _stub = StubAgent::<guess>::new(["seven"]);
}
