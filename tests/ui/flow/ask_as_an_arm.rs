// A question in an arm of a join is bound in a block.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let (reply, label) = join(ask("what is it?"), triage(text));
        value(format!("{reply}{label}"))
    }
}

fn main() {}
