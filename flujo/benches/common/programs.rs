//! Programs that do the same with flujo and by hand: what is compared where compiling is measured.

use std::fmt::Write as _;

/// As many pipelines as `pipelines`, of so many steps each, which all run.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    pub(crate) pipelines: usize,
    pub(crate) steps: usize,
    /// Whether what flows between steps has types of its own, or is a number.
    pub(crate) typed: bool,
    /// An edit changes the body of the first step, as edits are: by a line, so that everything below it
    /// moves, and by what it does. That is the most that one edit can cost: in the last step of the file it is
    /// a fraction.
    pub(crate) edit: u64,
}

const NOTE: &str = "
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Note {
    pub id: u64,
    pub text: String,
}
";

/// What a backend engineer writes without a library: one function that awaits another in a loop of retries, with a
/// pause before each, and records input, output and time where a later start finds them and takes the output
/// instead. It is written once and generic over the call, since nobody writes the loop a hundred times.
const HELPER: &str = "

use std::time::{Duration, Instant};

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

struct Entry {
    name: String,
    input: String,
    output: String,
    attempts: u32,
    took: Duration,
}

#[derive(Default)]
pub struct Log(Vec<Entry>);

impl Log {
    async fn step<I, O, F>(&mut self, name: &str, input: I, call: impl Fn(I) -> F) -> Result<O>
    where
        I: Clone + serde::Serialize,
        O: serde::Serialize + serde::de::DeserializeOwned,
        F: Future<Output = Result<O>>,
    {
        let given = serde_json::to_string(&input)?;
        if let Some(entry) = self.0.iter().find(|entry| entry.name == name) {
            if entry.input != given {
                return Err(format!(\"{name} had another input when it ran\").into());
            }
            return Ok(serde_json::from_str(&entry.output)?);
        }
        let started = Instant::now();
        let mut attempts = 1;
        let output = loop {
            match call(input.clone()).await {
                Ok(output) => break output,
                Err(error) if attempts == 3 => return Err(error),
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(100 << attempts)).await;
                    attempts += 1;
                }
            }
        };
        self.0.push(Entry {
            name: name.to_owned(),
            input: given,
            output: serde_json::to_string(&output)?,
            attempts,
            took: started.elapsed(),
        });
        Ok(output)
    }

    fn print(&self) {
        for entry in &self.0 {
            println!(\"{}: {} attempts, {:?}\", entry.name, entry.attempts, entry.took);
        }
    }
}
";

impl Program {
    pub(crate) fn flujo(&self) -> String {
        let mut out = format!("use flujo::prelude::*;\n{}", self.types());
        let (mut register, mut run) = (String::new(), String::new());
        for p in 0..self.pipelines {
            out.push_str(&self.definitions(p, "#[step]\n"));
            let output = self.output();
            let _ = write!(out, "pipeline! {{\n    /// One.\n    pub fn chain{p}(x: u64) -> {output} {{\n");
            out.push_str(&self.calls(p));
            out.push_str("        x\n    }\n}\n");
            let _ = write!(register, ".pipeline::<chain{p}>()");
            let _ = writeln!(
                run,
                "    println!(\"{{:?}}\", flujo.run(chain{p}({p})).await.into_output().unwrap());"
            );
        }
        out + &main_of(&format!("    let flujo = Flujo::builder(){register}.build().unwrap();\n{run}"))
    }

    pub(crate) fn by_hand(&self) -> String {
        let mut out = format!("{HELPER}{}", self.types());
        let mut run = String::new();
        for p in 0..self.pipelines {
            out.push_str(&self.definitions(p, ""));
            let output = self.output();
            let _ = writeln!(out, "pub async fn chain{p}(x: u64, log: &mut Log) -> Result<{output}> {{");
            for i in 0..self.steps {
                let name = name(p, i);
                let _ = writeln!(out, "    let x = log.step(\"{name}\", x, {name}).await?;");
            }
            out.push_str("    Ok(x)\n}\n");
            let _ = writeln!(run, "    println!(\"{{:?}}\", chain{p}({p}, &mut log).await.unwrap());");
        }
        out + &main_of(&format!("    let mut log = Log::default();\n{run}    log.print();\n"))
    }

    /// The steps of the pipeline `p`.
    pub(crate) fn definitions(&self, p: usize, attribute: &str) -> String {
        (0..self.steps).fold(String::new(), |mut out, i| {
            let n = if (p, i) == (0, 0) { self.edit } else { 7 };
            let line = if n % 2 == 0 { "    let x = x + 1;\n" } else { "" };
            let (signature, value) = match (self.typed, i % 3) {
                (false, _) => ("x: u64) -> Result<u64>", format!("x + {n}")),
                (true, 0) => {
                    let note = format!("Note {{ id: x + {n}, text: String::from(\"post\") }}");
                    ("x: u64) -> Result<Note>", note)
                }
                (true, 1) => {
                    ("x: Note) -> Result<String>", format!("format!(\"{{}} {{}} {n}\", x.id, x.text)"))
                }
                (true, _) => ("x: String) -> Result<u64>", format!("x.len() as u64 + {n}")),
            };
            let name = name(p, i);
            let _ = write!(out, "{attribute}async fn {name}({signature} {{\n{line}    Ok({value})\n}}\n");
            out
        })
    }

    /// The calls in the pipeline `p`.
    pub(crate) fn calls(&self, p: usize) -> String {
        (0..self.steps).fold(String::new(), |mut out, i| {
            let _ = writeln!(out, "        let x = {}(x);", name(p, i));
            out
        })
    }

    fn types(&self) -> &'static str {
        if self.typed { NOTE } else { "" }
    }

    fn output(&self) -> &'static str {
        match (self.typed, self.steps % 3) {
            (false, _) | (true, 0) => "u64",
            (true, 1) => "Note",
            (true, _) => "String",
        }
    }
}

fn name(p: usize, i: usize) -> String {
    format!("s{p}_{i}")
}

pub(crate) fn main_of(body: &str) -> String {
    format!("#[tokio::main(flavor = \"current_thread\")]\nasync fn main() {{\n{body}}}\n")
}
