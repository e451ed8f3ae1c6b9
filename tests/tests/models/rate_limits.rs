//! Calls that wait for their turn: never more than said, first come first served, and a call that waits costs nobody
//! anything.

use flujo::clock::{Clock, Timestamp};
use flujo::codec::Json;
use flujo::engine::Memory;
use flujo::model::{
    ChunkSink, Message, ModelClient, ModelError, ModelReply, ModelRequest, Role, Script, Tape,
};
use flujo::prelude::*;
use flujo::rate_limits::{Rate, RateLimited, RateLimits};
use flujo::settings::Settings;
use flujo::{SharedBudget, Usage, UsageLimits};
use flujo_models::Models;
use flujo_testing::PausedClock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn block_on<T>(run: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run)
}

fn request(model: &str, text: &str) -> ModelRequest {
    let request = ModelRequest::new(model, vec![Message::new(Role::User, text)]).max_tokens(0);
    request.schema(Json::parse("{}").unwrap()).path("p/n".into())
}

fn limited(clock: &PausedClock, of: &str, limits: RateLimits) -> RateLimited<Script> {
    RateLimited::new(Script::new()).limit(of, limits).clock(Arc::new(clock.clone()))
}

/// When each of so many calls leaves, in nanoseconds since the first.
fn leaves(calls: usize, rate: Rate) -> Vec<u64> {
    let clock = PausedClock::default();
    let client = limited(&clock, "test", RateLimits::new().calls(rate));
    let began = clock.now();
    block_on(async {
        let mut times = Vec::new();
        for _ in 0..calls {
            drop(client.admit(&request("test:m", "x")).await);
            times.push(u64::try_from(clock.now().since(began).as_nanos()).unwrap());
        }
        times
    })
}

#[test]
fn a_burst_leaves_at_once_and_the_rest_evenly() {
    const E: u64 = 166_666_667;
    const N: u64 = 111_111_112;
    assert_eq!(leaves(7, Rate::per_second(10).burst(4)), [0, 0, 0, 0, E, 2 * E, 3 * E]);
    // A tenth of ten is one: nine more in the second.
    assert_eq!(leaves(4, Rate::per_second(10)), [0, N, 2 * N, 3 * N]);
    // All at once, and then nothing until the second is over.
    assert_eq!(leaves(4, Rate::per_second(2).burst(2)), [0, 0, 1_000_000_001, 2_000_000_002]);
}

/// The generator of splitmix64: the same numbers for the same seed.
struct Random(u64);
impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % n
    }
}

#[test]
fn no_span_of_its_time_ever_sees_more_than_the_rate() {
    for seed in 0..200 {
        let mut random = Random(seed);
        let most = u32::try_from(random.below(30)).unwrap() + 1;
        let burst = u32::try_from(random.below(most.into())).unwrap() + 1;
        let per = Duration::from_nanos(random.below(2_000_000_000) + 1_000);
        let clock = PausedClock::default();
        let rate = Rate::new(most, per).burst(burst);
        let client = limited(&clock, "test", RateLimits::new().calls(rate));
        let times = block_on(async {
            let mut times: Vec<Timestamp> = Vec::new();
            for _ in 0..150 {
                if random.below(3) == 0 {
                    clock.advance(per * u32::try_from(random.below(100)).unwrap() / 50);
                }
                drop(client.admit(&request("test:m", "x")).await);
                times.push(clock.now());
            }
            times
        });
        for (i, first) in times.iter().enumerate() {
            let within = times[i..].iter().take_while(|time| time.since(*first) <= per).count();
            assert!(within <= most as usize, "seed {seed}: {within} in {per:?}, where {most} may be");
        }
    }
}

#[test]
fn tokens_are_counted_sent_and_answered_and_many_pass_in_parts() {
    let clock = PausedClock::default();
    // Ten at once, and one more every second.
    let tokens = Rate::new(70, Duration::from_secs(60)).burst(10);
    let client = limited(&clock, "test", RateLimits::new().tokens(tokens));
    let began = clock.now();
    let mut times = Vec::new();
    block_on(async {
        for (bytes, answer) in [(1, 2), (400, 0), (1, 1)] {
            let text = "x".repeat(bytes);
            let request = request("test:m", &text).max_tokens(answer);
            drop(client.admit(&request).await);
            times.push(clock.now().since(began).as_secs());
        }
    });
    // A message is 16 tokens beside its text, and this schema one, with what it is rounded up with: 19, 117, 18.
    assert_eq!(times, [9, 9 + 117, 9 + 117 + 18]);
}

/// A provider that takes a second for an answer, and counts how many it works on.
#[derive(Clone)]
struct Slow {
    clock: PausedClock,
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    order: Arc<Mutex<Vec<String>>>,
}

impl Slow {
    fn new(clock: &PausedClock) -> Self {
        Self { clock: clock.clone(), now: Arc::default(), most: Arc::default(), order: Arc::default() }
    }
}

#[flujo::async_trait]
impl ModelClient for Slow {
    async fn call(
        &self,
        request: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        self.order.lock().unwrap().push(request.messages[0].text.clone());
        self.clock.sleep(Duration::from_secs(1)).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        Ok(ModelReply::new("done"))
    }
}

#[step(model = "test:m", max_tokens = 1)]
fn asked(text: String) -> Prompt<String> {
    Prompt::ask(text)
}
#[step(model = "test:other", max_tokens = 1)]
fn other(text: String) -> Prompt<String> {
    Prompt::ask(text)
}
#[step(model = "test:m", max_tokens = 1, timeout = "90s", retries = 0)]
fn hurried(text: String) -> Prompt<String> {
    Prompt::ask(text)
}
pipeline! {
    fn all(texts: Vec<String>) -> Vec<String> {
        map(texts, |text| asked(text)).concurrency(100)
    }
}
pipeline! {
    fn one(text: String) -> String {
        asked(text)
    }
}
pipeline! {
    fn another(text: String) -> String {
        other(text)
    }
}
pipeline! {
    fn late(text: String) -> String {
        hurried(text)
    }
}

fn prices() -> flujo_models::PriceList {
    flujo_models::PriceList::bundled().with("test:m", flujo::model::Rates::usd("1", "1").unwrap())
}

#[test]
fn so_many_at_the_same_time_and_first_come_first_served() {
    let clock = PausedClock::default();
    let slow = Slow::new(&clock);
    let client = RateLimited::new(slow.clone())
        .limit("test", RateLimits::new().concurrent(3))
        .clock(Arc::new(clock.clone()));
    let flujo = Flujo::builder().engine(Memory::with_clock(Arc::new(clock.clone()))).models(client).build();
    let texts: Vec<String> = (0..20).map(|n| format!("{n:02}")).collect();
    let began = clock.now();
    let done = block_on(async { flujo.unwrap().run(all(texts.clone())).await });
    assert_eq!(done.into_output().unwrap().len(), 20);
    assert_eq!(slow.most.load(Ordering::SeqCst), 3);
    assert_eq!(*slow.order.lock().unwrap(), texts);
    assert_eq!(clock.now().since(began), Duration::from_secs(7));
}

#[test]
fn a_model_has_limits_of_its_own_and_those_of_its_provider() {
    let clock = PausedClock::default();
    let client = RateLimited::new(Script::new())
        .limit("test", RateLimits::new().calls(Rate::per_minute(60).burst(1)))
        .limit("test:m", RateLimits::new().calls(Rate::per_minute(30).burst(1)))
        .clock(Arc::new(clock.clone()));
    let began = clock.now();
    let seconds = |model: &'static str| {
        let (client, clock) = (&client, &clock);
        async move {
            drop(client.admit(&request(model, "x")).await);
            clock.now().since(began).as_millis()
        }
    };
    block_on(async {
        assert_eq!(seconds("test:m").await, 0);
        assert_eq!(seconds("test:other").await, 1_016, "of 60 a minute one is the burst");
        assert_eq!(seconds("test:m").await, 2_068, "of 30 a minute one is the burst");
        assert_eq!(seconds("else:m").await, 2_068, "nobody limits it");
    });
}

#[test]
fn a_call_that_is_given_up_while_it_waits_costs_nothing() {
    let clock = PausedClock::default();
    let script = Script::new().then("first").otherwise(|_| "later");
    let client = RateLimited::new(script.clone())
        .limit("test", RateLimits::new().calls(Rate::new(1, Duration::from_secs(100))))
        .clock(Arc::new(clock.clone()));
    let engine = Memory::with_clock(Arc::new(clock));
    let flujo = Flujo::builder().engine(engine).models(client).prices(prices()).build().unwrap();
    block_on(async {
        assert_eq!(flujo.run(late("a".to_owned())).await.into_output().unwrap(), "first");
        let result = flujo.run(late("b".to_owned())).limits(UsageLimits::usd("1")).await;
        assert_eq!(result.usage, Usage::default());
        let error = result.into_output().unwrap_err();
        assert_eq!(error.to_string(), "late/hurried: timed out after 90s");
        assert_eq!(script.requests().len(), 1, "it was never sent");
        // Its place in the line is free again.
        assert_eq!(flujo.run(late("c".to_owned())).await.into_output().unwrap(), "later");
    });
}

#[test]
fn calls_that_wait_keep_no_others_from_a_budget() {
    let clock = PausedClock::default();
    clock.hold();
    let client = RateLimited::new(Script::new().otherwise(|_| "done"))
        .limit("test:m", RateLimits::new().calls(Rate::new(1, Duration::from_secs(100))))
        .clock(Arc::new(clock));
    let budget = SharedBudget::new(UsageLimits::NONE.model_calls(2));
    let flujo = Flujo::builder().models(client).budget(budget).build().unwrap();
    block_on(async {
        let first = flujo.run(one("a".to_owned())).await;
        assert_eq!(first.into_output().unwrap(), "done");
        // It waits for its turn; of the budget one call is left.
        let mut waits = std::pin::pin!(flujo.run(one("b".to_owned())).into_future());
        let others = async {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            _ = waits.as_mut() => panic!("it is not its turn"),
            () = others => {}
        }
        let result = flujo.run(another("c".to_owned())).await;
        assert_eq!(result.into_output().unwrap(), "done");
    });
}

#[test]
fn what_is_on_the_tape_waits_for_nobody() {
    let file = std::env::temp_dir().join(format!("flujo-rate-limits-{}.jsonl", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let clock = PausedClock::default();
    let rate = RateLimits::new().calls(Rate::new(1, Duration::from_secs(100)));
    let client = |script: Script| RateLimited::new(script).limit("test", rate).clock(Arc::new(clock.clone()));
    let began = clock.now();
    for (seconds, answers) in [(0, Script::new().then("done")), (0, Script::new())] {
        let models = Tape::record(&file, client(answers)).unwrap();
        let flujo = Flujo::builder().models(models).build().unwrap();
        let done = block_on(async { flujo.run(one("a".to_owned())).await });
        assert_eq!(done.into_output().unwrap(), "done");
        assert_eq!(clock.now().since(began).as_secs(), seconds);
    }
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn limits_that_make_no_sense_are_refused_when_the_engine_is_built() {
    let refused = |of: &str, limits: RateLimits| {
        let models = Models::builder().key("openai", "k").build().unwrap();
        let client = RateLimited::new(models).limit(of, limits);
        let built = Flujo::builder().models(client).pipeline::<openai>().build();
        built.map(|_| ()).unwrap_err().to_string()
    };
    let calls = |rate| RateLimits::new().calls(rate);
    let of = "the rate limits of `openai`";
    for (limits, why) in [
        (calls(Rate::per_minute(0)), "a rate is at least 1, not 0"),
        (calls(Rate::per_minute(5).burst(0)), "a burst is at least 1, not 0"),
        (calls(Rate::per_minute(5).burst(6)), "a burst of 6 exceeds its rate of 5"),
        (calls(Rate::new(5, Duration::ZERO)), "a rate needs a period longer than zero"),
        (RateLimits::new().tokens(Rate::per_second(0)), "a rate is at least 1, not 0"),
        (RateLimits::new().concurrent(0), "`concurrent` is at least 1, not 0"),
    ] {
        let message = refused("openai", limits);
        assert!(message.ends_with(&format!("{of}: {why}")), "{message}");
    }
    let unknown = refused("opnai", calls(Rate::per_minute(5)));
    assert!(
        unknown.contains("the rate limits of `opnai`: unknown provider `opnai`; known are "),
        "{unknown}"
    );
}

#[test]
fn limits_of_settings_hold_and_those_of_code_go_before_them() {
    let settings = Settings::sources()
        .set("providers.test.calls_per_minute", "60")
        .set("providers.test.concurrent", "2")
        .load()
        .unwrap();
    let clock = PausedClock::default();
    let client = RateLimited::new(Script::new()).settings(&settings).clock(Arc::new(clock.clone()));
    let began = clock.now();
    let times = block_on(async {
        let mut times = Vec::new();
        for _ in 0..8 {
            drop(client.admit(&request("test:m", "x")).await);
            times.push(clock.now().since(began).as_millis());
        }
        times
    });
    // A tenth at once, six; the other 54 are spread over the minute.
    assert_eq!(times, [0, 0, 0, 0, 0, 0, 1_111, 2_222]);

    let code = RateLimits::new().concurrent(1).tokens(Rate::per_minute(7));
    let both = RateLimited::new(Script::new()).limit("test", code).settings(&settings);
    let expected = code.calls(Rate::per_minute(60));
    assert_eq!(both.limits().collect::<Vec<_>>(), [("test", expected)]);

    // A name that no provider has is refused, as in code.
    let settings = Settings::sources().environment([("FLUJO_OPNAI_CONCURRENT", "1")]).load().unwrap();
    let models = Models::builder().key("openai", "k").build().unwrap();
    let built = Flujo::builder().models(RateLimited::new(models).settings(&settings)).pipeline::<openai>();
    let refused = built.build().map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("the rate limits of `opnai`: unknown provider `opnai`"), "{refused}");
}

#[step(model = "openai:gpt-4o-mini", max_tokens = 1)]
fn real(text: String) -> Prompt<String> {
    Prompt::ask(text)
}
pipeline! {
    fn openai(text: String) -> String {
        real(text)
    }
}
