// Two parallel arms cannot both write a part that has no merge rule.
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
    fn moderate(text: String, ctx: &mut Research) -> String {
        let (a, b) = join(web(text.clone()), papers(text));
        value(format!("{a}{b}"))
    }
}

fn main() {}
