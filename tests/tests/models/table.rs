//! The tables of providers in the book are made of the one in the code.

use flujo_models::{PromptCache, Provider, Structured};
use std::fmt::Write;
use std::fs;
use std::path::Path;

fn table() -> String {
    let mut out = String::new();
    out.push_str(
        "| provider | key | typed answers | otherwise | beside tools | images | files | URLs | streams | where |\n",
    );
    out.push_str("|---|---|---|---|---|---|---|---|---|---|\n");
    let how = |structured: Structured| match structured {
        Structured::Strict => "strict schema",
        Structured::Native => "schema",
        Structured::Tool => "tool",
        _ => "in the prompt",
    };
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    for Provider { name, key, url, can, .. } in Provider::ALL {
        let key = key.map_or_else(|| "none".to_owned(), |key| format!("`{key}`"));
        let (first, second, tools) = (how(can.structured), how(can.otherwise), how(can.beside_tools));
        let (images, files) = (yes(can.image.is_some()), yes(can.file.is_some()));
        let (urls, stream) = (yes(can.urls), yes(can.stream));
        let url = url.split_once("//").map_or(*url, |(_, url)| url).trim_end_matches('/');
        writeln!(
            out,
            "| `{name}` | {key} | {first} | {second} | {tools} | {images} | {files} | {urls} | {stream} | `{url}` |"
        )
        .unwrap();
    }
    out
}

/// The options of a call that a provider takes.
fn options() -> String {
    let mut out = String::new();
    out.push_str(
        "| provider | `reasoning_effort` | `reasoning_text` | `stop` | `seed` | `tool_choice` | `parallel_calls` | `service_tier` | prompt cache |\n",
    );
    out.push_str("|---|---|---|---|---|---|---|---|---|\n");
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    let list = |words: Vec<String>| if words.is_empty() { "no".to_owned() } else { words.join(", ") };
    for Provider { name, can, .. } in Provider::ALL {
        let efforts = list(can.efforts.iter().map(|effort| format!("`{effort}`")).collect());
        let tiers = list(can.service_tiers.iter().map(|tier| format!("`{tier}`")).collect());
        let stop = if can.stop == 0 { "no".to_owned() } else { format!("up to {}", can.stop) };
        let (text, seed) = (yes(can.reasoning_text), yes(can.seed));
        let (choice, parallel) = (yes(can.tool_choice), yes(can.parallel_calls));
        let cache = match can.prompt_cache {
            PromptCache::Automatic => "by itself".to_owned(),
            PromptCache::Marked(most) => format!("up to {most} marks"),
            other => panic!("a column has no word for {other:?}"),
        };
        writeln!(
            out,
            "| `{name}` | {efforts} | {text} | {stop} | {seed} | {choice} | {parallel} | {tiers} | {cache} |"
        )
        .unwrap();
    }
    out
}

/// One test for all tables of the page: they are written into one file.
#[test]
fn the_book_has_the_tables_of_providers() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/book/how-to/models.md");
    let mut text = fs::read_to_string(&page).unwrap();
    for (begin, made) in [("<!-- providers -->\n", table()), ("<!-- options -->\n", options())] {
        let (before, rest) = text.split_once(begin).unwrap();
        let (found, after) = rest.split_once("<!-- end -->").unwrap();
        if std::env::var("FLUJO_BOOK").is_ok_and(|how| how == "overwrite") {
            text = format!("{before}{begin}{made}<!-- end -->{after}");
            fs::write(&page, &text).unwrap();
        } else {
            assert_eq!(found, made, "write it anew: FLUJO_BOOK=overwrite");
        }
    }
}

/// The libraries underneath change more often than this crate may.
#[test]
fn no_type_of_the_libraries_underneath_is_public() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flujo-models/src");
    let mut looked = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for item in
            text.split("\n\n").flat_map(str::lines).map(str::trim).filter(|line| line.starts_with("pub "))
        {
            looked += 1;
            let foreign =
                ["genai_prices::", "hyper::", "hyper_util::", "sse_stream::", "Calculator", "SecretString"];
            assert!(!foreign.iter().any(|word| item.contains(word)), "{}: {item}", path.display());
        }
    }
    assert!(looked > 40, "the sources were not read: {looked} items");
}

/// One HTTP with one TLS, however many crates want some.
#[test]
fn there_is_one_http_and_one_tls() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock")).unwrap();
    let versions = |name: &str| lock.matches(&format!("name = \"{name}\"\n")).count();
    assert_eq!((versions("reqwest"), versions("rustls"), versions("hyper")), (1, 1, 1));
    assert_eq!((versions("native-tls"), versions("openssl-sys")), (0, 0));
    assert_eq!(versions("genai-prices"), 1);
    // The one here, and the one that the interface of `rmcp` names, which is in `flujo-mcp` alone.
    assert_eq!((versions("sse-stream"), versions("rmcp")), (2, 1));
}
