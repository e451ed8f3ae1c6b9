//! Lists of every kind that are edited at random: whatever is recorded of an edit, a replay comes to what it came to.

use flujo::engine::PartChange;
use flujo::model::{History, Keep};
use flujo::prelude::*;
use flujo_tests::world::*;
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

/// Behind an alias: nothing in the text of the context says that it is a list.
type Numbers = Vec<i64>;

#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Wrapped(VecDeque<String>);

#[context]
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Lists {
    #[context(part, merge = append)]
    log: Vec<String>,
    #[context(part)]
    history: History,
    #[context(part, merge = append)]
    nested: Vec<Vec<Option<f64>>>,
    #[context(part)]
    numbers: Numbers,
    #[context(part)]
    wrapped: Wrapped,
    #[context(part, merge = union)]
    sorted: BTreeSet<u32>,
    #[context(part, merge = union)]
    hashed: HashSet<u32>,
    #[context(part)]
    named: BTreeMap<String, Vec<u8>>,
    rest: Vec<u64>,
}

/// Numbers that are the same every time.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    /// From 0, and less than `n`.
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 32).unwrap() % n
    }
    fn small(&mut self, n: u8) -> u8 {
        u8::try_from(self.below(n.into())).unwrap()
    }
    /// Text with all that a list of text could be mistaken for.
    fn text(&mut self) -> String {
        let pieces = ["", "a", "\"", "\\", "]", "[", ",", "{}", "ü", "\n", "\\\"],[\""];
        (0..self.below(4)).map(|_| pieces[self.below(11)]).collect()
    }
    fn float(&mut self) -> Option<f64> {
        let all = [None, Some(0.0), Some(-0.0), Some(0.1), Some(1e300), Some(12.0), Some(1.0)];
        all[self.below(7)]
    }
}

/// Edits a list in one of all the ways that there are: mostly it grows.
fn edit<T>(random: &mut Random, list: &mut Vec<T>, mut make: impl FnMut(&mut Random) -> T) {
    match random.below(12) {
        0 => {}
        1 => list.clear(),
        2 => list.truncate(random.below(4)),
        3 => drop(list.pop()),
        4 => *list = (0..random.below(3)).map(|_| make(random)).collect(),
        5 if !list.is_empty() => {
            let at = random.below(list.len());
            list[at] = make(random);
        }
        6 => list.insert(random.below(list.len() + 1), make(random)),
        7 if !list.is_empty() => {
            // It changes, and grows too.
            let at = random.below(list.len());
            list[at] = make(random);
            list.push(make(random));
        }
        _ => list.extend((0..=random.below(3)).map(|_| make(random)).collect::<Vec<_>>()),
    }
}

fn edited(seed: u64, lists: &mut Lists) {
    let mut random = Random::new(seed);
    let random = &mut random;
    edit(random, &mut lists.log, Random::text);
    match random.below(6) {
        0 => lists.history.truncate(Keep::Exchanges(random.below(3))),
        1 => lists.history = History::new(),
        2 => lists.history.assistant(random.text()),
        _ => lists.history.exchange(random.text(), random.text()),
    }
    edit(random, &mut lists.nested, |random| (0..random.below(3)).map(|_| random.float()).collect());
    edit(random, &mut lists.numbers, |random| i64::from(random.small(30)) - 5);
    let mut wrapped: Vec<String> = lists.wrapped.0.drain(..).collect();
    edit(random, &mut wrapped, Random::text);
    lists.wrapped.0 = wrapped.into();
    lists.sorted.insert(random.small(50).into());
    lists.hashed.insert(random.small(50).into());
    let name = random.text();
    edit(random, lists.named.entry(name).or_default(), |random| random.small(255));
    edit(random, &mut lists.rest, |random| random.small(9).into());
}

/// Writes all of them at once.
#[step]
async fn edits(n: u64, lists: &mut Lists) -> Result<u64> {
    edited(n, lists);
    Ok(n + 1)
}

/// Writes some.
#[step]
async fn some(n: u64, log: &mut Vec<String>, history: &mut History, wrapped: &mut Wrapped) -> Result<u64> {
    let mut lists =
        Lists { log: log.clone(), history: history.clone(), wrapped: wrapped.clone(), ..Lists::default() };
    edited(n + 1, &mut lists);
    (*log, *history, *wrapped) = (lists.log, lists.history, lists.wrapped);
    Ok(n + 1)
}

/// Fails after it has written.
#[step(retries = 1, backoff = none)]
async fn fails_once(n: u64, lists: &mut Lists, run: &RunInfo) -> Result<u64> {
    edited(n + u64::from(run.attempt()), lists);
    if run.attempt() == 1 { Err(StepError::retryable("once")) } else { Ok(n + 1) }
}

pipeline! {
    fn editing(seed: u64, ctx: &mut Lists) -> u64 {
        let n = repeat(seed, |n| { let n = edits(n); let n = some(n); fails_once(n) }).until(|n| *n >= seed + 60).max(20);
        let more: u64 = ask("more?");
        let n = edits(n + more).named("last");
        let _: String = ask("done?");
        value(n)
    }
}

fn expected(seed: u64) -> Lists {
    let mut lists = Lists::default();
    let mut n = seed;
    while n < seed + 60 {
        edited(n, &mut lists);
        let some = &mut Lists {
            log: lists.log.clone(),
            history: lists.history.clone(),
            wrapped: lists.wrapped.clone(),
            ..Lists::default()
        };
        edited(n + 2, some);
        (lists.log, lists.history, lists.wrapped) =
            (some.log.clone(), some.history.clone(), some.wrapped.clone());
        edited(n + 4, &mut lists);
        n += 3;
    }
    lists
}

#[test]
fn whatever_a_list_goes_through_a_replay_comes_to_the_same() {
    let (appended, whole) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    for seed in (0..40).map(|n| n * 1_000_003) {
        on_all(async |engine, _| {
            let (flujo, _) = flujo(&engine);
            let live = flujo.run(editing(seed)).id("r").await;
            let mut lists = expected(seed);
            assert_eq!(live.context, lists, "{seed}, in the execution itself");
            // All of it is taken from the records, and what comes then stands on it.
            let result = flujo.resume::<editing>("r").reply(7).await.unwrap();
            edited(seed + 67, &mut lists);
            assert_eq!(result.context, lists, "{seed}, after a replay");
            let result = flujo.resume::<editing>("r").reply("yes").await.unwrap();
            assert_eq!(result.context, lists, "{seed}, after another one");
            assert_eq!(result.into_output().unwrap(), seed + 68);
            for (_, change) in flujo.inspect("r").await.unwrap().records.iter().flat_map(|r| &r.parts) {
                let counted = if matches!(change, PartChange::Whole(_)) { &whole } else { &appended };
                counted.set(counted.get() + 1);
            }
        });
    }
    println!("{} parts appended, {} whole", appended.get(), whole.get());
    assert!(appended.get() > 1000 && whole.get() > 1000);
}
