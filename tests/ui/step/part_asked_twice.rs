// A context has one part of each type.
// errors: 1
use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Notes(Vec<String>);

#[step]
async fn note(text: String, notes: &mut Notes, more: &mut Notes) -> Result<()> {
    notes.0.push(text);
    more.0.clear();
    Ok(())
}

fn main() {}
