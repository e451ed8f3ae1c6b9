//! A provider that counts tokens as providers do, and sends a bill: it is never above the limit, whatever is said to it,
//! whatever it answers, and wherever it breaks off.

use crate::server::{Act, Sent, Server};
use crate::wires::{KEY, models};
use flujo::cache::MemoryCache;
use flujo::engine::Memory;
use flujo::model::{
    ChunkSink, ModelClient, ModelError, ModelFailure, ModelReply, ModelRequest, PriceBook, Rates, Tokens,
};
use flujo::prelude::*;
use flujo::usage::Amount;
use flujo::{Cost, Error, ErrorKind, PipelineResult, Usage};
use flujo_models::{PriceList, Wire};
use std::sync::{Arc, Mutex};
use tiktoken_rs::{CoreBPE, o200k_base_singleton};

/// Two dollars a million sent, ten received: in nano-dollars a token.
const SENT: u64 = 2_000;
const RECEIVED: u64 = 10_000;

/// What people send and models answer: texts whose tokens are long, short, and shorter than a letter.
const TEXTS: [&str; 4] = [
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife. ",
    "我们昨天在港口等了三个小时，船还是没有来。潮水退了，孩子们在沙滩上捡贝壳。",
    "👩‍👩‍👧‍👦🏳️‍🌈🧑🏽‍🚀👨🏿‍🍳🫱🏻‍🫲🏾🇺🇳🤷‍♀️🧗🏼‍♂️",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
];

fn bpe() -> &'static CoreBPE {
    o200k_base_singleton()
}

pub fn tokens(text: &str) -> u64 {
    bpe().encode_ordinary(text).len() as u64
}

/// A stream of numbers that is the same for the same seed.
pub struct Random(pub u64);
impl Random {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % n.max(1)
    }
    fn text(&mut self, kind: u64, times: u64) -> String {
        TEXTS[usize::try_from(kind % 4).unwrap()].repeat(usize::try_from(1 + self.below(times)).unwrap())
    }
}

/// How an answer goes wrong.
#[derive(Clone, Copy, PartialEq)]
pub enum Fate {
    Good,
    /// It does not say what it used.
    Untold,
    /// It was made, and fails all the same.
    Failed,
    /// It breaks off.
    Cut,
    /// It never comes.
    Silent,
}

/// The bill, in nano-dollars, and how many calls came.
#[derive(Clone)]
pub struct Biller(Arc<Mutex<(u64, usize, Random)>>);

impl Biller {
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new((0, 0, Random(seed)))))
    }
    pub fn billed(&self) -> (u64, usize) {
        let bill = self.0.lock().unwrap();
        (bill.0, bill.1)
    }
    /// Puts a call on the bill.
    pub fn charge(&self, nanos: u64) {
        let mut bill = self.0.lock().unwrap();
        (bill.0, bill.1) = (bill.0 + nanos, bill.1 + 1);
    }
    pub fn below(&self, n: u64) -> u64 {
        self.0.lock().unwrap().2.below(n)
    }
    pub fn fate(&self) -> Fate {
        [Fate::Good, Fate::Good, Fate::Good, Fate::Untold, Fate::Failed, Fate::Cut, Fate::Silent]
            [usize::try_from(self.below(7)).unwrap()]
    }

    /// Makes a text of up to `most` tokens, and says how many they are.
    pub fn text(&self, most: u64) -> (String, u64) {
        let n = match self.below(3) {
            0 => most,
            _ => self.below(most + 1),
        };
        let kind = self.below(4);
        let long = self.0.lock().unwrap().2.text(kind, 1).repeat(60);
        let all = bpe().encode_ordinary(&long);
        let all = &all[..usize::try_from(n).unwrap().min(all.len())];
        let bytes: Vec<u8> = bpe()._decode_native_and_split(all.to_vec()).flatten().collect();
        (String::from_utf8_lossy(&bytes).into_owned(), all.len() as u64)
    }

    /// Makes an answer of up to `most` tokens, and charges for it in full, whatever becomes of it.
    fn answer(&self, input: u64, most: u64) -> (String, Tokens, Fate) {
        let (text, output) = self.text(most);
        self.charge(input * SENT + output * RECEIVED);
        (text, Tokens::new(input, output), self.fate())
    }
}

/// Everything in a body that a provider counts, with what it puts around messages.
fn counted(body: &serde_json::Value) -> (u64, u64) {
    let turns = body["messages"].as_array().unwrap();
    let said = |turn: &serde_json::Value| match &turn["content"] {
        serde_json::Value::String(text) => tokens(text),
        other => tokens(&other.to_string()),
    };
    let schema = body.get("response_format").map_or(0, |format| tokens(&format.to_string()));
    let most =
        body.get("max_tokens").or(body.get("max_completion_tokens")).and_then(serde_json::Value::as_u64);
    (3 + turns.iter().map(|turn| 4 + said(turn)).sum::<u64>() + schema, most.unwrap())
}

fn serve(biller: &Biller, sent: &Sent) -> Vec<Act> {
    assert!(sent.head.contains(KEY));
    let (input, most) = counted(&sent.body);
    let (text, used, fate) = biller.answer(input, most);
    let mut body = serde_json::json!({
        "id": "c", "object": "chat.completion", "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
    });
    if fate != Fate::Untold {
        body["usage"] = serde_json::json!({"prompt_tokens": used.input, "completion_tokens": used.output,
            "total_tokens": used.input + used.output});
    }
    said(fate, &body.to_string())
}

/// Says an answer, or what becomes of it.
pub fn said(fate: Fate, body: &str) -> Vec<Act> {
    match fate {
        Fate::Silent => vec![Act::Hang],
        Fate::Failed => crate::server::json(500, "", "{\"error\":{\"message\":\"trouble\"}}"),
        Fate::Cut => {
            let mut acts = crate::server::json(200, "", body);
            if let Some(Act::Say(text)) = acts.first_mut() {
                let half = (0..text.len() - body.len() / 2).rev().find(|at| text.is_char_boundary(*at));
                text.truncate(half.unwrap());
            }
            acts
        }
        Fate::Good | Fate::Untold => crate::server::json(200, "", body),
    }
}

#[step(model = "test:m", max_tokens = 40, retries = 1, backoff = none, timeout = "250ms")]
fn asked(text: String) -> Prompt<String> {
    Prompt::system("Be brief: 簡潔に。").user(text)
}

pub fn prompt(seed: u64) -> String {
    let mut random = Random(seed);
    random.text(seed, 4)
}

pipeline! {
    /// Asks again and again, side by side.
    fn caller(seed: u64) -> u64 {
        repeat(seed, |seed| {
            let (_, _) = join(
                asked(prompt(seed)).settle(),
                asked(prompt(seed + 1)).named("other").settle(),
            );
            value(seed + 2)
        }).until(|_| false).max(6).or_last()
    }
}

fn prices() -> PriceList {
    PriceList::bundled().with("test:m", Rates::usd("2", "10").unwrap())
}

/// What the call that was refused would have reserved.
pub fn needed(error: &Error) -> u64 {
    match error.kind() {
        ErrorKind::LimitExceeded(exceeded) => match exceeded.needed {
            Amount::Cost(Cost(needed)) => needed,
            other => panic!("{other}"),
        },
        _ => panic!("{error}"),
    }
}

/// Many runs beside each other; what they were refused for want of money, and what they used.
pub async fn spend<F>(runs: u64, run: impl Fn(u64) -> F) -> (u64, Usage)
where
    F: Future<Output = PipelineResult<u64, ()>> + 'static,
{
    let local = tokio::task::LocalSet::new();
    let all: Vec<_> = (0..runs).map(|i| local.spawn_local(run(i))).collect();
    local
        .run_until(async {
            let (mut most, mut usage) = (0, Usage::default());
            for run in all {
                let result = run.await.unwrap();
                usage += result.usage;
                match &result.outcome {
                    Outcome::Done(_) => {}
                    Outcome::Failed(error) => most = most.max(needed(error)),
                    other => panic!("{other:?}"),
                }
            }
            (most, usage)
        })
        .await
}

async fn call_all(flujo: &Flujo, runs: u64) -> (u64, Usage) {
    let calling = |i| {
        let flujo = flujo.clone();
        async move { flujo.run(caller(i * 31)).await }
    };
    spend(runs, calling).await
}

pub fn check(biller: &Biller, spent: u64, limit: u64, callers: u64, most: u64, usage: &Usage) {
    let (owed, _) = biller.billed();
    assert_eq!(usage.cost().0, spent, "every call stands on both accounts");
    assert!(owed <= spent && spent <= limit, "billed {owed}, spent {spent} of {limit}");
    // Less than one reservation for every caller is left.
    if most > 0 {
        assert!(
            limit - spent < callers * most,
            "{} left of {limit}, {callers} callers, {most} each",
            limit - spent
        );
    }
}

pub fn block_on<T>(run: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run)
}

#[test]
fn the_bill_of_a_server_is_never_above_the_limit() {
    let mut short = 0;
    for seed in 0..6 {
        let biller = Biller::new(seed);
        let its = biller.clone();
        let server = Server::answering(move |sent| serve(&its, sent));
        let limit = 2_000_000 + Random(seed ^ 7).below(40_000_000);
        let budget = SharedBudget::new(UsageLimits::NONE.cost(Cost(limit)));
        let models = models(Wire::OpenAiChat, &server.url);
        let flujo = Flujo::builder().models(models).prices(prices()).budget(budget.clone()).build().unwrap();
        let (most, usage) = block_on(call_all(&flujo, 5));
        short += u64::from(most > 0);
        check(&biller, budget.spent().cost().0, limit, 10, most, &usage);
        // A call that was refused never came: what came was counted here, and nothing else. What was given up on its
        // way is counted too, and may not have arrived.
        let came = server.sent().len() as u64;
        assert!(came <= usage.model_calls, "seed {seed}: {came} of {}", usage.model_calls);
    }
    assert!(short >= 4, "{short} of 6 budgets were too small");
}

/// The same provider without a network between.
struct Beside(Biller);
#[flujo::async_trait]
impl ModelClient for Beside {
    async fn call(
        &self,
        request: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        let schema = tokens(request.schema.as_str());
        let said: u64 = request.messages.iter().map(|turn| 4 + tokens(&turn.text)).sum();
        let (text, used, fate) = self.0.answer(3 + said + schema, u64::from(request.max_tokens.unwrap()));
        for _ in 0..used.output % 4 {
            tokio::task::yield_now().await;
        }
        match fate {
            Fate::Good => Ok(ModelReply::new(text).used(used)),
            Fate::Untold => Ok(ModelReply::new(text)),
            Fate::Failed => Err(ModelError::new(ModelFailure::Overloaded, "trouble").used(used)),
            Fate::Cut | Fate::Silent => Err(ModelError::new(ModelFailure::Truncated, "broke off")),
        }
    }
}

#[test]
fn a_thousand_runs_and_joins_are_never_billed_above_the_budget_that_they_share() {
    for (seed, limit) in [(1, 90_000_000), (2, 400_000_000)] {
        let biller = Biller::new(seed);
        let budget = SharedBudget::new(UsageLimits::NONE.cost(Cost(limit)));
        let flujo = Flujo::builder().models(Beside(biller.clone())).prices(prices()).budget(budget.clone());
        let flujo = flujo.build().unwrap();
        let (most, usage) = block_on(call_all(&flujo, 1_000));
        assert!(most > 0, "there was demand for more");
        check(&biller, budget.spent().cost().0, limit, 2_000, most, &usage);
    }
}

pipeline! {
    fn paused(text: String) -> String {
        let first = asked(text).retries(0).settle();
        let _go: bool = ask("Go on?");
        let second = asked("second".to_owned()).retries(0).named("second").settle();
        value(format!("{} {}", first.is_ok(), second.is_ok()))
    }
}

#[test]
fn resuming_does_not_forget_what_was_billed() {
    for seed in 0..8 {
        let biller = Biller::new(seed);
        let engine = Arc::new(Memory::new());
        let build = || {
            let builder = Flujo::builder().engine(Arc::clone(&engine)).models(Beside(biller.clone()));
            builder.prices(prices()).build().unwrap()
        };
        let bound = {
            let refused = block_on(async {
                build().run(paused("x".to_owned())).limits(UsageLimits::NONE.cost(Cost(1))).await
            });
            needed(&refused.into_output().unwrap_err())
        };
        assert_eq!(biller.billed(), (0, 0), "a refused call was never made");
        // One call fits, and not another one of the same size on top of what the first has cost.
        let limits = UsageLimits::NONE.cost(Cost(bound));
        let first = block_on(async { build().run(paused("x".to_owned())).id("r").limits(limits).await });
        assert!(matches!(first.outcome, Outcome::Paused(_)), "{:?}", first.outcome);
        let result = block_on(async { build().resume::<paused>("r").reply(true).await }).unwrap();
        let error = result.into_output().unwrap_err();
        assert!(needed(&error) > 0 && error.to_string().starts_with("paused/second"), "{error}");
        assert!(biller.billed().0 <= bound && biller.billed().1 == 1, "seed {seed}");
    }
}

#[step(model = "test:m", max_tokens = 40, retries = 0, cached = forever)]
fn kept(text: String) -> Prompt<String> {
    Prompt::ask(text)
}
pipeline! {
    fn keeping(text: String) -> String {
        kept(text)
    }
}

#[test]
fn what_is_cached_or_replayed_is_not_billed_again() {
    let biller = Biller::new(0);
    let builder =
        Flujo::builder().models(Beside(biller.clone())).prices(prices()).cache(MemoryCache::default());
    let flujo = builder.build().unwrap();
    // Until one succeeds, which is kept.
    let done = (0..50).find(|i| {
        let id = format!("r{i}");
        block_on(async { flujo.run(keeping("x".to_owned())).id(id.as_str()).await }).into_output().is_ok()
    });
    let (id, owed) = (format!("r{}", done.unwrap()), biller.billed());
    let hit = block_on(async { flujo.run(keeping("x".to_owned())).id("hit").await });
    assert_eq!((hit.usage, biller.billed()), (Usage::default(), owed));
    let again = block_on(async { flujo.run(keeping("x".to_owned())).id(id.as_str()).await });
    assert!(again.usage.cost().0 > 0, "a run that is replayed says what it has cost");
    assert_eq!(biller.billed(), owed);
}

/// No text has more tokens than bytes, which is what the bound of a call counts.
#[test]
fn no_text_has_more_tokens_than_bytes() {
    let mut random = Random(3);
    for kind in 0..4 {
        let text = random.text(kind, 20);
        assert!(tokens(&text) <= text.len() as u64, "{text}");
    }
    let prices = prices();
    let bound = prices.bound("test:m", &Tokens::new(1, 1));
    assert_eq!(bound, Some(Cost(SENT + RECEIVED)));
}
