// A context is a struct.
// errors: 1
use flujo::prelude::*;

#[context]
enum State {
    Open,
    Closed,
}

#[step]
async fn close(state: &mut State) -> Result<()> {
    *state = State::Closed;
    Ok(())
}

async fn test(state: &mut State) {
    // The mistake above is no mistake here.
    let _ = close().run(state, &()).await;
}

fn main() {}
