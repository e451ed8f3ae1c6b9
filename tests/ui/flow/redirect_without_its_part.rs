// A redirect needs its parts of the context too.
// errors: 1

use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Sources(Vec<String>);

#[step]
async fn search(text: String, sources: &mut Sources) -> Result<String> {
    sources.0.push(text.clone());
    Ok(text)
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).redirect(search)
    }
}

fn main() {}
