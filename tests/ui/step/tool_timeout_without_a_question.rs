// Without a question there is nothing to wait for.
// errors: 1

use flujo::prelude::*;

#[step]
async fn refund(cents: u64, order: String) -> Result<String> {
    Ok(format!("{cents} for {order}"))
}

#[step(
    model = "openai:gpt-4o",
    tools = [refund.timeout("2h", Approval::Allow)],
)]
fn help(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
