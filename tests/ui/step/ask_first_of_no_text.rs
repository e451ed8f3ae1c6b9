// The question of a tool is a text.
// errors: 1

use flujo::prelude::*;

#[step]
async fn refund(cents: u64, order: String) -> Result<String> {
    Ok(format!("{cents} for {order}"))
}

#[step(
    model = "openai:gpt-4o",
    tools = [refund.ask_first(5)],
)]
fn help(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
