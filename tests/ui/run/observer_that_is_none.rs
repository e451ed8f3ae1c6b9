// A run is given something to look at it that is no observer.
// errors: 1
use flujo::prelude::*;

#[step]
async fn shout(text: String) -> Result<String> {
    Ok(text.to_uppercase())
}

pipeline! {
    fn loud(text: String) -> String {
        shout(text)
    }
}

struct Counter;

async fn run(flujo: Flujo) {
    let _ = flujo.run(loud("hello".to_owned())).observer(Counter).await;
}

fn main() {}
