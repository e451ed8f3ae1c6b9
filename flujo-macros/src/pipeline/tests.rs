//! For any tokens between the braces, the macro returns items, or errors that have a place.

use super::expand;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

const WHOLE: &str = r#"
    /// Decides what happens to one post.
    #[pipeline(name = "decide")]
    pub(crate) fn moderate(post: Post, mut n: u32, ctx: &mut Moderation, app: &App) -> Receipt {
        let case = triage(post.clone()).retries(2).timeout("20s").named("first");
        let Some(found) = find(case) else { fail("nothing") };
        let (a, b) = join(web(found.clone()), { let x = steps::papers::<T>(found); x >> note }).settle();
        let human: Label = ask("Please label").showing(&a).timeout("2h", Label::default()).named("human");
        let verdict = match human.risk() {
            Risk::High if ctx.level > 3 => escalate(a?),
            Risk::Low => Verdict::Approved,
            _ => if let Some(x) = b && x.ok() { judge(x) } else { value(Some(3)) },
        };
        while true { loop { return; } }
        n += 1;
        println!("{}", app.name);
        verdict >> format_receipt >> notify.retries(TRIES).fallback(cheap).validate(NoPii)
    }
"#;

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_default()
}

fn errors(expansion: &TokenStream) -> usize {
    expansion.to_string().matches("compile_error").count()
}

/// Every input that ends early, at every depth.
fn truncated(tokens: &TokenStream) -> Vec<TokenStream> {
    let all: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut out = Vec::new();
    for end in 0..all.len() {
        let begin = all.iter().take(end).cloned();
        out.push(begin.clone().collect());
        let Some(TokenTree::Group(group)) = all.get(end) else { continue };
        for inner in truncated(&group.stream()) {
            let cut = TokenTree::from(Group::new(group.delimiter(), inner));
            out.push(begin.clone().chain([cut.clone()]).collect());
            out.push(begin.clone().chain([cut]).chain(all.iter().skip(end + 1).cloned()).collect());
        }
    }
    out
}

#[test]
fn every_prefix_gets_an_answer() {
    let inputs = truncated(&tokens(WHOLE));
    assert!(inputs.len() > 500);
    for input in inputs {
        let text = input.to_string();
        let out = expand(input);
        assert!(errors(&out) > 0 || syn::parse2::<syn::File>(out.clone()).is_ok(), "{text}\n{out}");
    }
}

/// Tokens that were put where they do not belong: each one moved behind each other one of the same group.
#[test]
fn misplaced_tokens_get_an_answer() {
    let Some(TokenTree::Group(body)) = tokens(WHOLE).into_iter().last() else { return };
    let head: Vec<TokenTree> = tokens(WHOLE)
        .into_iter()
        .filter(|t| !matches!(t, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace))
        .collect();
    let all: Vec<TokenTree> = body.stream().into_iter().collect();
    for from in 0..all.len() {
        for to in (0..all.len()).step_by(7) {
            let mut moved = all.clone();
            let token = moved.remove(from);
            moved.insert(to.min(moved.len()), token);
            let group = TokenTree::from(Group::new(Delimiter::Brace, moved.into_iter().collect()));
            expand(head.iter().cloned().chain([group]).collect());
        }
    }
}

#[test]
fn long_input_is_expanded() {
    let many = |line: &str, n: usize| {
        let lines: String = (0..n).map(|i| line.replace('#', &i.to_string())).collect();
        format!("fn long(x: String) -> String {{ {lines} x }}")
    };
    let out = expand(tokens(&many("let x = step_#(x);", 200)));
    assert!(syn::parse2::<syn::File>(out).is_ok());
    let out = expand(tokens(&many("let x = step_#(x);", 1_500)));
    assert_eq!(errors(&out), 0);
    let out = expand(tokens(&many("let x = a(x) >> b_#;", 1_000)));
    assert_eq!(errors(&out), 1, "`a` is used again and again");
    let stages: Vec<_> = (0..500).map(|i| format!("s{i}")).collect();
    let chain = format!("fn long(x: String) -> String {{ x >> {} }}", stages.join(" >> "));
    assert_eq!(errors(&expand(tokens(&chain))), 0);
}

#[test]
fn deep_input_is_refused() {
    for (open, close) in [
        ("(", ")"),
        ("{", "}"),
        ("[", "]"),
        ("if a {", "}"),
        ("match a { _ => {", "} }"),
        ("f(", ")"),
        ("|x| {", "}"),
    ] {
        let deep = |n: usize| {
            expand(tokens(&format!(
                "fn deep(x: String) -> String {{ {} x {} }}",
                open.repeat(n),
                close.repeat(n)
            )))
        };
        deep(25);
        assert_eq!(errors(&deep(500)), 1, "{open}");
    }
    for repeated in [
        "!",
        "&",
        "-",
        "*",
        "return ",
        "x = ",
        "if a {} else ",
        "|x| ",
        "x >> ",
        "x.y().",
        "x as ",
        "async move ",
        "&mut ",
        "x .. ",
    ] {
        let out =
            expand(tokens(&format!("fn deep(x: String) -> String {{ {} x }}", repeated.repeat(10_000))));
        assert!(errors(&out) > 0, "{repeated}");
        expand(tokens(&format!("fn deep(x: String) -> String {{ {} x }}", repeated.repeat(1_000))));
    }
    for repeated in ["&", "Vec<", "&'a mut "] {
        let out = expand(tokens(&format!("fn deep(x: {}String) -> String {{ x }}", repeated.repeat(5_000))));
        assert!(errors(&out) > 0, "{repeated}");
    }
}

#[test]
fn what_it_gives_is_the_same_every_time() {
    assert_eq!(expand(tokens(WHOLE)).to_string(), expand(tokens(WHOLE)).to_string());
}

#[test]
fn every_mistake_is_told_at_once() {
    // `while`, `n +=`, `a?`; the resources in `println!`
    let (found, again) = (4, 0);
    assert_eq!(errors(&expand(tokens(WHOLE))), found + again, "{}", expand(tokens(WHOLE)));
}

/// rust-analyzer puts a word where the cursor is, expands again, and looks for the same place in both.
#[test]
fn a_word_at_the_cursor_moves_nothing_before_it() {
    for body in ["let a = f(x); a.@", "let a = f(x).@", "let b = g(@); b", "match f(x).@", "let a = @; a"] {
        let source = format!("fn p(mut x: u32, ctx: &mut C) -> u32 {{ {body} }}");
        let (without, with) = (source.replace('@', ""), source.replace('@', "word"));
        let (without, with) = (expand(tokens(&without)).to_string(), expand(tokens(&with)).to_string());
        let (before, _) = with.split_once("word").unwrap_or_default();
        assert!(!before.is_empty() && without.starts_with(before.trim_end()), "{body}\n{without}\n{with}");
    }
}

/// `parse` makes the model, `check` looks at it, `lower` and its siblings generate code from it: nothing imports what
/// comes before it but the model.
#[test]
fn modules_import_in_one_direction() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
                continue;
            }
            seen += 1;
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let path = entry.path().strip_prefix(&source).unwrap().to_string_lossy().replace('\\', "/");
            let imports =
                |module: &str| text.lines().any(|line| line.starts_with("use ") && line.contains(module));
            let pipeline = path.starts_with("pipeline/") && path != "pipeline/mod.rs";
            let parses = path.starts_with("pipeline/parse/");
            assert!(parses || !pipeline || !imports("parse::"), "{path} imports the parser");
            let lowers = path.starts_with("pipeline/lower/") || path.starts_with("pipeline/item/");
            assert!(lowers || !imports("lower::"), "{path} imports the lowering");
            // One place knows what flujo is called.
            let spelled = ["::flujo::", "__private"].concat();
            assert!(
                path == "names.rs" || !text.contains(&spelled),
                "{path} spells the path of flujo's private items"
            );
        }
    }
    assert!(seen > 60, "{seen}");
}
