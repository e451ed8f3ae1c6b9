// What a call may be redirected to counts.
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

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, ctx: &mut Research) -> String {
        let (a, b) = join(triage(text.clone()).redirect(web), papers(text));
        value(format!("{a}{b}"))
    }
}

fn main() {}
