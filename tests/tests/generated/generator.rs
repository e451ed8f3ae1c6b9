//! Writes pipelines that nobody would think of: every form in every other, by a seed.

use crate::random::Random;
use std::collections::BTreeSet;
use std::fmt::Write;

/// So many pipelines.
pub const COUNT: usize = 24;

/// How deep forms stand in each other.
const DEPTH: usize = 2;

/// What has a body, in which other nodes stand. Each is the first node of two pipelines.
const AROUND: [&str; 9] =
    ["if", "match", "join", "repeat", "refine", "map", "route", "timeout of a form", "limits of a form"];

/// What has none.
const LEAVES: [&str; 13] = [
    "ask",
    "step",
    "model",
    "retries",
    "fallback",
    "settle",
    ">>",
    "cached",
    "pipeline",
    "pipeline retries",
    "fail, settled",
    "gate",
    "wait",
];

/// The forms that there are.
pub fn forms() -> impl Iterator<Item = &'static str> {
    AROUND.into_iter().chain(LEAVES)
}

/// The two files that they are in, of half of them each.
const FILES: [&str; 2] = ["first_half", "second_half"];

const MADE: &str =
    "//! Made by `generator.rs`, by a seed. A test compares; `FLUJO_GENERATED=overwrite` makes it anew.\n\n";

/// The source of all of them, by the name of the file.
pub fn source() -> Vec<(&'static str, String)> {
    let mut files: Vec<_> = FILES
        .into_iter()
        .map(|name| {
            (
                name,
                format!(
                    "{MADE}use crate::world::*;\nuse flujo::prelude::*;\nuse std::collections::BTreeSet;\n"
                ),
            )
        })
        .collect();
    let mut list = String::new();
    for number in 0..COUNT {
        let mut made = Made {
            random: Random::new(number as u64 + 1),
            next: 0,
            asks: number < AROUND.len(),
            forms: BTreeSet::new(),
        };
        let first = AROUND[number % AROUND.len()];
        let (mut body, at) = made.around(first, "text", 0, 2);
        let rest = made.body(&at, 1, 2, 2);
        body += &rest;
        write!(
            files[number * FILES.len() / COUNT].1,
            "\npipeline! {{\n    pub fn p{number:02}(text: String, ctx: &mut State, world: &World) -> String {{\n{body}    }}\n}}\n"
        )
        .unwrap();
        let forms: Vec<_> = made.forms.iter().map(|form| format!("{form:?}")).collect();
        writeln!(list, "            p{number:02} [{}];", forms.join(" ")).unwrap();
    }
    let (mut mods, mut uses) = (String::new(), String::new());
    for name in FILES {
        writeln!(mods, "mod {name};").unwrap();
        writeln!(uses, "pub use {name}::*;").unwrap();
    }
    let all = format!(
        "{MADE}{mods}\n{uses}\n/// Hands each to another macro, with the forms in it.\nmacro_rules! every_pipeline {{\n    ($then:ident) => {{\n        \
         $then! {{\n{list}        }}\n    }};\n}}\npub(crate) use every_pipeline;\n"
    );
    files.push(("mod", all));
    files
}

struct Made {
    random: Random,
    /// Names count up, so that each node has its own.
    next: usize,
    /// Whether the next leaf has to be a question.
    asks: bool,
    forms: BTreeSet<&'static str>,
}

impl Made {
    fn name(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.random.below(from.len() as u64)).unwrap()]
    }

    /// So many nodes, one after another, and the value of the last.
    fn body(&mut self, input: &str, nodes: usize, depth: usize, indent: usize) -> String {
        let (mut code, mut at) = (String::new(), input.to_owned());
        for _ in 0..nodes {
            let around = depth < DEPTH && self.random.below(2) == 0;
            let (made, out) = if around {
                let form = self.pick(&AROUND);
                self.around(form, &at, depth, indent)
            } else {
                self.leaf(&at, indent)
            };
            code += &made;
            at = out;
        }
        writeln!(code, "{}{at}", pad(indent)).unwrap();
        code
    }

    /// Up to two nodes in braces.
    fn block(&mut self, input: &str, depth: usize, indent: usize) -> String {
        let nodes = 1 + usize::try_from(self.random.below(2)).unwrap();
        format!("{{\n{}{}}}", self.body(input, nodes, depth + 1, indent + 1), pad(indent))
    }

    fn leaf(&mut self, from: &str, indent: usize) -> (String, String) {
        let form = if std::mem::take(&mut self.asks) { "ask" } else { self.pick(&LEAVES) };
        self.forms.insert(form);
        let n = self.name();
        let made = match form {
            "ask" => format!("let v{n}: String = ask(format!(\"{{{from}}}?\"));"),
            "model" => format!("let v{n} = label({from}.clone()).named(\"n{n}\");\nlet v{n} = v{n}.name;"),
            "retries" => format!("let v{n} = flaky({from}.clone()).named(\"n{n}\");"),
            "fallback" => format!("let v{n} = broken({from}.clone()).fallback(echo).named(\"n{n}\");"),
            "settle" => format!(
                "let v{n} = broken({from}.clone()).settle().named(\"n{n}\");\n\
                 let v{n} = format!(\"{{{from}}}{{}}\", v{n}.is_err());"
            ),
            ">>" => format!("let v{n} = {from}.clone() >> add.named(\"n{n}\") >> echo.named(\"m{n}\");"),
            "cached" => format!("let v{n} = echo({from}.clone()).cached(forever).named(\"n{n}\");"),
            "pipeline" => format!("let v{n} = asks({from}.clone()).named(\"n{n}\");"),
            "pipeline retries" => format!("let v{n} = restarts({from}.clone()).retries(2).named(\"n{n}\");"),
            "fail, settled" => format!(
                "let v{n} = stops({from}.clone()).settle().named(\"n{n}\");\n\
                 let v{n} = format!(\"{{{from}}}{{}}\", v{n}.is_err());"
            ),
            "gate" => format!("let v{n} = gate({from}.clone(), (Never,)).strict(false).named(\"n{n}\");"),
            "wait" => format!("wait(\"1ms\").named(\"n{n}\");\nlet v{n} = {from}.clone();"),
            _ => format!("let v{n} = add({from}.clone()).named(\"n{n}\");\ncount(1).named(\"m{n}\");"),
        };
        (indented(&made, indent), format!("v{n}"))
    }

    fn around(&mut self, form: &'static str, from: &str, depth: usize, indent: usize) -> (String, String) {
        self.forms.insert(form);
        let n = self.name();
        let block = |made: &mut Self, input: &str| made.block(input, depth, indent);
        let short = |of: &str| format!("let v{n} = value(short(&{of}));");
        let made = match form {
            "if" => {
                let (yes, no) = (block(self, from), block(self, from));
                format!("let v{n} = if {from}.len() % 2 == 1 {yes} else {no};")
            }
            "match" => {
                let (one, other) = (block(self, from), block(self, from));
                format!("let v{n} = match {from}.len() % 3 {{\n    1 => {one}\n    _ => {other}\n}};")
            }
            "repeat" => {
                let body = block(self, &format!("x{n}"));
                format!(
                    "let v{n} = repeat({from}.clone(), |x{n}| {body}).until(|x| x.len() > 20).max(2).or_last();"
                )
            }
            "refine" => {
                let (draft, critic) = (block(self, &format!("y{n}")), block(self, &format!("x{n}")));
                let draft = draft.replacen(
                    '{',
                    &format!(
                        "{{\n{}let y{n} = format!(\"{{{from}}}{{}}\", f{n}.is_some());",
                        pad(indent + 1)
                    ),
                    1,
                );
                format!(
                    "let v{n} = refine(|f{n}| {draft}, |x{n}| {{\n    let z{n} = {critic};\n    \
                     value(if z{n}.ends_with('!') {{ Critique::Accept }} else {{ Critique::revise(\"more\") }})\n}}).max(2).or_last();"
                )
            }
            "map" => {
                let body = self.item(n, from, depth, indent);
                format!(
                    "let v{n} = map([\"a\", \"b\"], |c{n}| {body}).named(\"n{n}\");\n{}",
                    short(&format!("v{n}.concat()"))
                )
            }
            "route" => {
                let (spam, facts) = (block(self, from), block(self, from));
                format!(
                    "let v{n} = route(BTreeSet::from([Topic::Facts, Topic::Spam]), |topic| match topic {{\n    \
                     Topic::Spam => {spam}\n    Topic::Tone => {from}.clone(),\n    Topic::Facts => {facts}\n}}).named(\"n{n}\");\n{}",
                    short(&format!("v{n}.concat()"))
                )
            }
            "timeout of a form" => {
                let body = self.item(n, from, depth, indent);
                format!(
                    "let v{n} = map([\"c\"], |c{n}| {body}).concurrency(1).timeout(\"1h\").named(\"n{n}\");\n{}",
                    short(&format!("v{n}.concat()"))
                )
            }
            "limits of a form" => {
                let body = block(self, &format!("x{n}"));
                format!(
                    "let v{n} = repeat({from}.clone(), |x{n}| {body}).until(|_| true).max(1)\
                     .limits(UsageLimits::NONE.model_calls(1_000)).named(\"n{n}\");"
                )
            }
            _ => {
                let (a, b) = (block(self, from), block(self, from));
                format!(
                    "let (a{n}, b{n}) = join({a}, {b});\n{}",
                    short(&format!("format!(\"{{a{n}}}{{b{n}}}\")"))
                )
            }
        };
        (indented(&made, indent), format!("v{n}"))
    }

    /// The body of a `map`.
    fn item(&mut self, n: usize, from: &str, depth: usize, indent: usize) -> String {
        let body = self.block(&format!("y{n}"), depth, indent);
        body.replacen('{', &format!("{{\n{}let y{n} = format!(\"{{{from}}}{{c{n}}}\");", pad(indent + 1)), 1)
    }
}

fn pad(indent: usize) -> String {
    "    ".repeat(indent)
}

/// The first line and those that have none yet are moved in; the lines of blocks stand where they should.
fn indented(code: &str, indent: usize) -> String {
    code.lines()
        .map(|line| {
            let moved = if line.starts_with(&pad(indent)) {
                line.to_owned()
            } else {
                format!("{}{line}", pad(indent))
            };
            moved.trim_end().to_owned() + "\n"
        })
        .collect()
}
