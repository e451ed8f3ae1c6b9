//! Against the server of `llama-cpp-python`, with a tiny model of random weights, which the tests make themselves. What it
//! answers is nonsense, and different each time; a grammar that the server makes of the schema forces it into JSON. So a
//! typed answer that fits at once shows that its grammar and our schemas agree. Its grammar knows neither bounds of numbers
//! nor anything that stands beside a list of types: an `Option<Vec<T>>` is a list of anything there.
//!
//! Where it is not installed this says so, loudly; `FLUJO_LLAMA=required` makes that a failure.

use crate::python::PythonServer;
use crate::wires::{call, with_schema};
use flujo::clock::Clock;
use flujo::engine::Memory;
use flujo::model::{FinishReason, Message, ModelFailure, ModelRequest, Role};
use flujo::prelude::*;
use flujo::{StepResult, Usage};
use flujo_models::{Capabilities, Compatible, Models, Structured};
use flujo_testing::{EventLog, PausedClock};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

static LLAMA: PythonServer = PythonServer::new("llama", "FLUJO_LLAMA");
/// A request that comes ends the stream of another one there: one test at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

const KEY: &str = "sk-planted-llama-77aa";
const WRONG: &str = "sk-planted-wrong-88bb";

/// How often each type is asked for, whole and in pieces.
const TIMES: usize = 8;

/// What the server is able to do: it takes a schema only as that of a tool which has to be called.
const TOOL: Capabilities =
    Capabilities { structured: Structured::Tool, otherwise: Structured::Tool, ..Capabilities::COMPATIBLE };

/// Starts the server, if it can be started here.
fn server() -> Option<(&'static str, MutexGuard<'static, ()>)> {
    let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let url = LLAMA.url(|python, port| {
        let model = concat!(env!("CARGO_TARGET_TMPDIR"), "/tiny.gguf");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/llama/make_model.py");
        let made = Command::new(python.get_program()).args([script, model]).output().unwrap();
        assert!(made.status.success(), "no model was made: {}", String::from_utf8_lossy(&made.stderr));
        python.args(["-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", &port.to_string()]);
        python.args(["--model", model]);
        python.args(["--n_ctx", "4096", "--seed", "7", "--api_key", KEY]);
    });
    url.map(|url| (url, alone))
}

fn models(url: &str, key: &str, can: Capabilities) -> Models {
    let local = Compatible::at(format!("{url}v1/")).key(key).can(can);
    Models::builder().provider("local", local).silence_timeout(Duration::from_secs(60)).build().unwrap()
}

/// An engine whose clock stands still, so that nobody waits before another attempt.
fn flujo(url: &str, key: &str, can: Capabilities) -> Flujo {
    let engine = Memory::with_clock(Arc::new(PausedClock::default()) as Arc<dyn Clock>);
    Flujo::builder().engine(engine).models(models(url, key, can)).build().unwrap()
}

fn block_on<T>(run: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run)
}

macro_rules! asks {
    ($($pipeline:ident, $step:ident: $answer:ty, $max_tokens:literal;)*) => { $(
        #[step(model = "local:tiny", max_tokens = $max_tokens, temperature = 1.5, retries = 2)]
        fn $step(text: String) -> Prompt<$answer> {
            Prompt::system("Answer.").user(text)
        }
        pipeline! {
            fn $pipeline(text: String) -> $answer { $step(text) }
        }
    )* };
}

asks! {
    plain, ask_plain: Plain, 1500;
    color, ask_color: Color, 1500;
    maybe, ask_maybe: Maybe, 1500;
    lists, ask_lists: Lists, 1500;
    codes, ask_codes: Codes, 1500;
    shape, ask_shape: Shape, 1500;
    thing, ask_thing: Thing, 1500;
    formula, ask_formula: Formula, 1500;
    holder, ask_holder: Holder, 1500;
    maps, ask_maps: Maps, 1500;
    defaults, ask_defaults: Defaults, 1500;
    several, ask_several: Vec<Plain>, 1500;
    whole_number, ask_whole_number: i64, 1500;
    yes, ask_yes: bool, 1500;
    small_numbers, ask_small_numbers: SmallNumbers, 1500;
    cut_short, ask_cut_short: Plain, 5;
    text, ask_text: String, 60;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Plain {
    name: String,
    count: i64,
    share: f64,
    done: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Color {
    Red,
    Green,
    DarkBlue,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Maybe {
    text: Option<String>,
    number: Option<i64>,
    color: Option<Color>,
    plain: Option<Plain>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Lists {
    words: Vec<String>,
    #[schemars(length(min = 2, max = 3))]
    numbers: Vec<i64>,
    plains: Vec<Plain>,
    pair: (bool, String),
}

/// Texts that are bounded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Codes {
    #[schemars(length(min = 3, max = 5))]
    short: String,
    #[schemars(regex(pattern = "^[A-Z]{2}-[0-9]{3}$"))]
    number: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Shape {
    Circle { radius: f64 },
    Square { side: f64, filled: bool },
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Thing {
    Word(String),
    Numbers(Vec<i64>),
    Named { plain: Plain },
    Empty,
}

/// A type that holds itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Formula {
    Number { value: i64 },
    Name { name: String },
    Sum { of: Vec<Formula> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Holder {
    formula: Formula,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Maps {
    by_name: BTreeMap<String, i64>,
    colors: BTreeMap<String, Color>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Defaults {
    name: String,
    #[serde(default)]
    count: i64,
    #[serde(default)]
    tags: Vec<String>,
}

/// So many that one is too large, wherever nothing keeps it small.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct SmallNumbers {
    #[schemars(length(min = 80, max = 80))]
    numbers: Vec<u8>,
}

/// What came of a run.
struct Came<T> {
    output: std::result::Result<T, String>,
    step: StepResult,
    usage: Usage,
}

/// Runs a pipeline; who listens gets pieces.
macro_rules! came {
    ($flujo:expr, $pipeline:ident, $text:expr, $listens:expr) => {{
        let run = $flujo.run($pipeline($text));
        let run = if $listens { run.observer(EventLog::new()) } else { run };
        let result = block_on(run.into_future());
        let (step, usage) = (result.steps.last().unwrap().clone(), result.usage);
        Came { output: result.into_output().map_err(|e| e.to_string()), step, usage }
    }};
}

/// Asks for each of these types several times.
macro_rules! fit_at_once {
    ($url:expr, $($pipeline:ident)*) => { $(
        let mut answers = BTreeSet::new();
        for listens in [false, true] {
            let flujo = flujo($url, KEY, TOOL);
            for i in 0..TIMES {
                let what = format!("{}, streamed: {listens}", stringify!($pipeline));
                let came = came!(flujo, $pipeline, format!("Question {i}"), listens);
                assert_eq!(came.step.attempts(), 1, "{what}: {:?}", came.output);
                assert!(!came.step.is_repaired(), "{what}: {:?}", came.output);
                // What is streamed comes without the tokens that it took.
                assert_eq!(came.usage.estimated_calls, u64::from(listens), "{what}");
                answers.insert(format!("{:?}", came.output.unwrap_or_else(|e| panic!("{what}: {e}"))));
            }
        }
        assert!(answers.len() > 1, "it answers always the same: {answers:?}");
    )* };
}

#[test]
fn llama_answers_with_types_that_fit_at_once() {
    let Some((url, _alone)) = server() else { return };
    fit_at_once!(url, plain color maybe lists codes shape thing formula holder maps defaults several whole_number yes);
}

/// Its grammar has no bounds of numbers: what is too large goes back, and is never taken.
#[test]
fn llama_answers_out_of_bounds_go_back() {
    let Some((url, _alone)) = server() else { return };
    for listens in [false, true] {
        let came = came!(flujo(url, KEY, TOOL), small_numbers, "Numbers?".into(), listens);
        let error = came.output.unwrap_err();
        assert_eq!(came.step.attempts(), 3, "{error}");
        assert!(error.contains("the answer does not fit: invalid value: integer `"), "{error}");
    }
}

/// It says that it has called a tool where it stopped in the middle of the arguments.
#[test]
fn llama_answers_that_are_cut_short_are_none() {
    let Some((url, _alone)) = server() else { return };
    for listens in [false, true] {
        let came = came!(flujo(url, KEY, TOOL), cut_short, "Hi?".into(), listens);
        let error = came.output.unwrap_err();
        assert_eq!(came.step.attempts(), 3, "{error}");
        assert!(error.contains("the answer was cut short at max_tokens"), "{error}");
    }
}

/// Without more said, compatible servers are asked for JSON, and the schema is in the prompt, which nobody here understands.
#[test]
fn llama_json_mode_is_json_of_any_form() {
    let Some((url, _alone)) = server() else { return };
    for listens in [false, true] {
        let came = came!(flujo(url, KEY, Capabilities::COMPATIBLE), plain, "Hi?".into(), listens);
        let error = came.output.unwrap_err();
        assert_eq!(came.step.attempts(), 3, "{error}");
        assert!(error.contains("the answer does not fit: missing field `name`"), "{error}");
    }
}

/// It does not know the format of OpenAI's schemas, and says so with the status of a fault of its own.
#[test]
fn llama_refuses_schemas_that_are_no_tools() {
    let Some((url, _alone)) = server() else { return };
    for listens in [false, true] {
        let came = came!(flujo(url, KEY, Capabilities::OPENAI), plain, "Hi?".into(), listens);
        let error = came.output.unwrap_err();
        assert_eq!(came.step.attempts(), 3, "{error}");
        assert!(error.contains("provider overloaded: status 500: 1 validation error"), "{error}");
        assert!(error.contains("Input should be 'text' or 'json_object'"), "{error}");
    }
}

#[test]
fn llama_refuses_keys_that_it_does_not_know() {
    let Some((url, _alone)) = server() else { return };
    for listens in [false, true] {
        let came = came!(flujo(url, WRONG, TOOL), text, "Hi?".into(), listens);
        let error = came.output.unwrap_err();
        assert_eq!(came.step.attempts(), 1, "{error}");
        assert!(error.contains("not authorized: status 401: Invalid API key"), "{error}");
        assert!(!error.contains(WRONG), "{error}");
    }
}

fn request<T: flujo::Reply>(text: &str, temperature: f64, max_tokens: u32, stream: bool) -> ModelRequest {
    let request = ModelRequest::new("local:tiny", vec![Message::new(Role::User, text)]).stream(stream);
    request.temperature(temperature).max_tokens(max_tokens).schema(with_schema::<T>())
}

/// Without chance the same is said, however it is sent.
#[test]
fn llama_says_the_same_whole_and_in_pieces() {
    let Some((url, _alone)) = server() else { return };
    // JSON of any form, which is no call and never empty.
    let models = models(url, KEY, Capabilities::COMPATIBLE);
    for i in 0..TIMES {
        let said = [false, true].map(|stream| {
            let (done, heard) = call(&models, request::<Plain>(&format!("Text {i}"), 0.0, 150, stream));
            let reply = done.unwrap();
            assert_eq!(heard, reply.content, "streamed: {stream}");
            assert_eq!(reply.usage.is_some(), !stream, "{:?}", reply.usage);
            assert!(reply.served_model.is_some_and(|model| model == "local:tiny"));
            (reply.content, reply.finish)
        });
        assert!(said[0].0.starts_with('{'), "{said:?}");
        assert_eq!(said[0], said[1]);
    }
}

/// In a stream it finds out when the answer has begun, and breaks it off.
#[test]
fn llama_prompts_that_are_too_long_are_no_answers() {
    let Some((url, _alone)) = server() else { return };
    let models = models(url, KEY, TOOL);
    for (stream, failure, says) in [
        (false, ModelFailure::BadRequest, "status 400: This model's maximum context length is 4096 tokens."),
        (true, ModelFailure::Truncated, "the stream ended without saying that it is complete"),
    ] {
        let error = call(&models, request::<String>(&"long ".repeat(1_000), 1.0, 60, stream)).0.unwrap_err();
        assert_eq!(error.failure, failure, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// A request that comes, if only for the list of models, ends a stream as if it were complete, but without a reason.
#[test]
fn llama_streams_that_another_request_ends_are_cut_off() {
    let Some((url, _alone)) = server() else { return };
    let models = models(url, KEY, TOOL);
    let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let done = Arc::new(AtomicBool::new(false));
    let is_done = Arc::clone(&done);
    let other = std::thread::spawn(move || {
        while !is_done.load(Ordering::Relaxed) {
            let mut stream = TcpStream::connect(&address).unwrap();
            let ask = format!(
                "GET /v1/models HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {KEY}\r\nconnection: close\r\n\r\n"
            );
            stream.write_all(ask.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let mut cut_off = 0;
    for _ in 0..20 {
        let asked = request::<SmallNumbers>("Numbers?", 1.5, 1500, true);
        match call(&models, asked).0 {
            Ok(reply) => {
                assert_eq!(reply.finish, FinishReason::Stop);
                serde_json::from_str::<serde_json::Value>(&reply.content).unwrap();
            }
            Err(e) => {
                assert_eq!(e.failure, ModelFailure::Truncated, "{e}");
                assert!(e.to_string().ends_with("the stream ended without a reason"), "{e}");
                cut_off += 1;
            }
        }
    }
    done.store(true, Ordering::Relaxed);
    other.join().unwrap();
    assert!(cut_off > 0, "no stream was cut off");
}
