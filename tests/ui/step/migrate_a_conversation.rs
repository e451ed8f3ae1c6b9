// A conversation with tools is many records: none of them is carried over.
// errors: 1
use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Found {
    text: String,
}

fn from_1(text: String) -> Found {
    Found { text }
}

#[step]
async fn look_up(word: String) -> Result<String> {
    Ok(word)
}

#[step(model = "test:small", tools = [look_up], version = 2, migrate = from_1)]
fn research(topic: String) -> Prompt<Found> {
    Prompt::ask(topic)
}

fn main() {
    from_1(String::new());
}
