// What a server is, the pipeline has to provide.
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

#[resources]
struct App {
    name: String,
}

#[step(model = "openai:gpt-5", tools = [mcp(Docs)])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

pipeline! {
    fn find(topic: String, app: &App) -> String {
        research(topic)
    }
}

fn main() {
    let _ = App { name: String::new() }.name;
}
