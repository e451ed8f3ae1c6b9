// Fields that are no part have no merge rule.
// errors: 1

use flujo::prelude::*;

#[context]
struct Research {
    found: u64,
}

#[step]
async fn web(text: String, ctx: &mut Research) -> Result<String> {
    ctx.found += 1;
    Ok(text)
}

#[step]
async fn papers(text: String, ctx: &mut Research) -> Result<String> {
    ctx.found += 1;
    Ok(text)
}

pipeline! {
    fn moderate(text: String, ctx: &mut Research) -> String {
        let (a, b) = join(web(text.clone()), papers(text));
        value(format!("{a}{b}"))
    }
}

fn main() {}
