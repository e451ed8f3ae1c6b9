// Tools of a server are named in quotes.
// errors: 1

use flujo::prelude::*;

struct Docs;

#[flujo::async_trait]
impl flujo::model::ToolServer for Docs {
    fn name(&self) -> &str {
        "docs"
    }
    async fn tools(&self) -> Result<Vec<flujo::model::ToolSpec>> {
        Ok(Vec::new())
    }
    async fn call(&self, _: &str, _: &flujo::codec::Json) -> Result<String> {
        Ok(String::new())
    }
}

#[step(model = "openai:gpt-5", tools = [mcp(Docs).only([search])])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
