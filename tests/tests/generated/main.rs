//! Pipelines that nobody thought of, killed around every command and at random instants by real signals.
#![cfg(feature = "sqlite")]
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]
#![allow(unreachable_pub, reason = "modules of one test binary show each other what they like")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that goes wrong panics, and what it prints is read by people"
)]

mod generator;
#[path = "../../../examples/kills/harness/mod.rs"]
mod harness;
#[allow(clippy::all, clippy::pedantic, unused, reason = "a program has written it")]
mod pipelines;
mod random;
mod world;

use flujo::prelude::*;
use harness::{Story, said};
use pipelines::every_pipeline;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Mutex;
use world::{Calm, Prices, Service, World};

#[test]
fn the_pipelines_are_what_the_generator_makes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generated/pipelines");
    for (name, made) in generator::source() {
        let path = folder.join(name).with_extension("rs");
        if std::env::var("FLUJO_GENERATED").is_ok_and(|what| what == "overwrite") {
            std::fs::write(&path, &made).unwrap();
        }
        assert!(made == std::fs::read_to_string(path).unwrap(), "run it with FLUJO_GENERATED=overwrite");
    }
}

/// A pipeline: its name, the forms in it, and what kills it.
type Victim = (&'static str, &'static [&'static str], Box<dyn Fn() -> usize + Send + Sync>);

macro_rules! victims {
    ($($name:ident [$($form:literal)*];)+) => { vec![$(victim!($name [$($form),*])),+] };
}
macro_rules! victim {
    ($name:ident [$($form:literal),*]) => {
        (stringify!($name), &[$($form),*] as &[_], Box::new(|| {
            Story {
                test: "generated_pipelines_survive_kill_9",
                name: stringify!($name),
                builder: || Flujo::builder().resources(World { service: Service }).models(Calm).prices(Prices),
                call: || pipelines::$name("x".to_owned()),
                reply: |_| said(&"r"),
                in_a_row: 3,
            }
            .survives(generator::COUNT)
        }) as Box<dyn Fn() -> usize + Send + Sync>)
    };
}

#[test]
fn generated_pipelines_survive_kill_9() {
    let victims: Vec<Victim> = every_pipeline!(victims);
    assert_eq!(victims.len(), generator::COUNT);
    if harness::is_told() {
        return victims.iter().for_each(|(_, _, survives)| assert_eq!(survives(), 0));
    }
    let left = Mutex::new(victims.into_iter().collect::<VecDeque<_>>());
    let kills = Mutex::new(BTreeMap::<&str, usize>::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from).min(8) {
            scope.spawn(|| {
                loop {
                    let Some((_, forms, survives)) = left.lock().unwrap().pop_front() else { return };
                    let times = survives();
                    let mut kills = kills.lock().unwrap();
                    for form in forms.iter().chain(&["in all"]) {
                        *kills.entry(form).or_default() += times;
                    }
                }
            });
        }
    });
    let kills = kills.into_inner().unwrap();
    for form in generator::forms().chain(["in all"]) {
        let times = kills.get(form).copied().unwrap_or(0);
        println!("KILLS {times:4} of pipelines with {form}");
        assert!(times > 0, "no pipeline with {form} was killed");
    }
}
