// A step asks for a part of the context, and the pipeline has no context.
// errors: 1

use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Sources(Vec<String>);

#[step]
async fn search(text: String, sources: &mut Sources) -> Result<String> {
    sources.0.push(text.clone());
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        search(text)
    }
}

fn main() {}
