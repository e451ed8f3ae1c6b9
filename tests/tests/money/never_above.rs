//! No limit is ever exceeded, and none is left unused while there is demand: random prices, sizes, failures and
//! cancellations, up to a thousand callers at once, against an account of the test's own.

use flujo::model::{
    CacheTime, ChunkSink, ModelClient, ModelError, ModelFailure, ModelReply, ModelRequest, PriceBook, Prices,
    Rates, Tokens,
};
use flujo::prelude::*;
use flujo::usage::Amount;
use flujo::{Cost, ErrorKind, Estimate};
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::{Arc, Mutex};

const MODELS: [&str; 3] = ["test:a", "test:b", "test:c"];

/// A stream of numbers that is the same for the same seed.
#[derive(Clone, Copy)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }
    fn prices(&mut self) -> Prices {
        let rate = |random: &mut Self| Cost(random.below(30_000_000_000));
        MODELS.iter().fold(Prices::new(), |prices, model| {
            let rates = Rates {
                input: rate(self),
                output: rate(self),
                cached: (self.below(2) == 0).then(|| rate(self)),
                reasoning: (self.below(2) == 0).then(|| rate(self)),
                cache_write: (self.below(2) == 0).then(|| rate(self)),
                cache_write_1h: (self.below(2) == 0).then(|| rate(self)),
                per_call: Cost(self.below(5_000)),
            };
            prices.model(*model, rates)
        })
    }
}

/// What the world outside knows of the calls: kept by the model, not by the engine.
#[derive(Default)]
struct Books {
    spent: u64,
    under_way: u64,
    most: u64,
    /// By how much the limit was exceeded at most, calls under way at their bounds.
    above: u64,
    refused: bool,
}

/// Answers after a while, fails, or is never heard of again.
#[derive(Clone)]
struct Market {
    prices: Prices,
    limit: u64,
    /// Of a hundred calls, so many never come back.
    silent: u64,
    random: Arc<Mutex<Random>>,
    books: Arc<Mutex<Books>>,
}

/// A call that has left.
struct Left<'m> {
    books: &'m Mutex<Books>,
    bound: u64,
    cost: u64,
}
impl Drop for Left<'_> {
    fn drop(&mut self) {
        let mut books = self.books.lock().unwrap();
        books.under_way -= self.bound;
        books.spent += self.cost;
    }
}

impl Market {
    fn new(seed: u64, limit: u64, silent: u64) -> Self {
        let mut random = Random(seed);
        let prices = random.prices();
        Self { prices, limit, silent, random: Arc::new(Mutex::new(random)), books: Arc::default() }
    }

    fn leaves(&self, request: &ModelRequest) -> (Left<'_>, Tokens) {
        let tokens = Estimate::UpperBound.tokens(request, 0);
        let bound = self.prices.bound(&request.model, &tokens).unwrap().0;
        let mut books = self.books.lock().unwrap();
        books.under_way += bound;
        books.most = books.most.max(bound);
        // Noted, and told in the end: a step that panics would only fail.
        let above = (books.spent + books.under_way).saturating_sub(self.limit);
        books.above = books.above.max(above);
        (Left { books: &self.books, bound, cost: bound }, tokens)
    }
}

#[async_trait::async_trait]
impl ModelClient for Market {
    async fn call(
        &self,
        request: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        let (mut left, most) = self.leaves(&request);
        let mut random = Random(self.random.lock().unwrap().next());
        for _ in 0..random.below(5) {
            tokio::task::yield_now().await;
        }
        if random.below(100) < self.silent {
            std::future::pending::<()>().await;
        }
        let (input, output) = (random.below(most.input + 1), random.below(most.output + 1));
        let (cached, reasoning) = (random.below(input + 1), random.below(output + 1));
        // Only where a mark allows it is anything written to a cache.
        let write = random.below((input - cached).min(most.cache_write) + 1);
        let write_1h = random.below((input - cached - write).min(most.cache_write_1h) + 1);
        let tokens =
            Tokens::new(input, output).cached(cached).reasoning(reasoning).cache_write(write, write_1h);
        let fate = random.below(10);
        let usage = (!fate.is_multiple_of(4)).then_some(tokens);
        if usage.is_some() {
            left.cost = self.prices.price(&request.model, &tokens).unwrap().0;
        }
        if fate < 3 {
            let failure = if fate < 2 { ModelFailure::Overloaded } else { ModelFailure::BadRequest };
            let mut error = ModelError::new(failure, "no");
            error.usage = usage;
            return Err(error);
        }
        let content = if fate == 3 { "no json".to_owned() } else { r#"{"name":"calm"}"#.to_owned() };
        let mut reply = ModelReply::new(content);
        reply.usage = usage;
        Ok(reply)
    }
}

#[step(model = "test:a", max_tokens = 1, retries = 1, backoff = none)]
fn asked(text: String) -> Prompt<Label> {
    let marks = text.len() % 8;
    let prompt = Prompt::ask(text);
    match marks {
        0 => prompt.cache_here(),
        2 => prompt.cache_here_for(CacheTime::OneHour),
        4 => prompt.cache_here_for(CacheTime::OneHour).user("More.").cache_here(),
        _ => prompt,
    }
}

fn text(seed: u64) -> String {
    "é".repeat(usize::try_from(Random(seed).below(200)).unwrap())
}
fn model(seed: u64) -> &'static str {
    MODELS[usize::try_from(Random(seed ^ 1).below(3)).unwrap()]
}
fn most(seed: u64) -> u32 {
    u32::try_from(1 + Random(seed ^ 2).below(100)).unwrap()
}
fn following(seed: u64) -> u64 {
    Random(seed ^ 3).next()
}

pipeline! {
    /// Asks again and again.
    fn caller(seed: u64, world: &World) -> u64 {
        repeat(seed, |seed| {
            let _ = asked(text(seed)).model(model(seed)).max_tokens(most(seed)).settle();
            value(following(seed))
        }).until(|_| false).max(12).or_last()
    }
}
pipeline! {
    /// Many callers in one run.
    fn callers(seeds: Vec<u64>, world: &World) -> Vec<u64> {
        map(seeds, |seed| {
            let (a, b) = join(
                asked(text(seed)).model(model(seed)).max_tokens(most(seed)),
                {
                    let _ = asked(text(seed + 1)).named("first").settle();
                    asked(text(seed + 2)).model(model(seed)).max_tokens(most(seed)).named("second")
                },
            ).settle();
            value(seed + u64::from(a.is_ok()) + u64::from(b.is_ok()))
        }).concurrency(5000)
    }
}

fn build(engine: &AnyEngine, market: &Market, budget: Option<&SharedBudget>) -> Flujo<World> {
    let builder = Flujo::builder().resources(World { calls: Calls::default() });
    let builder = builder.models(market.clone()).prices(market.prices.clone());
    let builder = match budget {
        Some(budget) => builder.budget(budget.clone()),
        None => builder,
    };
    with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap()
}

/// What the call that was refused would have reserved.
fn needed(error: &flujo::Error) -> u64 {
    match error.kind() {
        ErrorKind::LimitExceeded(exceeded) => match exceeded.needed {
            Amount::Cost(Cost(needed)) => needed,
            other => panic!("{other}"),
        },
        _ => panic!("{error}"),
    }
}

/// What a hundred calls may cost at most, so that limits are of a size that matters.
fn hundred_calls(seed: u64) -> u64 {
    let market = Market::new(seed, u64::MAX, 0);
    let tokens = Tokens::new(600, 100);
    100 * market.prices.bound(MODELS[0], &tokens).unwrap().0
}

#[test]
fn a_run_of_many_callers_is_never_above_its_limit() {
    on_all(async |engine, _| {
        let sizes = (0..60).map(|seed| (seed, 1 + Random(seed).below(40))).chain([(60, 1000)]);
        let mut stopped = 0;
        for (seed, n) in sizes {
            let mut random = Random(seed ^ 0x4d);
            let limit = random.below(1 + hundred_calls(seed) * n / 50);
            let market = Market::new(seed, limit, 0);
            let flujo = build(&engine, &market, None);
            let seeds = (0..n).map(|i| i * 3 + seed * 100_000).collect();
            let limits = UsageLimits::NONE.cost(Cost(limit));
            let result = flujo.run(callers(seeds)).limits(limits).id(format!("r{seed}").as_str()).await;
            let books = market.books.lock().unwrap();
            // Every call, whatever became of it, stands on both accounts to the nano-dollar.
            assert_eq!((result.usage.cost().0, books.under_way), (books.spent, 0), "seed {seed}");
            assert_eq!((books.above, books.spent.saturating_sub(limit)), (0, 0), "seed {seed}");
            match result.into_output() {
                Ok(output) => assert_eq!(output.len() as u64, n),
                Err(error) => {
                    stopped += 1;
                    // What was under way was dropped and charged: what is left is not enough for one call.
                    let unspent = limit - books.spent;
                    assert!(unspent < needed(&error), "seed {seed}: {unspent} of {limit}");
                }
            }
        }
        assert!((20..=60).contains(&stopped), "{stopped} of 61 runs had less than they wanted");
    });
}

#[test]
fn many_runs_are_never_above_the_budget_that_they_share() {
    on_all(async |engine, _| {
        let sizes = (100..130).map(|seed| (seed, 1 + Random(seed).below(40))).chain([(130, 1000)]);
        let mut short = 0;
        for (seed, n) in sizes {
            let mut random = Random(seed ^ 0x4d);
            let limit = random.below(1 + hundred_calls(seed) * n / 30);
            let silent = [0, 2][usize::from(seed % 3 == 0)];
            let market = Market::new(seed, limit, silent);
            let budget = SharedBudget::new(UsageLimits::NONE.cost(Cost(limit)));
            let flujo = build(&engine, &market, Some(&budget));
            let local = tokio::task::LocalSet::new();
            let tasks: Vec<_> = (0..n)
                .map(|i| {
                    let (flujo, books) = (flujo.clone(), Arc::clone(&market.books));
                    local.spawn_local(async move {
                        let id = format!("r{seed}-{i}");
                        let result = flujo.run(caller(i)).id(id.as_str()).await;
                        if let Outcome::Failed(error) = &result.outcome {
                            let mut books = books.lock().unwrap();
                            (books.refused, books.most) = (true, books.most.max(needed(error)));
                        }
                    })
                })
                .collect();
            let ending = {
                let flujo = flujo.clone();
                async move {
                    // Some are cancelled and some are dropped while they run; then all that do not come back.
                    for turn in 0..400_u32 {
                        let (i, how) = (random.below(n), random.below(40));
                        if turn > 20 && how == 0 {
                            tasks[usize::try_from(i).unwrap()].abort();
                        } else if turn > 20 && how == 1 {
                            let _ = flujo.cancel(format!("r{seed}-{i}").as_str()).await;
                        }
                        tokio::task::yield_now().await;
                        if tasks.iter().all(tokio::task::JoinHandle::is_finished) {
                            break;
                        }
                    }
                    for task in tasks {
                        if silent > 0 {
                            task.abort();
                        }
                        match task.await {
                            Err(e) if e.is_panic() => std::panic::resume_unwind(e.into_panic()),
                            _ => {}
                        }
                    }
                }
            };
            local.run_until(ending).await;
            let books = market.books.lock().unwrap();
            assert_eq!((budget.spent().cost().0, books.under_way), (books.spent, 0), "seed {seed}");
            assert_eq!((books.above, books.spent.saturating_sub(limit)), (0, 0), "seed {seed}");
            if books.refused {
                short += 1;
                // Less than one reservation for every caller.
                let unspent = limit - books.spent;
                assert!(unspent < n * books.most, "seed {seed}: {unspent} of {limit}");
            }
        }
        assert!(short > 5, "{short} of 31 budgets were too small");
    });
}
