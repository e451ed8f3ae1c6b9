use super::schema::Shape;
use super::{Attachment, CacheTime, History, Keep, Message, Role};
use crate::durable::Reply;
use crate::error::StepError;
use std::fmt;
use std::marker::PhantomData;

/// The prompt of a model step: a conversation whose answer is a `T`.
///
/// Texts are built with `format!`, so a misspelled variable does not compile.
///
/// ```
/// # use flujo::prelude::*;
/// let topic = "a semaphore";
/// let prompt: Prompt<String> = Prompt::system("You are brief.").user(format!("What is {topic}?"));
/// assert_eq!(prompt.messages()[1].text, "What is a semaphore?");
/// ```
///
/// An example is a pair of a question and an answer of type `T`: an example that no longer fits the answer
/// type does not compile.
///
/// ```
/// # use flujo::prelude::*;
/// # use flujo::model::Attachment;
/// #[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// struct Label {
///     name: String,
/// }
///
/// #[step(model = "openai:gpt-4o-mini", max_tokens = 50)]
/// fn label(photo: String) -> Prompt<Label> {
///     Prompt::system("Name the animal.")
///         .example("It barks.", &Label { name: "dog".to_owned() })
///         .user("This one?")
///         .attach(Attachment::url("image/jpeg", photo))
/// }
/// ```
pub struct Prompt<T> {
    messages: Vec<Message>,
    /// The first error while building the prompt.
    problem: Option<String>,
    answer: PhantomData<fn() -> T>,
}

impl<T> Prompt<T> {
    fn start(role: Role, text: impl Into<String>) -> Self {
        Self { messages: Vec::new(), problem: None, answer: PhantomData }.turn(role, text)
    }

    fn turn(mut self, role: Role, text: impl Into<String>) -> Self {
        self.messages.push(Message::new(role, text));
        self
    }

    /// Starts a prompt with a system message.
    pub fn system(text: impl Into<String>) -> Self {
        Self::start(Role::System, text)
    }

    /// Starts a prompt with a message of the user.
    pub fn ask(text: impl Into<String>) -> Self {
        Self::start(Role::User, text)
    }

    /// Appends a message of the user.
    #[must_use]
    pub fn user(self, text: impl Into<String>) -> Self {
        self.turn(Role::User, text)
    }

    /// Appends an earlier answer of the model.
    #[must_use]
    pub fn assistant(self, text: impl Into<String>) -> Self {
        self.turn(Role::Assistant, text)
    }

    /// Attaches an image or a file to the last message of the user. A model that does not support it fails
    /// the step without retries.
    #[must_use]
    pub fn attach(mut self, attachment: Attachment) -> Self {
        if let Some(turn) = self.messages.last_mut().filter(|turn| turn.role == Role::User) {
            turn.attachments.push(attachment);
        } else {
            let attachments = vec![attachment];
            self.messages.push(Message { attachments, ..Message::new(Role::User, "") });
        }
        self
    }

    /// Asks the provider to keep the prompt up to here in its cache for five minutes: for a long beginning that many calls
    /// share. Providers that cache by themselves need no mark, and take none.
    ///
    /// Writing to the cache has a price of its own, which is reserved, and counted as
    /// [`cache_write_tokens`](crate::Usage::cache_write_tokens).
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # let (handbook, question) = ("..", "..");
    /// let prompt: Prompt<String> = Prompt::system(handbook).cache_here().user(question);
    /// assert!(prompt.messages()[0].cache.is_some());
    /// ```
    #[must_use]
    pub fn cache_here(self) -> Self {
        self.cache_here_for(CacheTime::FiveMinutes)
    }

    /// Asks the provider to keep the prompt up to here in its cache for this time, as [`cache_here`](Self::cache_here).
    #[must_use]
    pub fn cache_here_for(mut self, time: CacheTime) -> Self {
        if let Some(last) = self.messages.last_mut() {
            last.cache = Some(time);
        }
        self
    }

    /// Appends the latest messages of `history`, as far as `keep` allows; they begin with one of the user.
    #[must_use]
    pub fn history(mut self, history: &History, keep: Keep) -> Self {
        self.messages.extend_from_slice(history.kept(keep));
        self
    }

    /// Returns the messages so far.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    pub(super) fn into_messages(self) -> Result<Vec<Message>, StepError> {
        match self.problem {
            None => Ok(self.messages),
            Some(problem) => Err(StepError::fatal(problem)),
        }
    }
}

impl<T: Reply> Prompt<T> {
    /// Appends a question with its expected answer, in the format that the model is asked for.
    #[must_use]
    pub fn example(mut self, question: impl Into<String>, answer: &T) -> Self {
        let shown = Shape::of::<T>().map_err(|e| e.to_string()).and_then(|shape| {
            let value = serde_json::to_value(answer).map_err(|e| e.to_string())?;
            Ok(shape.shown(value))
        });
        match shown {
            Ok(answer) => self.user(question).assistant(answer),
            Err(e) => {
                self.problem.get_or_insert(format!("an example of the prompt cannot be written down: {e}"));
                self
            }
        }
    }

    /// Appends several examples.
    ///
    /// ```
    /// use flujo::prelude::*;
    /// use flujo::model::CacheTime;
    ///
    /// let (happy, angry) = ("happy".to_owned(), "angry".to_owned());
    /// let prompt: Prompt<String> = Prompt::system("Name the tone.")
    ///     .examples([("Hooray!", &happy), ("Get out!", &angry)])
    ///     .cache_here_for(CacheTime::OneHour)
    ///     .user("Fine?")
    ///     .assistant("happy")
    ///     .user("Fine.");
    /// assert_eq!(prompt.messages().len(), 8);
    /// ```
    #[must_use]
    pub fn examples<'e, Q: Into<String>>(self, pairs: impl IntoIterator<Item = (Q, &'e T)>) -> Self
    where
        T: 'e,
    {
        pairs.into_iter().fold(self, |prompt, (question, answer)| prompt.example(question, answer))
    }
}

impl<T> Clone for Prompt<T> {
    fn clone(&self) -> Self {
        let (messages, problem) = (self.messages.clone(), self.problem.clone());
        Self { messages, problem, answer: PhantomData }
    }
}
impl<T> fmt::Debug for Prompt<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt").field("messages", &self.messages).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn examples_are_pairs_of_turns() {
        let numbers: Prompt<Vec<u32>> =
            Prompt::system("Count.").examples([("ab", &vec![1, 2]), ("", &vec![])]);
        let sent: Vec<_> = numbers.messages().iter().map(|m| (m.role, m.text.as_str())).collect();
        let (user, model) = (Role::User, Role::Assistant);
        assert_eq!(
            sent,
            [
                (Role::System, "Count."),
                (user, "ab"),
                (model, r#"{"answer":[1,2]}"#),
                (user, ""),
                (model, r#"{"answer":[]}"#)
            ]
        );
        let text: Prompt<String> = Prompt::ask("?").example("a", &"b \"c\"".to_owned());
        assert_eq!(text.messages()[2].text, "b \"c\"");
    }

    #[test]
    fn an_example_that_cannot_be_written_down_is_a_failure_of_the_step() {
        let odd: BTreeMap<(u8, u8), u8> = [((1, 2), 3)].into();
        let prompt: Prompt<BTreeMap<(u8, u8), u8>> = Prompt::ask("?").example("x", &odd);
        let error = prompt.into_messages().unwrap_err();
        assert!(!error.is_retryable());
        assert!(
            error.to_string().starts_with("an example of the prompt cannot be written down: "),
            "{error}"
        );
    }

    #[test]
    fn attachments_go_with_what_the_user_says() {
        let photo = || Attachment::url("image/png", "https://example.com/a.png");
        let prompt: Prompt<String> =
            Prompt::system("Look.").attach(photo()).user("And this?").attach(photo());
        let shown: Vec<_> = prompt.messages().iter().map(|m| (m.role, m.attachments.len())).collect();
        assert_eq!(shown, [(Role::System, 0), (Role::User, 1), (Role::User, 1)]);
    }

    #[test]
    fn history_stands_where_it_is_put() {
        let mut history = History::new();
        history.exchange("q1", "a1");
        history.exchange("q2", "a2");
        let prompt: Prompt<String> =
            Prompt::system("Rules.").history(&history, Keep::Exchanges(1)).user("q3");
        let texts: Vec<_> = prompt.messages().iter().map(|m| m.text.as_str()).collect();
        assert_eq!(texts, ["Rules.", "q2", "a2", "q3"]);
    }
}
