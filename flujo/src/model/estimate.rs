use super::{CacheTime, Message, ModelRequest, Tokens, ToolCall, ToolSpec};

/// The tokens of a message beyond its text: role, separators, the provider's framing.
const PER_MESSAGE: u64 = 16;

/// The way the tokens of a request are estimated before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Estimate {
    /// One token per byte. No tokenizer produces more, so a limit is never exceeded. Reserves about four
    /// times the tokens that are used, until the call is settled.
    #[default]
    UpperBound,
    /// One token per four bytes, as in English prose. More calls fit under a limit at the same time, but
    /// non-Latin text, code and numbers use more tokens, so a limit may be exceeded by at most one call per
    /// concurrent branch.
    Tight,
}

impl Estimate {
    /// Returns the maximum number of tokens of a request: everything that is sent, a fixed overhead for every
    /// message, `extra` input tokens that the client adds, and `max_tokens` of output. Where a mark has the provider write to
    /// its cache, all input may be written.
    pub fn tokens(self, request: &ModelRequest, extra: u64) -> Tokens {
        let calls = |message: &Message| -> usize {
            message.calls.iter().chain(message.answers.as_deref()).map(ToolCall::bytes).sum()
        };
        let said = request.messages.iter().map(|message| message.text.len().saturating_add(calls(message)));
        let texts = said.chain(request.tools.iter().map(ToolSpec::bytes));
        let others = (request.schema.as_str().len().saturating_add(request.options.bytes())) as u64;
        let bytes = texts.fold(others, |sum, n| sum.saturating_add(n as u64));
        let text = match self {
            Self::UpperBound => bytes,
            Self::Tight => bytes.div_ceil(4),
        };
        let messages = PER_MESSAGE.saturating_mul(request.messages.len() as u64);
        let input = text.saturating_add(messages).saturating_add(extra);
        let written = |time: CacheTime| if request.writes_cache(time) { input } else { 0 };
        Tokens {
            input,
            output: request.max_tokens.map_or(0, u64::from),
            cache_write: written(CacheTime::FiveMinutes),
            cache_write_1h: written(CacheTime::OneHour),
            ..Tokens::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Json;
    use crate::model::{CallOptions, Role};

    #[test]
    fn every_byte_of_everything_that_is_sent_counts() {
        let message = Message::new;
        let messages = vec![message(Role::System, "four"), message(Role::User, "vierzig €")];
        let schema = Json::parse(r#"{"a":1}"#).unwrap();
        let request = ModelRequest::new("test:m", messages).schema(schema).max_tokens(9);
        let upper = Estimate::UpperBound.tokens(&request, 5);
        assert_eq!(upper, Tokens { input: 4 + 11 + 7 + 2 * 16 + 5, output: 9, ..Tokens::default() });
        let tight = Estimate::Tight.tokens(&request, 5);
        assert_eq!(tight, Tokens { input: 6 + 2 * 16 + 5, output: 9, ..Tokens::default() });
        // Tools, calls of tools and their arguments are sent too.
        let schema = Json::parse(r#"{"b":2}"#).unwrap();
        let tool = ToolSpec { name: "ab".to_owned(), description: "cde".to_owned(), schema };
        let call = ToolCall { signatures: vec!["s".to_owned()], ..ToolCall::new("id", "ab", "{}") };
        let turn = Message { calls: vec![call.clone()], ..message(Role::Assistant, "") };
        let result = Message { answers: Some(Box::new(call)), ..message(Role::Tool, "done") };
        let request = ModelRequest { messages: vec![turn, result], tools: vec![tool], ..request };
        let upper = Estimate::UpperBound.tokens(&request, 0);
        let called = 2 + 2 + 2 + 1;
        assert_eq!(upper.input, 7 + (2 + 3 + 7) + called + (called + 4) + 2 * 16);
    }

    #[test]
    fn what_may_be_written_to_a_cache_is_all_of_the_input() {
        let say = |text: &str| Message::new(Role::User, text);
        let bound = |request: &ModelRequest| {
            let tokens = Estimate::UpperBound.tokens(request, 0);
            (tokens.input, tokens.cache_write, tokens.cache_write_1h)
        };
        let request = ModelRequest::new("test:m", vec![say("abcd"), say("ef")]);
        assert_eq!(bound(&request), (42, 0, 0));
        let mut marked = request;
        marked.messages[0].cache = Some(CacheTime::FiveMinutes);
        assert_eq!(bound(&marked), (42, 42, 0));
        let options = CallOptions::new().prompt_cache(CacheTime::OneHour).stop(["END"]).extra("k", "v");
        assert_eq!(bound(&marked.options(options)), (42 + 3 + 4, 49, 49));
    }
}
