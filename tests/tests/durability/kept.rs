//! A pipeline whose runs are kept: `fixtures/version1.db` holds some, written by the first version of the database.
//! It stays as it is.

use flujo::Cost;
use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest, PriceBook, Tokens};
use flujo::prelude::*;

#[context]
#[derive(Debug, Default, PartialEq)]
pub struct Kept {
    pub title: String,
    #[context(part, merge = append)]
    pub log: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Mood {
    pub name: String,
}

#[step]
pub async fn note(text: String, log: &mut Vec<String>) -> Result<String> {
    log.push(text.clone());
    Ok(text)
}

#[step(model = "test:small", max_tokens = 50)]
pub fn mood(text: String) -> Prompt<Mood> {
    Prompt::system("What mood?").user(text)
}

#[step]
pub async fn breaks(text: String) -> Result<String> {
    Err(StepError::fatal(format!("broken by {text}")))
}

pipeline! {
    pub fn kept(text: String, ctx: &mut Kept) -> String {
        let text = note(text);
        let mood = mood(text.clone());
        let first: String = ask("first?");
        let last: String = ask("last?").showing(&mood);
        if first == "break" {
            breaks(text)
        } else {
            note(format!("{text} {} {first} {last}", mood.name)).named("end")
        }
    }
}

/// Always answers the same.
#[derive(Clone)]
pub struct Answers;

#[async_trait::async_trait]
impl ModelClient for Answers {
    async fn call(
        &self,
        _: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        Ok(ModelReply::new(r#"{"name":"calm"}"#).used(Tokens::new(100, 10)))
    }
}

#[derive(Clone, Copy)]
pub struct Costs;
impl PriceBook for Costs {
    fn price(&self, _: &str, tokens: &Tokens) -> Option<Cost> {
        Some(Cost(tokens.input + 10 * tokens.output))
    }
    fn bound(&self, model: &str, tokens: &Tokens) -> Option<Cost> {
        self.price(model, tokens)
    }
}
