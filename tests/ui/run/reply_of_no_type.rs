// What is replied must be something that can be written down.
// errors: 1

use flujo::prelude::*;

pub struct Opinion;

pipeline! {
    fn asking(text: String) -> String {
        let reply: String = ask(text);
        reply
    }
}

async fn run(flujo: Flujo) {
    let _result = flujo.resume::<asking>("r1").reply(Opinion).await;
}

fn main() {}
