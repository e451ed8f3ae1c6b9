//! Processes that are killed: with real signals, on real disks.

use crate::child::{End, Task, is_child, start};
use crate::place::Place;
use crate::spoken::Process;
use flujo::Usage;
use flujo::engine::Status;
use flujo_testing::Moment;
use flujo_tests::every_form;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

const KILLED: &str = "processes::killed_with_sigkill_at_every_command_every_form_comes_to_the_same_end";

macro_rules! names {
    ([] $($pipeline:ident $name:literal [$($path:literal => $reply:literal),*];)+) => { &[$($name),+] };
}
const FORMS: &[&str] = every_form!(names []);

/// What kills have cost so far: what stands in no record, and what calls had reserved when the last one came.
#[derive(Clone, Copy, Default)]
struct Charges {
    charged: Usage,
    reserved: Usage,
}

impl Charges {
    /// A process was killed: nobody will hear of the calls of models again that were under way.
    fn killed(&mut self, place: &Place, context: &str) {
        let Some(view) = place.view("run") else { return };
        let records: Usage = view.records.iter().map(|record| record.usage).sum();
        let taken_over = view.usage == records + self.all();
        // One that was killed before it had taken the run over has charged nothing.
        let untouched = view.usage == records + self.charged && view.reserved == self.reserved;
        assert!(taken_over || untouched, "{context}: {:?} is not what was reserved", view.usage);
        if taken_over {
            *self = Self { charged: self.all(), reserved: view.reserved };
        }
    }

    fn all(self) -> Usage {
        self.charged + self.reserved
    }
}

/// Goes on with what kills have left, and compares with the run that nobody disturbed.
fn survives(
    place: &Place,
    test: &str,
    form: &str,
    expected: &End,
    (kills, charges): (usize, Charges),
    context: &str,
) {
    let (recorded, before) = (place.recorded(), place.starts().len());
    let end = place.finish(test, form);
    let starts = place.starts();
    for start in &starts[before..] {
        assert!(!recorded.contains(start), "{context}: {start} was finished and ran again");
    }
    for start in &starts {
        let times = starts.iter().filter(|other| *other == start).count();
        assert!(times <= 1 + kills, "{context}: {start} ran {times} times");
    }
    assert_eq!(end.rest, expected.rest, "{context}");
    // Calls whose reservation was written, and whose attempt was not recorded, are charged in full; everything else
    // costs the same.
    assert_eq!(end.usage, expected.usage + charges.all(), "{context}");
}

/// Kills a form at every command of every stretch between two pauses.
fn kill_everywhere(form: &str) -> usize {
    let expected = Place::new().finish(KILLED, form);
    let mut kills = 0;
    for moment in [Moment::Before, Moment::After] {
        'stretches: for pauses in 0.. {
            for at in 1.. {
                let place = Place::new();
                if !place.paused(KILLED, form, pauses) {
                    break 'stretches;
                }
                let task = Task { at, moment, ..Task::work(place.path(), form) };
                let mut process = start(KILLED, &task);
                let said = process.says().expect("it says something");
                let Some(key) = said.strip_prefix("STRUCK ") else {
                    process.ends_quietly();
                    if at == 1 {
                        break 'stretches;
                    }
                    break;
                };
                process.kill();
                kills += 1;
                let context = format!("{form}, {moment:?} {key} ({at}, {pauses} pauses)");
                let view = place.view("run").expect("the run was created");
                assert_ne!(view.status, Status::Running, "{context}: nobody works on it");
                let mut charges = Charges::default();
                charges.killed(&place, &context);
                survives(&place, KILLED, form, &expected, (1, charges), &context);
            }
        }
    }
    kills
}

impl Process {
    fn ends_quietly(mut self) {
        while self.says().is_some() {}
        assert!(self.child.wait().unwrap().success());
    }
}

/// Does something with every form, on as many threads as make sense.
fn for_each_form(what: impl Fn(&'static str) -> usize + Sync) -> BTreeMap<&'static str, usize> {
    let left = Mutex::new(FORMS.iter().copied().collect::<VecDeque<_>>());
    let done = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from).min(8) {
            scope.spawn(|| {
                loop {
                    let Some(form) = left.lock().unwrap().pop_front() else { return };
                    let kills = what(form);
                    done.lock().unwrap().insert(form, kills);
                }
            });
        }
    });
    done.into_inner().unwrap()
}

#[test]
fn killed_with_sigkill_at_every_command_every_form_comes_to_the_same_end() {
    if is_child() {
        return;
    }
    let kills: BTreeMap<&str, usize> = for_each_form(kill_everywhere);
    for (form, n) in &kills {
        println!("KILLS {n:3}  {form}");
        assert!(*n > 0, "{form} was never killed");
    }
    let all: usize = kills.values().sum();
    println!("KILLS {all} in all");
    assert_eq!(kills.len(), FORMS.len());
    assert!(all >= 500, "{all} kills");
}

/// Numbers that are the same every time.
struct Random(u64);
impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

const RANDOM: &str = "processes::killed_at_random_instants_every_form_comes_to_the_same_end";

#[test]
fn killed_at_random_instants_every_form_comes_to_the_same_end() {
    if is_child() {
        return;
    }
    // A few, or a share of as many as somebody wants in all.
    let all = std::env::var("FLUJO_KILLS").ok().map(|n| n.parse::<usize>().expect("FLUJO_KILLS is a number"));
    let enough = all.map_or(3, |all| all.div_ceil(FORMS.len()));
    let kills = for_each_form(|form| {
        let expected = Place::new().finish(RANDOM, form);
        let mut random = Random(0x9e37_79b9 + form.len() as u64 * 7919 + u64::from(form.as_bytes()[0]));
        let mut kills = 0;
        for round in 0.. {
            if kills >= enough {
                break;
            }
            let context = format!("{form}, round {round}");
            assert!(round < 50 + 4 * enough, "{context}: it is always faster than the signal");
            let (place, mut charges) = (Place::new(), Charges::default());
            let mut here = 0;
            // Twice in a row, so that what goes on after a kill is killed too.
            for _ in 0..2 {
                let mut process = start(RANDOM, &Task { slow: 2, ..Task::work(place.path(), form) });
                std::thread::sleep(Duration::from_micros(random.below(40_000)));
                if process.kill() {
                    here += 1;
                    charges.killed(&place, &context);
                }
            }
            kills += here;
            survives(&place, RANDOM, form, &expected, (here, charges), &context);
        }
        kills
    });
    let all: usize = kills.values().sum();
    println!("KILLS {all} at random instants");
    assert_eq!(kills.len(), FORMS.len());
    assert!(kills.values().all(|kills| *kills >= enough), "{kills:?}");
}
