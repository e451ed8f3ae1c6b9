// A loop without a step belongs into one, or into iterators.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(texts: Vec<String>) -> Result<String> {
    Ok(texts.concat())
}

pipeline! {
    fn moderate(numbers: Vec<u64>) -> String {
        let mut all = Vec::new();
        for n in numbers {
            all.push(u64::to_string(&n));
        }
        triage(all)
    }
}

fn main() {}
