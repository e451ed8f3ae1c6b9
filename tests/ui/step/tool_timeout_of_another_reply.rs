// The reply after the deadline is an approval.
// errors: 1

use flujo::prelude::*;

#[step]
async fn refund(cents: u64, order: String) -> Result<String> {
    Ok(format!("{cents} for {order}"))
}

#[step(
    model = "openai:gpt-4o",
    tools = [refund.ask_first("Refund?").timeout("2h", true)],
)]
fn help(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
