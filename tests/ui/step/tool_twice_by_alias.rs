// Two tools have one name, although they are imported under two.
// errors: 1

use flujo::prelude::*;

mod news {
    use flujo::prelude::*;

    #[step]
    pub async fn search(text: String) -> Result<String> {
        Ok(text)
    }
}
mod papers {
    use flujo::prelude::*;

    #[step]
    pub async fn search(text: String) -> Result<String> {
        Ok(text)
    }
}
use news::search;
use papers::search as search_papers;

#[step(model = "openai:gpt-4o", tools = [search, search_papers])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
