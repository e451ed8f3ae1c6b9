// A context has the part that a step asks for.
// errors: 1
use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Sources(Vec<String>);

#[context]
struct Billing {
    total: u64,
}

#[step]
async fn web(query: String, sources: &mut Sources) -> Result<()> {
    sources.0.push(query);
    Ok(())
}

async fn test(billing: &mut Billing) {
    let _ = web(String::new()).run(billing, &()).await;
}

fn main() {}
