use super::{
    ChunkSink, ModelCheckError, ModelClient, ModelError, ModelFailure, ModelReply, ModelRequest, Permit,
    Tokens,
};
use crate::codec::{Digest, Json};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A file of recorded model replies: recorded from a real client, replayed without it.
///
/// A request is matched by its content, whichever node sends it: model, messages, schema, tools and sampling.
/// Equal requests get their replies in the order of recording, failures and streamed chunks included. The
/// file has one JSON object per line; it holds prompts and answers, but no key.
///
/// ```
/// # use flujo::prelude::*;
/// use flujo::model::{Script, Tape};
///
/// #[step(model = "openai:gpt-4o-mini", max_tokens = 50)]
/// fn greet(name: String) -> Prompt<String> {
///     Prompt::ask(format!("Greet {name}."))
/// }
/// pipeline! {
///     fn greeting(name: String) -> String {
///         greet(name)
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let file = std::env::temp_dir().join(format!("flujo-tape-{}.jsonl", std::process::id()));
/// # let _ = std::fs::remove_file(&file);
/// let real = Script::new().then("Hello, Ada!");
/// let flujo = Flujo::builder().models(Tape::record(&file, real)?).build()?;
/// flujo.run(greeting("Ada".to_string())).await.into_output()?;
///
/// let flujo = Flujo::builder().models(Tape::replay(&file)?).build()?;
/// assert_eq!(flujo.run(greeting("Ada".to_string())).await.into_output()?, "Hello, Ada!");
/// # std::fs::remove_file(&file)?;
/// # Ok(())
/// # }
/// ```
pub struct Tape {
    file: PathBuf,
    client: Option<Arc<dyn ModelClient>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: HashMap<Digest, VecDeque<Take>>,
    out: Option<File>,
}

/// One recorded call.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Take {
    request: Digest,
    /// For readers of the file: the digest identifies the request.
    model: String,
    chunks: Vec<String>,
    outcome: Outcome,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Reply(ModelReply),
    Failed { failure: ModelFailure, message: String, retry_after_ms: Option<u64>, usage: Option<Tokens> },
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Tape {
    /// Replays from the file alone. A request that is not in the file fails without retries.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it is not a recorded call.
    pub fn replay(file: impl Into<PathBuf>) -> io::Result<Self> {
        let file = file.into();
        let state = State { known: read(&file)?, out: None };
        Ok(Self { file, client: None, state: Mutex::new(state) })
    }

    /// Replays the requests that are in the file, which is created if missing; sends all others to `client`,
    /// and records their replies.
    ///
    /// # Errors
    /// The file cannot be read or written, or a line of it is not a recorded call.
    pub fn record(file: impl Into<PathBuf>, client: impl ModelClient) -> io::Result<Self> {
        let file = file.into();
        let known = if file.exists() { read(&file)? } else { HashMap::new() };
        let out = OpenOptions::new().create(true).append(true).open(&file)?;
        let state = State { known, out: Some(out) };
        Ok(Self { file, client: Some(Arc::new(client)), state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a call before its reply is returned.
    fn keep(&self, take: &Take) -> Result<(), ModelError> {
        let failed = |e: &dyn fmt::Display| {
            ModelError::new(ModelFailure::Other, format!("cannot write `{}`: {e}", self.file.display()))
        };
        let mut line = serde_json::to_string(take).map_err(|e| failed(&e))?;
        line.push('\n');
        match &mut self.state().out {
            Some(out) => out.write_all(line.as_bytes()).and_then(|()| out.flush()).map_err(|e| failed(&e)),
            None => Ok(()),
        }
    }
}

fn read(file: &Path) -> io::Result<HashMap<Digest, VecDeque<Take>>> {
    let mut known: HashMap<Digest, VecDeque<Take>> = HashMap::new();
    let about = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let opened =
        File::open(file).map_err(|e| io::Error::new(e.kind(), format!("`{}`: {e}", file.display())))?;
    for (i, line) in BufReader::new(opened).lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let take: Take = serde_json::from_str(&line)
            .map_err(|e| about(format!("`{}`, line {}: {e}", file.display(), i + 1)))?;
        known.entry(take.request).or_default().push_back(take);
    }
    Ok(known)
}

/// Returns the digest of the content of a request, without the path of the node.
fn digest(request: &ModelRequest) -> Result<Digest, ModelError> {
    let ModelRequest {
        model,
        messages,
        schema,
        tools,
        temperature,
        max_tokens,
        top_p,
        options,
        stream: _,
        path: _,
    } = request;
    let sent = (model, messages, schema, temperature, max_tokens, top_p);
    // Without tools and options the digest is that of the format before them, so that older files still match.
    let sent = match (tools.is_empty(), options.is_empty()) {
        (true, true) => Json::encode(&sent),
        (false, true) => Json::encode(&(sent, tools)),
        (_, false) => Json::encode(&(sent, tools, options)),
    };
    sent.map(|sent| sent.digest()).map_err(|e| ModelError::new(ModelFailure::BadRequest, e))
}

impl Take {
    fn played(self, chunks: &mut dyn ChunkSink) -> Result<ModelReply, ModelError> {
        if let Outcome::Reply(ModelReply { reasoning: Some(reasoning), .. }) = &self.outcome {
            chunks.reasoning(reasoning);
        }
        for chunk in &self.chunks {
            chunks.chunk(chunk);
        }
        match self.outcome {
            Outcome::Reply(reply) => Ok(reply),
            Outcome::Failed { failure, message, retry_after_ms, usage } => {
                let retry_after = retry_after_ms.map(Duration::from_millis);
                Err(ModelError { failure, retry_after, usage, source: message.into() })
            }
        }
    }
}

/// Records chunks while forwarding them.
struct Both<'c> {
    chunks: &'c mut dyn ChunkSink,
    kept: Vec<String>,
}
impl ChunkSink for Both<'_> {
    fn chunk(&mut self, text: &str) {
        self.kept.push(text.to_owned());
        self.chunks.chunk(text);
    }
    // It is recorded with the reply.
    fn reasoning(&mut self, text: &str) {
        self.chunks.reasoning(text);
    }
}

#[async_trait]
impl ModelClient for Tape {
    async fn call(
        &self,
        request: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> Result<ModelReply, ModelError> {
        let key = digest(&request)?;
        let known = self.state().known.get_mut(&key).and_then(VecDeque::pop_front);
        if let Some(take) = known {
            return take.played(chunks);
        }
        let Some(client) = &self.client else {
            let what = format!("`{}` has no (further) answer to this request", self.file.display());
            return Err(ModelError::new(ModelFailure::BadRequest, what));
        };
        let model = request.model.clone();
        let mut both = Both { chunks, kept: Vec::new() };
        let done = client.call(request, &mut both).await;
        let outcome = match &done {
            Ok(reply) => Outcome::Reply(reply.clone()),
            Err(error) => Outcome::Failed {
                failure: error.failure,
                message: error.source.to_string(),
                retry_after_ms: error.retry_after.and_then(|wait| u64::try_from(wait.as_millis()).ok()),
                usage: error.usage,
            },
        };
        self.keep(&Take { request: key, model, chunks: both.kept, outcome })?;
        done
    }

    async fn admit(&self, request: &ModelRequest) -> Permit {
        // A recorded reply needs no rate-limit slot.
        let known = |key| self.state().known.get(&key).is_some_and(|takes| !takes.is_empty());
        match &self.client {
            Some(client) if !digest(request).is_ok_and(known) => client.admit(request).await,
            _ => Permit::none(),
        }
    }

    fn check(&self, request: &ModelRequest) -> Result<(), ModelCheckError> {
        self.client.as_ref().map_or(Ok(()), |client| client.check(request))
    }

    fn knows(&self, provider: &str) -> Result<(), ModelCheckError> {
        self.client.as_ref().map_or(Ok(()), |client| client.knows(provider))
    }

    fn extra_tokens(&self, request: &ModelRequest) -> u64 {
        self.client.as_ref().map_or(0, |client| client.extra_tokens(request))
    }
}
