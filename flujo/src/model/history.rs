use super::{Message, Role};
use crate::codec::{CodecError, Json};
use crate::context::List;
use crate::context::rules::{Append, Merged};
use serde::{Deserialize, Serialize};

/// The earlier messages of a conversation that spans several model steps or several runs: an ordinary value,
/// which may be a part of the context.
///
/// A history holds the messages of users and models. The system message is part of the prompt: it is sent
/// with every question, and is never truncated.
///
/// ```
/// use flujo::model::{History, Keep};
/// use flujo::prelude::*;
///
/// #[context]
/// #[derive(Default)]
/// struct Chat {
///     #[context(part)]
///     history: History,
/// }
///
/// #[step(model = "openai:gpt-4o-mini", max_tokens = 500)]
/// fn reply(question: String, #[ctx] history: &History) -> Prompt<String> {
///     Prompt::system("You are brief.").history(history, Keep::Exchanges(10)).user(question)
/// }
///
/// #[step]
/// async fn remember(question: String, answer: String, history: &mut History) -> Result<String> {
///     history.exchange(question, answer.clone());
///     Ok(answer)
/// }
///
/// pipeline! {
///     fn chat(question: String, ctx: &mut Chat) -> String {
///         let answer = reply(question.clone());
///         remember(question, answer)
///     }
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History(Vec<Message>);

/// The part of a [`History`] that goes into a prompt: the latest exchanges. Exchanges are never split, so the
/// messages that are sent begin with one of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Keep {
    /// The whole history.
    All,
    /// The maximum number of exchanges: a question, and everything up to the next question.
    Exchanges(usize),
    /// The maximum size of the text of all exchanges together, in bytes. A token is about four bytes of
    /// English, and never less than one byte.
    Bytes(usize),
    /// The maximum number of tokens of all exchanges together, estimated as
    /// [`Estimate::Tight`](super::Estimate::Tight) does: one for every four bytes of a message, rounded up.
    Tokens(usize),
}

impl History {
    /// Returns an empty history.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a question and its answer.
    pub fn exchange(&mut self, question: impl Into<String>, answer: impl Into<String>) {
        self.user(question);
        self.assistant(answer);
    }

    /// Appends a message of the user.
    pub fn user(&mut self, text: impl Into<String>) {
        self.0.push(Message::new(Role::User, text));
    }

    /// Appends an answer of the model.
    pub fn assistant(&mut self, text: impl Into<String>) {
        self.0.push(Message::new(Role::Assistant, text));
    }

    /// Returns all messages, the oldest first.
    pub fn turns(&self) -> &[Message] {
        &self.0
    }

    /// Returns the latest messages, as far as `keep` allows.
    ///
    /// ```
    /// use flujo::model::{History, Keep, Role};
    ///
    /// let mut history = History::new();
    /// history.exchange("What is a tide?", "The sea, rising and falling.");
    /// history.user("Why?");
    /// history.assistant("The moon.");
    /// assert_eq!(history.turns().len(), 4);
    /// let kept = history.kept(Keep::Exchanges(1));
    /// assert_eq!((kept.len(), kept[0].role, kept[0].text.as_str()), (2, Role::User, "Why?"));
    /// ```
    pub fn kept(&self, keep: Keep) -> &[Message] {
        let (mut bytes, mut tokens) = (0_usize, 0_usize);
        let mut kept: &[Message] = &[];
        let asks = |turn: &Message| turn.role == Role::User;
        let mut exchanges = 0;
        for (i, turn) in self.0.iter().enumerate().rev() {
            bytes = bytes.saturating_add(turn.text.len());
            tokens = tokens.saturating_add(turn.text.len().div_ceil(4));
            // An exchange begins with a question: answers before the first one that fits are dropped too.
            let begins = asks(turn) && !i.checked_sub(1).and_then(|i| self.0.get(i)).is_some_and(asks);
            if !begins {
                continue;
            }
            exchanges += 1;
            let fits = match keep {
                Keep::All => true,
                Keep::Exchanges(most) => exchanges <= most,
                Keep::Bytes(most) => bytes <= most,
                Keep::Tokens(most) => tokens <= most,
            };
            if !fits {
                break;
            }
            kept = self.0.get(i..).unwrap_or_default();
        }
        if keep == Keep::All { &self.0 } else { kept }
    }

    /// Drops all messages but the latest that `keep` allows.
    pub fn truncate(&mut self, keep: Keep) {
        let gone = self.0.len() - self.kept(keep).len();
        self.0.drain(..gone);
    }
}

#[diagnostic::do_not_recommend]
impl Append for History {
    fn append(base: &Self, arms: &[Self]) -> Merged<Self> {
        let arms: Vec<_> = arms.iter().map(|arm| arm.0.clone()).collect();
        <Vec<_> as Append>::append(&base.0, &arms).map(Self)
    }
}

impl List for History {
    fn count(&self) -> usize {
        self.0.len()
    }
    fn append(&mut self, items: &Json) -> Result<(), CodecError> {
        List::append(&mut self.0, items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(turns: &[Message]) -> String {
        turns.iter().map(|turn| turn.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn history() -> History {
        let mut history = History::new();
        history.exchange("q1", "a1");
        // Two questions before the first answer.
        history.user("q2");
        history.exchange("q2b", "a2");
        history.assistant("a2b");
        history.exchange("q3", "a3");
        history
    }

    #[test]
    fn only_whole_exchanges_are_kept_the_latest_first() {
        let history = history();
        for (keep, left) in [
            (Keep::All, "q1 a1 q2 q2b a2 a2b q3 a3"),
            (Keep::Exchanges(0), ""),
            (Keep::Exchanges(1), "q3 a3"),
            (Keep::Exchanges(2), "q2 q2b a2 a2b q3 a3"),
            (Keep::Exchanges(3), "q1 a1 q2 q2b a2 a2b q3 a3"),
            (Keep::Exchanges(99), "q1 a1 q2 q2b a2 a2b q3 a3"),
            (Keep::Bytes(3), ""),
            (Keep::Bytes(4), "q3 a3"),
            (Keep::Bytes(13), "q3 a3"),
            (Keep::Bytes(14), "q2 q2b a2 a2b q3 a3"),
            (Keep::Bytes(17), "q2 q2b a2 a2b q3 a3"),
            (Keep::Tokens(1), ""),
            (Keep::Tokens(2), "q3 a3"),
            (Keep::Tokens(5), "q3 a3"),
            (Keep::Tokens(6), "q2 q2b a2 a2b q3 a3"),
            (Keep::Tokens(8), "q1 a1 q2 q2b a2 a2b q3 a3"),
            (Keep::Bytes(18), "q1 a1 q2 q2b a2 a2b q3 a3"),
        ] {
            assert_eq!(texts(history.kept(keep)), left, "{keep:?}");
            let mut cut = history.clone();
            cut.truncate(keep);
            assert_eq!(texts(cut.turns()), left, "{keep:?}");
        }
    }

    #[test]
    fn an_answer_to_nothing_is_cut_off_with_it() {
        let mut history = History::new();
        history.assistant("hello");
        history.exchange("q1", "a1");
        assert_eq!(texts(history.kept(Keep::Exchanges(5))), "q1 a1");
        assert_eq!(texts(history.kept(Keep::All)), "hello q1 a1");
    }
}
