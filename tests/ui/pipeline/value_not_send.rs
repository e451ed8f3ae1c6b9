// A value that lives across a step can move to another thread.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let rc = value(std::rc::Rc::new(text.clone()));
        let text = triage(text);
        value(format!("{rc}{text}"))
    }
}

fn main() {}
