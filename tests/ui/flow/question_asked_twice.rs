// A question that is asked twice has two names.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let answer: String = ask("Is it fine?");
        let text = scan(answer);
        let answer: String = ask("Is it fine now?");
        value(format!("{text} {answer}"))
    }
}

fn main() {}
