// A pipeline asks by itself: `ask_first` is for calls of a model.
// errors: 1

use flujo::prelude::*;

#[step]
async fn refund(cents: u64) -> Result<String> {
    Ok(format!("{cents}"))
}

pipeline! {
    fn support(cents: u64) -> String {
        refund(cents).ask_first("Refund?")
    }
}

fn main() {}
