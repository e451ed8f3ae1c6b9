// Two tools of two modules have one name.
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

#[step(model = "openai:gpt-4o", tools = [news::search, papers::search])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
