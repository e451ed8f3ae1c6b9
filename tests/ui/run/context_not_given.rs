// A context without `Default` must be given to the run.
// errors: 1

use flujo::prelude::*;

#[context]
pub struct Case {
    id: u64,
}

#[step]
async fn close(text: String, ctx: &mut Case) -> Result<String> {
    ctx.id += 1;
    Ok(text)
}

pipeline! {
    fn closing(text: String, ctx: &mut Case) -> String {
        close(text)
    }
}

async fn run(flujo: Flujo) {
    let result = flujo.run(closing("now".to_owned())).await;
    drop(result);
}

fn main() {}
