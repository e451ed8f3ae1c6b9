// A pipeline gets the value alone, without its cost.
// errors: 1

use flujo::prelude::*;

#[step]
async fn search(query: String) -> Result<Costed<String>> {
    Ok(Costed::new(query, Default::default()))
}

pipeline! {
    fn research(topic: String) -> String {
        let found: Costed<String> = search(topic);
        found.value
    }
}

fn main() {}
