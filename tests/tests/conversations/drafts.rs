//! Drafts that a server leaves in the content of a reply: `<think> .. </think>`.

use crate::answers::scripted;
use flujo::model::Script;
use flujo::prelude::*;
use flujo_tests::world::*;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Rating {
    points: i64,
}

#[step(model = "test:small", max_tokens = 50, retries = 2, backoff = none)]
fn rate(text: String) -> Prompt<Rating> {
    Prompt::ask(text)
}

#[step(model = "test:small", max_tokens = 50)]
fn tell(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    fn rating(text: String, world: &World) -> Rating {
        rate(text)
    }
}

pipeline! {
    fn telling(text: String, world: &World) -> String {
        tell(text)
    }
}

#[test]
fn the_answer_behind_a_draft_is_taken_and_a_draft_alone_goes_back() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then("<think>maybe {\"points\": 1}")
            .then("<think>maybe</think>\n")
            .then(" <think>maybe {\"points\": 1}</think>{\"points\": 2}");
        let flujo = scripted(&engine, script.clone());
        let result = flujo.run(rating("x".into())).id("m").await;
        let requests = script.requests();
        let told: Vec<_> = requests.iter().map(|r| r.messages.last().unwrap().text.as_str()).collect();
        assert_eq!(
            told,
            [
                "x",
                "Your last answer was not accepted: the answer does not fit: it is only a draft, which no `</think>` ends",
                "Your last answer was not accepted: the answer does not fit: it is only a draft, with nothing behind `</think>`",
            ]
        );
        let step = result.step("rating/rate").unwrap();
        assert_eq!((step.attempts(), step.repairs()), (3, &["it stood behind a draft".to_owned()][..]));
        assert_eq!(result.into_output().unwrap(), Rating { points: 2 });
        let again = flujo.run(rating("x".into())).id("m").await;
        assert_eq!(again.step("rating/rate").unwrap().repairs(), ["it stood behind a draft"]);
        // Text is the answer, whatever it is.
        let text = " <think>maybe</think> yes\n";
        let flujo = scripted(&engine, Script::new().then(text));
        assert_eq!(flujo.run(telling("x".into())).await.into_output().unwrap(), text);
    });
}
