//! What `questions` prints of a question: a command to copy.

use crate::library::said;
use flujo::prelude::*;
use flujo_cli::{Cli, Exit};

#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Approve { cost_center: String },
    Reject { reason: String },
    Later,
}

#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Address {
    lines: Vec<String>,
    country: Country,
    note: Option<String>,
}

#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
enum Country {
    Italy,
    Chile,
}

pipeline! {
    fn intake(n: u32) -> u32 {
        let (_, _, _, _) = join(
            { let decision: Decision = ask("Pay?"); decision },
            { let address: Address = ask("Where?"); address },
            { let yes: bool = ask("Sure?"); yes },
            { let word: String = ask("Which word?"); word },
        );
        value(n)
    }
}

#[tokio::test]
async fn a_question_has_a_reply_that_fits_and_the_alternatives() {
    let flujo = Flujo::builder().pipeline::<intake>().build().unwrap();
    drop(flujo.run(intake(1)).id("i-1").await);
    let cli = Cli::new(flujo);
    let (exit, out, _) = said(&cli, &["questions", "i-1"], |console| console).await;
    let lines: Vec<_> = out.lines().filter(|line| !line.starts_with("  asked")).collect();
    let expected = r#"i-1  intake/decision
  Pay?
  one of: "later", {"approve":{"cost_center":"..."}}, {"reject":{"reason":"..."}}
  app reply i-1 intake/decision '"later"'

i-1  intake/address
  Where?
  app reply i-1 intake/address '{"country":"Italy","lines":["..."]}'

i-1  intake/yes
  Sure?
  one of: true, false
  app reply i-1 intake/yes true

i-1  intake/word
  Which word?
  app reply i-1 intake/word '"..."'"#;
    assert_eq!((exit, lines.join("\n")), (Exit::Ok, expected.to_owned()));
    // Each is a reply that is taken.
    for line in lines.iter().filter_map(|line| line.strip_prefix("  app reply ")) {
        let (place, value) = line.rsplit_once(' ').unwrap();
        let words: Vec<&str> = ["reply"].into_iter().chain(place.split(' ')).collect();
        let words = [&words[..], &[value.trim_matches('\'')]].concat();
        let (exit, _, err) = said(&cli, &words, |console| console).await;
        assert_eq!(exit, Exit::Ok, "{line}: {err}");
    }
}
