// Two parallel arms may write one part that says how to merge what they wrote.

use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Sources(Vec<String>);

#[context]
struct Research {
    #[context(part, merge = self::both)]
    sources: Sources,
}

fn both(base: &Sources, arms: &[Sources]) -> std::result::Result<Sources, (usize, String)> {
    let new = arms.iter().flat_map(|arm| arm.0.iter().skip(base.0.len()));
    Ok(Sources(base.0.iter().chain(new).cloned().collect()))
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
