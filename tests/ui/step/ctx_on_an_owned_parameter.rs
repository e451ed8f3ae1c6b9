// `#[ctx]` reads from the context.
// errors: 1
use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Config {
    loud: bool,
}

#[step]
async fn speak(#[ctx] config: Config) -> Result<bool> {
    Ok(config.loud)
}

fn main() {}
