use super::{ChunkSink, ModelClient, ModelError, ModelFailure, ModelReply, ModelRequest, Tokens};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A client with scripted replies, for tests and for examples that run offline.
///
/// Replies are given in order, one per call, whichever step calls; a call after the last one fails without
/// retries. Clones share the script and the requests that it received.
///
/// ```
/// # use flujo::prelude::*;
/// use flujo::model::{ModelError, ModelFailure, Script};
///
/// #[step(model = "openai:gpt-4o-mini", max_tokens = 50, retries = 1, backoff = none)]
/// fn count(text: String) -> Prompt<u32> {
///     Prompt::system("Count the words.").user(text)
/// }
/// pipeline! {
///     fn counting(text: String) -> u32 {
///         count(text)
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let script = Script::new().then(ModelError::new(ModelFailure::Overloaded, "try later")).then("2");
/// let flujo = Flujo::builder().models(script.clone()).build()?;
/// assert_eq!(flujo.run(counting("two words".to_string())).await.into_output()?, 2);
/// assert_eq!(script.requests()[1].messages[1].text, "two words");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<State>>);

/// Replies to requests after the last line.
type Rest = Box<dyn Fn(&ModelRequest) -> Line + Send>;

#[derive(Default)]
struct State {
    lines: VecDeque<Line>,
    rest: Option<Rest>,
    given: usize,
    piece: Option<usize>,
    requests: Vec<ModelRequest>,
}

/// One reply of a [`Script`]: a text, a whole reply, or a failure.
///
/// ```
/// use flujo::model::{Line, ModelReply, Script, Tokens};
/// // A text is a line, and so is a whole reply.
/// let lines: [Line; 2] = ["one".into(), ModelReply::new("two").used(Tokens::new(8, 1)).into()];
/// let script = lines.into_iter().fold(Script::new(), Script::then);
/// # drop(script);
/// ```
#[derive(Debug)]
pub struct Line(Result<ModelReply, ModelError>);

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self(Ok(ModelReply::new(text)))
    }
}
impl From<String> for Line {
    fn from(text: String) -> Self {
        Self(Ok(ModelReply::new(text)))
    }
}
impl From<ModelReply> for Line {
    fn from(reply: ModelReply) -> Self {
        Self(Ok(reply))
    }
}
impl<R: Into<Line>> From<Result<R, ModelError>> for Line {
    fn from(said: Result<R, ModelError>) -> Self {
        said.map_or_else(Self::from, Into::into)
    }
}
impl From<ModelError> for Line {
    fn from(error: ModelError) -> Self {
        Self(Err(error))
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Script").field("left", &state.lines.len()).finish_non_exhaustive()
    }
}

impl Script {
    /// Returns an empty script.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a reply: a text, a [`ModelReply`] or a [`ModelError`]. The usage of a text is one token per
    /// four bytes, sent and received; a [`ModelReply`] has its own.
    #[must_use]
    pub fn then(self, line: impl Into<Line>) -> Self {
        {
            let mut state = self.state();
            state.given += 1;
            state.lines.push_back(line.into());
        }
        self
    }

    /// Sets a function that replies once the scripted replies are used up: with a text, a [`ModelReply`], a
    /// [`ModelError`], or a `Result` of them.
    #[must_use]
    pub fn otherwise<L: Into<Line>>(self, answer: impl Fn(&ModelRequest) -> L + Send + 'static) -> Self {
        self.state().rest = Some(Box::new(move |request| answer(request).into()));
        self
    }

    /// Sets the number of characters per streamed chunk. Defaults to one chunk for the whole answer.
    #[must_use]
    pub fn in_pieces(self, characters: usize) -> Self {
        self.state().piece = Some(characters.max(1));
        self
    }

    /// Returns the requests received so far.
    pub fn requests(&self) -> Vec<ModelRequest> {
        self.state().requests.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Estimates one token per four bytes, rounded up.
fn tokens(request: &ModelRequest, content: &str) -> Tokens {
    let tokens = |bytes: usize| u64::try_from(bytes.div_ceil(4)).unwrap_or(u64::MAX);
    let sent = request.messages.iter().map(|message| message.text.len()).sum();
    Tokens { input: tokens(sent), output: tokens(content.len()), ..Tokens::default() }
}

#[async_trait]
impl ModelClient for Script {
    async fn call(
        &self,
        request: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> Result<ModelReply, ModelError> {
        let (line, piece) = {
            let mut state = self.state();
            let line = state.lines.pop_front().or_else(|| state.rest.as_ref().map(|rest| rest(&request)));
            let line = line.unwrap_or_else(|| {
                let (given, asked) = (state.given, state.requests.len() + 1);
                let what = format!("the script has {given} answers, and was asked {asked} times");
                ModelError::new(ModelFailure::BadRequest, what).into()
            });
            state.requests.push(request.clone());
            (line, state.piece)
        };
        let reply = line.0?;
        if let Some(reasoning) = &reply.reasoning {
            chunks.reasoning(reasoning);
        }
        let letters: Vec<char> = reply.content.chars().collect();
        for piece in letters.chunks(piece.unwrap_or(letters.len()).max(1)) {
            chunks.chunk(&piece.iter().collect::<String>());
        }
        let usage = reply.usage.or_else(|| Some(tokens(&request, &reply.content)));
        Ok(ModelReply { usage, ..reply })
    }
}
