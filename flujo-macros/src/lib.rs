//! The macros of [flujo](https://docs.rs/flujo): `#[step]`, `#[context]`, `#[resources]` and `pipeline!`.
//!
//! Depend on `flujo`, which re-exports them together with all that generated code needs.
//!
//! `FLUJO_MACRO_DEBUG=triage cargo check` prints what was made of the item `triage`, `FLUJO_MACRO_DEBUG='*'`
//! of every item.

mod context;
mod crate_name;
mod debug;
mod diag;
mod entry;
mod item;
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

/// Makes a step of an async function: a unit of work that is recorded, retried, timed and resumed.
///
/// The function stays as it is; under its name there is now a function that takes the *inputs* and gives a
/// `StepCall`, which a pipeline runs. Alone it runs in a unit test:
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
/// Their shape says what they are:
///
/// | parameter | meaning |
/// |---|---|
/// | `post: Post` | an input, recorded; up to eight |
/// | `ctx: &mut Moderation` | the context, or a part of it; several, if their types differ |
/// | `#[ctx] cfg: &Config` | the same, to read |
/// | `db: &Db` | a resource; any number |
/// | `run: &RunInfo` | the run: its id, the attempt, feedback on the last one, an idempotency key |
///
/// Inputs and outputs are `Durable`: they derive `Clone`, `Serialize` and `Deserialize`. Type parameters are
/// welcome; those of inputs and outputs are `Durable` without saying so. An attempt works on copies of the
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
/// Defaults for every call of the step; a call in a pipeline overrides them with the same words.
///
/// | option | meaning |
/// |---|---|
/// | `retries = 3` | extra attempts after the first; 0 by default, 2 for model steps |
/// | `timeout = "20s"` | how long one attempt may take: `ms`, `s`, `min`, `h` or `d` |
/// | `backoff = "100ms"` | the first wait between attempts, doubled each time up to 30 s; or `none` |
/// | `cached = "1h"` | how long an output may be used again, or `forever`; services are not part of its key |
/// | `fallback = cheap_triage` | a step that runs once after the last attempt failed |
/// | `validate = (NoPii, StyleGuide)` | validators of every output; a rejection is feedback for the next attempt |
/// | `plugin = Redact` | looks at every output before validators, and may replace it; several in a tuple |
/// | `redirect = careful_triage` | the step that makes the next attempt once a plugin redirects |
/// | `strict = false` | a rejected output passes, with the findings on record |
/// | `limits = UsageLimits::usd("0.10")` | what one call may use, all its attempts and its fallback together |
/// | `version = 2` | counted up when the step's meaning changes |
/// | `migrate = label_from_1` | a function, `fn label_from_1(old: LabelV1) -> Label`, that makes an output of this version of one of the version before: recorded runs go on with it; `[from_1, from_2]` for several versions |
/// | `model = "openai:gpt-4o-mini"` | the model that answers, `provider:model` |
/// | `temperature = 0.2` | sampling temperature, 0 to 2; model steps only |
/// | `max_tokens = 200` | the most output tokens; model steps only |
/// | `top_p = 0.9` | nucleus sampling, 0 to 1; model steps only |
///
/// [`StepError`]: https://docs.rs/flujo/latest/flujo/struct.StepError.html
#[proc_macro_attribute]
pub fn step(options: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(&options.into(), &item.into(), step::expand).into()
}

/// Makes a struct the context of pipelines: state that lives as long as one run.
///
/// It is recorded with every step that changes it, and rebuilt when the run is resumed. Fields marked `part`
/// can be asked for by their type, and steps that write different parts may run side by side. What two
/// parallel branches may both write has a merge rule; without one it does not compile.
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
/// | rule | several branches wrote it |
/// |---|---|
/// | `append` | what each appended, one after the other |
/// | `sum` | the base and what each added to it |
/// | `min`, `max` | the smallest or largest, the base included |
/// | `union` | sets and maps: everything; a key changed in two ways is a conflict |
/// | `last` | the value of the last branch |
/// | `self::my_rule` | `fn(base: &T, arms: &[T]) -> Result<T, (usize, String)>` |
///
/// # What a failed attempt leaves
///
/// Nothing: every attempt works on its own clone of the parts in its signature, and so does every parallel branch.
/// That is as true as `Clone` is. The clones of an `Arc` share what is in it, so a field of the type
/// `Arc<Mutex<T>>`, `Arc<RwLock<T>>`, `Arc<OnceLock<T>>` or `Arc<AtomicU64>` and its like does not compile, however
/// deep it stands in the field's type; nor does one as input or output of a step. An `Arc<T>` of something that does
/// not change is fine. **A type of your own is not looked into**: if one of its fields is such an `Arc`, what a failed
/// attempt or a losing branch wrote there stays, is missing from records, and is lost on resume. Keep what is to be
/// shared in `#[resources]`.
#[proc_macro_attribute]
pub fn context(options: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(&options.into(), &item.into(), context::expand).into()
}

/// Makes a struct the resources of pipelines: services that live as long as the application.
///
/// A step asks for a service by its type, `db: &Db`, and gets the field of that type. Nothing is derived, and
/// nothing of it is ever recorded: clients, pools and secrets belong here.
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
/// In the body a call runs a step, and the methods after it are its options; `match`, `if`, `let` and blocks
/// are what they always are; every other expression is a plain value. Steps are awaited and failures
/// propagate by themselves, so there is no `.await` and no `?`. A pipeline is itself a step.
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
/// | form | gives | options |
/// |---|---|---|
/// | `x >> step` | what `step(x)` gives | those of the step |
/// | `repeat(seed, \|x\| ..)` | the last value | `until` and `max` are needed; `or_last`, `timeout`, `limits`, `settle`, `named` |
/// | `refine(\|feedback\| .., \|draft\| ..)` | the draft that the critic accepts | `max` is needed; `or_last`, `timeout`, `limits`, `settle`, `named` |
/// | `join(a, b, ..)` | a tuple; the arms run beside each other | `timeout`, `limits`, `settle`, `named` |
/// | `map(items, \|x\| ..)` | a `Vec`, in the order of the items | `concurrency`, `max`, `timeout`, `limits`, `settle`, `named` |
/// | `route(set, \|r\| match r { .. })` | a `Vec`, in the order of the set | `timeout`, `limits`, `settle`, `named` |
/// | `gate(x, validators)` | `x`, if they accept it | `strict`, `plugin`, `keep_findings`, `named` |
/// | `ask(message)` | a person's reply, of the type of its `let` | `showing`, `timeout`, `named` |
/// | `wait("2h")` | nothing | `named` |
/// | `fail(message)` | the end, as failed | |
/// | `value(x)` | `x`, where it is a call of a path | |
///
/// A call of a pipeline takes `retries`, which restart it at the node that failed, `timeout`, `limits`, `settle` and
/// `named`; a call of a step those of [`step`](macro@step), `keep_findings`, `settle` and `named`.
///
/// # What it takes, and its constants
///
/// A pipeline takes inputs, at most one context (`ctx: &mut Moderation`) and at most one struct of resources (`app: &App`). `teaser::GRAPH` is its
/// graph, `teaser::BOUNDS` the worst case of one run, both constants.
#[proc_macro]
pub fn pipeline(input: TokenStream) -> TokenStream {
    entry::function(input.into(), pipeline::expand).into()
}
