//! What a model is told of what was said before.

use crate::answers::scripted;
use flujo::model::{History, Keep, Script};
use flujo::prelude::*;
use flujo_tests::world::*;

#[context]
#[derive(Debug, Default)]
struct Chat {
    #[context(part)]
    history: History,
}

#[step(model = "test:small", max_tokens = 50)]
fn reply(question: String, #[ctx] history: &History) -> Prompt<String> {
    Prompt::system("Be brief.").history(history, Keep::Exchanges(1)).user(question)
}

#[step]
async fn remember(question: String, answer: String, history: &mut History) -> Result<String> {
    history.exchange(question, answer.clone());
    Ok(answer)
}

#[test]
fn a_conversation_goes_on_over_a_pause_with_what_is_kept_of_it() {
    pipeline! {
        fn chat(first: String, ctx: &mut Chat, world: &World) -> String {
            let question = first.clone();
            let answer = reply(first);
            let _first = remember(question, answer);
            let second: String = ask("And now?");
            let answer = reply(second.clone()).named("reply_second");
            let _second = remember(second, answer).named("remember_second");
            let third = reply("q3".to_owned()).named("third");
            third
        }
    }
    on_all(async |engine, _| {
        let script = Script::new().then("a1").then("a2").then("a3");
        let flujo = scripted(&engine, script.clone());
        let paused = flujo.run(chat("q1".into())).id("c").await;
        assert!(matches!(paused.outcome, Outcome::Paused(_)), "{:?}", paused.outcome);
        let result = flujo.resume::<chat>("c").reply("q2").await.unwrap();
        let turns: Vec<_> = result.context.history.turns().iter().map(|turn| turn.text.clone()).collect();
        assert_eq!(turns, ["q1", "a1", "q2", "a2"]);
        assert_eq!(result.into_output().unwrap(), "a3");
        let sent: Vec<Vec<String>> = script
            .requests()
            .iter()
            .map(|request| request.messages.iter().map(|m| m.text.clone()).collect())
            .collect();
        assert_eq!(sent[0], ["Be brief.", "q1"]);
        assert_eq!(sent[1], ["Be brief.", "q1", "a1", "q2"]);
        // Only the last exchange is kept.
        assert_eq!(sent[2], ["Be brief.", "q2", "a2", "q3"]);
    });
}
