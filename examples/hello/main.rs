//! Hello: one step that a model answers, offline. The README begins with it.
#![allow(clippy::print_stdout, reason = "it tells a story")]

use flujo::model::Script;
use flujo::prelude::*;

#[step(model = "openai:gpt-4o-mini", retries = 2)]
fn translate(text: String) -> Prompt<String> {
    Prompt::ask(format!("Translate into French: {text}"))
}

pipeline! {
    fn hello(name: String) -> String {
        translate(format!("Good morning, {name}!"))
    }
}

#[tokio::main]
async fn main() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().models(Script::new().then("Bonjour, Ada !")).build()?;
    println!("{}", flujo.run(hello("Ada".to_owned())).await.into_output()?);
    Ok(())
}
