// Parallel branches that keep findings need a merge rule.
// errors: 1

use flujo::prelude::*;

#[context]
struct Moderation {
    #[context(part)]
    findings: flujo::Findings,
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, ctx: &mut Moderation) -> String {
        let (a, b) = join(
            triage(text.clone()).keep_findings(),
            triage(text).named("second").keep_findings(),
        );
        format!("{a}{b}")
    }
}

fn main() {}
