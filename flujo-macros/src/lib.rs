//! The macros of [flujo](https://docs.rs/flujo): `#[step]`, `#[context]`, `#[resources]` and `pipeline!`.
//!
//! Depend on `flujo`, which re-exports them together with all that generated code needs.
//!
//! ```
//! use flujo::prelude::*;
//!
//! #[step]
//! async fn greet(name: String) -> Result<String> {
//!     Ok(format!("Hello, {name}!"))
//! }
//!
//! pipeline! {
//!     fn welcome(name: String) -> String { greet(name) }
//! }
//! ```
//!
//! `FLUJO_MACRO_DEBUG=triage cargo check` prints the expansion of the item `triage`, `FLUJO_MACRO_DEBUG='*'` of every
//! item. A crate may rename the dependency, `wf = { package = "flujo", .. }`: the macros read its name in `Cargo.toml`.

mod context;
mod crate_name;
mod debug;
mod diag;
mod entry;
mod item;
#[cfg(test)]
#[path = "../../tests/src/made.rs"]
mod made;
mod mistake;
mod names;
mod nesting;
mod options;
mod pipeline;
mod resources;
mod step;
mod token_text;
mod tokens;
mod types;

use proc_macro::TokenStream;

/// Turns an async function into a step: a unit of work that is recorded, retried, timed and resumed.
///
/// The name of the function then takes the *inputs* and returns a `StepCall`, which a pipeline runs. A unit test runs it
/// by itself:
///
/// ```
/// use flujo::prelude::*;
///
/// # struct Db;
/// # impl Db { async fn reputation(&self, _: &str) -> Result<f64> { Ok(0.5) } }
/// /// Looks up who wrote a post.
/// #[step(retries = 3, timeout = "20s")]
/// async fn reputation(author: String, seen: &mut Vec<String>, db: &Db) -> Result<f64> {
///     let reputation = db.reputation(&author).await?;
///     seen.push(author);
///     Ok(reputation)
/// }
///
/// #[context]
/// struct Moderation {
///     #[context(part)]
///     seen: Vec<String>,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut context = Moderation { seen: vec![] };
/// let reputation = reputation("ada".to_owned()).run(&mut context, &Db).await.unwrap();
/// assert_eq!((reputation, context.seen.len()), (0.5, 1));
/// # }
/// ```
///
/// # Parameters
///
/// The type of a parameter decides its role:
///
/// | parameter | role |
/// |---|---|
/// | `post: Post` | an input, which is recorded; up to eight |
/// | `ctx: &mut Moderation` | the context, or a part of it, to write; several, if their types differ |
/// | `#[ctx] cfg: &Config` | the context, or a part of it, to read |
/// | `db: &Db` | a resource; any number, under any name but `ctx` |
/// | `run: &RunInfo` | the run: its id, the attempt, feedback on the last one, an idempotency key |
///
/// Inputs and outputs are `Durable`: they derive `Clone`, `Serialize` and `Deserialize`. Type parameters are
/// allowed; those of inputs and outputs are `Durable` without a bound. An attempt works on copies of the
/// parts that it may write, so one that fails leaves no trace.
///
/// # Output
///
/// `Result<T, E>`, where `E` is any error; [`StepError`] says whether trying again makes sense.
///
/// With `model = ".."` the function returns a `Prompt<T>` instead, or a `Result` of one, and need not be
/// `async`. A model answers it, and the answer is a `T`:
///
/// ```
/// # use flujo::prelude::*;
/// #[step(model = "openai:gpt-4o-mini", temperature = 0.2, max_tokens = 200)]
/// fn headline(text: String) -> Prompt<String> {
///     Prompt::system("You write headlines of at most eight words.").user(text)
/// }
/// ```
///
/// # Options
///
/// An option holds for every call of the step; a call in a pipeline overrides it with the method of the same name.
///
/// | option | type and unit | default | meaning |
/// |---|---|---|---|
/// | `retries = 3` | `u32` | 0; 2 for model steps | extra attempts after the first |
/// | `timeout = "20s"` | duration | none | the longest time of one attempt |
/// | `backoff = "100ms"` | duration, or `none` | `"100ms"` | the first wait between attempts, doubled each time up to 30 s |
/// | `cached = "1h"` | duration, or `forever` | not cached | the age up to which an output is used again; services are not part of its key |
/// | `fallback = cheap_triage` | a step | none | a step that runs once after the last attempt failed |
/// | `validate = (NoPii, StyleGuide)` | one validator or a tuple | none | checks of every output; a rejection is feedback for the next attempt |
/// | `plugin = Redact` | one plugin or a tuple | none | runs on every output before validators, and may replace it |
/// | `redirect = careful_triage` | a step | none | the step of the next attempt after a plugin redirects |
/// | `strict = false` | `bool` | `true` | `false` accepts a rejected output, with its findings on record |
/// | `limits = UsageLimits::usd("0.10")` | `UsageLimits` | none | the usage of one call: all its attempts and its fallback together |
/// | `version = 2` | `u32` from 1 | 1 | the version of the step's meaning |
/// | `migrate = label_from_1` | a function, or a list | none | converts an output of the version before, `fn label_from_1(old: LabelV1) -> Label`; `[from_1, from_2]` for several versions |
/// | `model = "openai:gpt-4o-mini"` | `"provider:model"` | none | the model that answers |
/// | `models = ["openai:gpt-4o", "anthropic:claude-sonnet-4-6"]` | names of models | none | the models that answer: where a call of one fails, the next is asked in the same attempt |
/// | `role = review` | a name | none | the role whose model answers, as the settings say |
/// | `temperature = 0.2` | 0 to 2 | the provider's | sampling temperature; model steps only |
/// | `max_tokens = 200` | `u32`, tokens | the provider's | the most output tokens; model steps only |
/// | `top_p = 0.9` | 0 to 1 | the provider's | nucleus sampling; model steps only |
/// | `tools = [search_web, calculator]` | steps and pipelines | none | what the model may call; `refund.ask_first("Refund?")` asks a person before, `mcp(Docs)` offers the tools of a server |
/// | `tool_rounds = 8` | `u32` from 1 | 8 | how often in one attempt the model may ask for tools |
/// | `ask_first = "Refund?"` | a text | none | the question to a person before a model's call of this step as a tool runs |
/// | `tool_choice = required` | `auto`, `required`, `none`, or one of the tools | `auto` | whether the first reply has to call a tool |
/// | `parallel_calls = false` | `bool` | the provider's | whether one reply may call several tools |
/// | `reasoning_effort = "low"` | `"none"`, `"minimal"`, `"low"`, `"medium"`, `"high"` | the provider's | how much the model reasons before it answers |
/// | `reasoning_text = true` | `bool` | `false` | requests the text of the reasoning, and records it |
/// | `stop = ["END"]` | texts | none | the texts that end the answer |
/// | `seed = 7` | `u64` | none | the seed of the sampling |
/// | `service_tier = "flex"` | the provider's word | the provider's | the service tier; its price is that of `provider:model@flex` |
/// | `prompt_cache = "5m"` | `"5m"` or `"1h"` | none | how long the provider keeps tools and system messages in its cache |
/// | `extra = [("top_k", 40)]` | pairs of a field and a literal | none | fields of the request that flujo does not know |
///
/// A duration is a whole number with the unit `ms`, `s`, `min`, `h` or `d`, in quotes.
///
/// # Errors
///
/// Each mistake in the options or the signature is a compile error at its token. The item still expands, so that calls of
/// the step are not errors, too.
///
/// [`StepError`]: https://docs.rs/flujo/latest/flujo/struct.StepError.html
#[proc_macro_attribute]
pub fn step(options: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(&options.into(), &item.into(), step::expand).into()
}

/// Turns a struct into the context of pipelines: the state of one run.
///
/// It is recorded with every step that changes it, and rebuilt when the run is resumed. A step takes a field marked `part`
/// by its type, and steps that write different parts may run in parallel. A part that two parallel branches write needs
/// a merge rule; without one the pipeline does not compile.
///
/// ```
/// use flujo::prelude::*;
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Default, Serialize, Deserialize)]
/// # pub struct Sources(Vec<String>);
///
/// #[context]
/// #[derive(Default)]
/// pub struct Research {
///     pub topic: String,
///     /// A step may ask for just this part: `sources: &mut Sources`.
///     #[context(part)]
///     pub sources: Sources,
///     /// Parallel branches may both add to this.
///     #[context(part, merge = append)]
///     pub notes: Vec<String>,
/// }
/// ```
///
/// `Clone`, `Serialize` and `Deserialize` come with it, unless a `#[derive]` *below* `#[context]` lists them.
/// Attributes of serde are kept. The fields that are no part together count as one part without a rule.
///
/// # Options
///
/// `#[context(part)]` on a field makes it a part; `#[context(part, merge = rule)]` adds a merge rule. Without `merge`,
/// parallel branches cannot both write the part.
///
/// | rule | the value after several branches wrote it |
/// |---|---|
/// | `append` | the elements that each branch appended, in the order of the branches |
/// | `sum` | the base and what each added to it |
/// | `min`, `max` | the smallest or largest, the base included |
/// | `union` | sets and maps: everything; a key changed in two ways is a conflict |
/// | `last` | the value of the last branch |
/// | `self::my_rule` | the result of `fn(base: &T, arms: &[T]) -> Result<T, (usize, String)>` |
///
/// # Errors
///
/// A field that cannot be recorded, or a rule that does not fit its type, is a compile error at the field.
///
/// # Failed attempts
///
/// A failed attempt changes nothing: every attempt works on its own clone of the parts in its signature, and so does every parallel branch.
/// That is as true as `Clone` is. The clones of an `Arc` share what is in it, so a field of the type
/// `Arc<Mutex<T>>`, `Arc<RwLock<T>>`, `Arc<OnceLock<T>>` or `Arc<AtomicU64>` and its like does not compile, however
/// deep it is in the field's type; nor does one as input or output of a step. An `Arc<T>` of something that does
/// not change is fine. **A type of your own is not looked into**: if one of its fields is such an `Arc`, what a failed
/// attempt or a losing branch wrote there stays, is missing from records, and is lost on resume. Keep shared
/// values in `#[resources]`.
#[proc_macro_attribute]
pub fn context(options: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(&options.into(), &item.into(), context::expand).into()
}

/// Turns a struct into the resources of pipelines: the services of the application.
///
/// A step takes a service by its type, `db: &Db`, and gets the field of that type. Nothing is derived, and nothing is
/// recorded: clients, pools and secrets belong here. The attribute has no options. Two fields of one type are a compile
/// error, because the type selects the field.
///
/// ```
/// use flujo::prelude::*;
/// # pub struct Db;
/// # pub struct Mailer;
///
/// #[resources]
/// pub struct App {
///     db: Db,
///     mailer: Mailer,
/// }
/// ```
#[proc_macro_attribute]
pub fn resources(options: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(&options.into(), &item.into(), resources::expand).into()
}

/// Declares a pipeline: a graph of steps, written as a function that calls them, checked by rustc as a whole.
///
/// In the body a call runs a step, and the methods after it are its options; `match`, `if`, `let` and blocks keep their
/// meaning; every other expression is a plain value. The pipeline awaits its steps and ends with the first failure, so
/// there is no `.await` and no `?`. A pipeline is itself a step.
///
/// ```
/// use flujo::prelude::*;
///
/// #[step]
/// async fn count(text: String) -> Result<usize> {
///     Ok(text.split_whitespace().count())
/// }
///
/// #[step]
/// async fn shorten(text: String) -> Result<String> {
///     Ok(text.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
/// }
///
/// pipeline! {
///     /// At most three words.
///     pub fn teaser(text: String) -> String {
///         let words = count(text.clone());
///         if words > 3 { shorten(text).retries(2) } else { text }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let flujo = Flujo::builder().build().unwrap();
/// let result = flujo.run(teaser("one two three four".to_owned())).await;
/// assert_eq!(result.into_output().unwrap(), "one two three");
/// # }
/// ```
///
/// # Forms
///
/// All are described in [`flujo::flow`](https://docs.rs/flujo/latest/flujo/flow/index.html).
///
/// | form | value | options |
/// |---|---|---|
/// | `x >> step` | that of `step(x)` | those of the step |
/// | `repeat(seed, \|x\| ..)` | the last value | `until` and `max` are needed; `or_last`, `timeout`, `limits`, `settle`, `named` |
/// | `refine(\|feedback\| .., \|draft\| ..)` | the draft that the critic accepts | `max` is needed; `or_last`, `timeout`, `limits`, `settle`, `named` |
/// | `join(a, b, ..)` | a tuple; the arms run in parallel | `timeout`, `limits`, `settle`, `named` |
/// | `map(items, \|x\| ..)` | a `Vec`, in the order of the items | `concurrency`, `max`, `timeout`, `limits`, `settle`, `named` |
/// | `route(set, \|r\| match r { .. })` | a `Vec`, in the order of the set | `timeout`, `limits`, `settle`, `named` |
/// | `gate(x, validators)` | `x`, if the validators accept it | `strict`, `plugin`, `keep_findings`, `named` |
/// | `ask(message)` | a person's reply, of the type of its `let` | `showing`, `timeout`, `named` |
/// | `wait("2h")` | `()` | `named` |
/// | `fail(message)` | none: the run fails | |
/// | `value(x)` | `x`, if it is a call of a path | |
///
/// A call of a pipeline takes `retries`, which restart it at the node that failed, `timeout`, `limits`, `settle` and
/// `named`; a call of a step those of [`step`](macro@step), `keep_findings`, `settle` and `named`.
///
/// # Parameters and constants
///
/// A pipeline takes inputs, at most one context (`ctx: &mut Moderation`) and at most one struct of resources (`app: &App`). `teaser::GRAPH` is its
/// graph, `teaser::BOUNDS` the worst case of one run, both constants.
///
/// # Options
///
/// `#[pipeline(name = "..")]` on the function sets the name in records; it defaults to the function's name.
///
/// # Errors
///
/// Mistakes in the flow are compile errors at their tokens, and types are checked by rustc. A step that is called inside a
/// closure, a struct or another plain expression is refused: bind its output to a variable first.
#[proc_macro]
pub fn pipeline(input: TokenStream) -> TokenStream {
    entry::function(input.into(), pipeline::expand).into()
}

/// The page of the crate on crates.io, whose example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
