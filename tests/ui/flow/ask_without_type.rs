// A question needs the type of its reply.
// errors: 1

use flujo::prelude::*;

pipeline! {
    fn moderate(text: String) -> String {
        let reply = ask("is this sarcastic?");
        value(format!("{text} {reply}"))
    }
}

fn main() {}
