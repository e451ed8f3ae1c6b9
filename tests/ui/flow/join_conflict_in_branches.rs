// A branch that may write counts, and so does a nested pipeline.
// errors: 1

use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Sources(Vec<String>);

#[context]
struct Research {
    #[context(part)]
    sources: Sources,
}

#[step]
async fn web(text: String, sources: &mut Sources) -> Result<String> {
    sources.0.push(text.clone());
    Ok(text)
}

#[step]
async fn papers(text: String, sources: &mut Sources) -> Result<String> {
    sources.0.push(text.clone());
    Ok(text)
}

pipeline! {
    fn search(text: String, ctx: &mut Research) -> String {
        papers(text)
    }
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, ctx: &mut Research) -> String {
        let (a, b) = join(
            {
                let triaged = triage(text.clone());
                if triaged.is_empty() { triaged } else { web(triaged) }
            },
            search(text.clone()),
        );
        value(format!("{a}{b}"))
    }
}

fn main() {}
