//! Who replies to questions: `--reply`, the person at the terminal, or nobody.

use crate::pipeline::Tone;
use flujo_examples::args::BadArgs;
use flujo_examples::terminal;
use std::collections::VecDeque;
use std::io;

const TONES: [Tone; 3] = [Tone::Friendly, Tone::Neutral, Tone::Hostile];

/// Where the next reply comes from.
pub enum Replies {
    /// One for all questions.
    Always(Tone),
    /// In turn; when they are used up, nobody replies.
    InTurn(VecDeque<Tone>),
    /// The person at the terminal.
    Person,
    /// Nobody: questions stay open.
    Nobody,
}

impl Replies {
    pub fn new(scripted: Vec<Tone>) -> Self {
        match scripted.as_slice() {
            [] if terminal::somebody_is_there() => Self::Person,
            [] => Self::Nobody,
            [one] => Self::Always(*one),
            _ => Self::InTurn(scripted.into()),
        }
    }

    /// The next reply; `None` leaves the question open.
    pub fn next(&mut self) -> io::Result<Option<Tone>> {
        match self {
            Self::Always(tone) => Ok(Some(*tone)),
            Self::InTurn(tones) => Ok(tones.pop_front()),
            Self::Nobody => Ok(None),
            Self::Person => {
                let names = TONES.map(|tone| tone.to_string());
                let chosen = terminal::choose(&names.each_ref().map(String::as_str))?;
                let tone = chosen.and_then(find);
                if tone.is_none() {
                    *self = Self::Nobody;
                }
                Ok(tone)
            }
        }
    }
}

/// Reads the value of `--reply`.
pub fn parse(name: &str) -> Result<Tone, BadArgs> {
    let known = TONES.map(|tone| tone.to_string()).join(", ");
    find(name).ok_or_else(|| BadArgs::new(format!("--reply takes one of {known}, and got `{name}`")))
}

fn find(name: &str) -> Option<Tone> {
    TONES.into_iter().find(|tone| tone.to_string() == name)
}
