// A pipeline whose context has no default is streamed without one.
// errors: 1
use flujo::prelude::*;

#[context]
pub struct Notes {
    lines: Vec<String>,
}

#[step]
async fn shout(text: String) -> Result<String> {
    Ok(text.to_uppercase())
}

pipeline! {
    fn loud(text: String, ctx: &mut Notes) -> String {
        shout(text)
    }
}

async fn run(flujo: Flujo) {
    let mut stream = flujo.run(loud("hello".to_owned())).stream();
    let _ = stream.next().await;
}

fn main() {}
