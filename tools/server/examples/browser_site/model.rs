//! What answers in place of models: it looks something up where there are tools, and writes slowly enough to be watched.

use async_trait::async_trait;
use flujo::Cost;
use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest, PriceBook, Role, Tokens};
use std::path::PathBuf;
use std::time::Duration;

/// Every second word of a text that is asked for slowly waits for a file in this folder.
pub struct Model(pub PathBuf);

#[async_trait]
impl ModelClient for Model {
    async fn call(
        &self,
        request: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> Result<ModelReply, ModelError> {
        let said = |role: Role| request.messages.iter().rev().find(|message| message.role == role);
        let asked = said(Role::User).map(|message| message.text.as_str()).unwrap_or_default();
        let sent = request.messages.iter().map(|message| message.text.len() / 4).sum::<usize>();
        let used = |text: &str| Tokens::new(count(sent), count(text.len().div_ceil(4)));
        if !request.tools.is_empty() && said(Role::Tool).is_none() {
            let arguments = serde_json::json!({ "word": asked }).to_string();
            return Ok(ModelReply::new("").calls("look_up", arguments).used(used("")));
        }
        let text = match said(Role::Tool) {
            // A prompt of ten megabytes is answered with itself.
            _ if asked.len() > 10_000 => asked.to_owned(),
            Some(found) => format!("{} ({})\n\n{}\n", request.model, asked, found.text),
            None => format!("{} says: {asked}", request.model),
        };
        if text.len() < 10_000 {
            let gates = asked.strip_prefix("slowly ");
            for (n, word) in text.split_inclusive(' ').enumerate() {
                let gate = gates.map(|id| self.0.join(format!("{id}.{n}"))).filter(|_| n % 2 == 0);
                while gate.as_ref().is_some_and(|gate| !gate.exists()) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                chunks.chunk(word);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        let used = used(&text);
        Ok(ModelReply::new(text).used(used))
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// A made-up price, so that there is something to add up.
pub struct Prices;

impl PriceBook for Prices {
    fn price(&self, model: &str, tokens: &Tokens) -> Option<Cost> {
        let rate = if model.ends_with("large") { 10 } else { 1 };
        Some(Cost((tokens.input * 150 + tokens.output * 600) * rate))
    }
    fn bound(&self, model: &str, tokens: &Tokens) -> Option<Cost> {
        self.price(model, tokens)
    }
}
