// Calls of functions in plain expressions coerce, infer and borrow as they do elsewhere.

use flujo::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::str::FromStr;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Wrap(u32);

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    Low,
    High(u32),
}

#[step]
async fn number(n: u32) -> Result<u32> {
    Ok(n + 1)
}

fn owned(text: &str) -> String {
    text.to_owned()
}
fn parsed<T: FromStr + Default>(text: &str) -> T {
    text.parse().unwrap_or_default()
}
fn sum(a: u32, b: u32) -> u32 {
    a + b
}
fn kind(n: u32) -> Kind {
    if n > 3 { Kind::High(n) } else { Kind::Low }
}
fn find(words: &[String], n: usize) -> Option<&String> {
    words.get(n)
}
fn is_even(n: &u32) -> bool {
    n % 2 == 0
}
fn boxed(n: u32) -> Box<u32> {
    Box::new(n)
}
fn shown(it: &dyn Debug) -> String {
    format!("{it:?}")
}
fn with(n: u32, f: impl Fn(u32) -> u32) -> u32 {
    f(n)
}
fn pick<'a>(a: &'a str, b: &'a str) -> &'a str {
    if a.is_empty() { b } else { a }
}
const fn four() -> usize {
    4
}
fn nothing() {}
fn key(word: &String) -> usize {
    word.len()
}
fn stop(text: &str) -> ! {
    unreachable!("{text}")
}
mod deep {
    pub mod er {
        pub fn twice(n: u32) -> u32 {
            n * 2
        }
    }
}

pipeline! {
    fn calls(words: Vec<String>, n: u32) -> (u32, String, BTreeMap<String, usize>, Kind, Wrap) {
        let n = number(sum(parsed("3"), n));
        let n: u32 = number(deep::er::twice(n) + with(n, |x| deep::er::twice(x)) + with(n, deep::er::twice)).named("larger");
        let text = value(owned(&owned(pick("", &owned("a")))));
        let Some(first) = value(find(&words, 0).cloned()) else { fail(owned("none")) };
        let level = match kind(n) {
            Kind::Low => value(number_of(&first)),
            Kind::High(n) if is_even(&n) => value(n),
            Kind::High(_) => value(0),
        };
        let more = if is_even(&level) && !words.is_empty() { number(level).named("even") } else { number(*boxed(level)).named("odd") };
        let all = value({
            nothing();
            let mut words = words.clone();
            words.sort_by_key(key);
            words.into_iter().map(|word| (owned(&word), key(&word))).collect::<BTreeMap<_, _>>()
        });
        let list = value([four(); four()].len() + vec![four(); 2].len());
        let other = value(if list == 0 { stop(&text) } else { shown(&boxed(more)) });
        let ok = value(matches!(kind(9), Kind::High(9)) && format!("{:?}", kind(0)) == "Low");
        value((more, format!("{text}{other}{ok}{}", list), all, kind(more), Wrap(sum(1, 2))))
    }
}

fn number_of(text: &str) -> u32 {
    parsed(text)
}

fn main() {
    let run = async {
        let flujo = Flujo::builder().build().unwrap();
        flujo.run(calls(vec!["bb".to_owned(), "a".to_owned()], 1)).await.into_output().unwrap()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (n, text, words, kind, wrap) = runtime.block_on(run);
    assert_eq!((n, text.as_str(), kind, wrap), (1, "a1true6", Kind::Low, Wrap(3)));
    assert_eq!(words, [("a".to_owned(), 1), ("bb".to_owned(), 2)].into());
}
