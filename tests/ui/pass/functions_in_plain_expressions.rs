// Plain expressions call functions, in closures and as functions too; only steps are refused there.

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

mod words {
    pub fn first(text: &str) -> Option<&str> {
        text.split(' ').next()
    }
}

fn trimmed(text: &str) -> &str {
    text.trim()
}

fn made<T: Default>() -> T {
    T::default()
}

fn lower(text: impl Into<String>) -> String {
    text.into().to_lowercase()
}

pipeline! {
    fn moderate(text: String, texts: Vec<String>) -> String {
        let count: u8 = value(made());
        let first = value(words::first(&text).map_or("", trimmed).to_owned());
        let kept: Vec<String> = value(texts.iter().map(|text| lower(trimmed(text))).collect());
        let (one, other) = join(scan(lower(&first)), scan(trimmed(&text).to_owned()).named("other"));
        let all = map(kept, |text| {
            let text = value(text.replace("a", &lower(&one)));
            scan(lower(text)).named("each")
        });
        let last = repeat(other, |text| scan(lower(text)).named("again")).until(|text| trimmed(text) == text).max(2);
        value(format!("{count} {} {last} {}", trimmed(&one), all.len()))
    }
}

fn main() {
    let run = async {
        let flujo = Flujo::builder().build().unwrap();
        flujo.run(moderate(" A b".to_owned(), vec!["A".to_owned()])).await.into_output().unwrap()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    assert_eq!(runtime.block_on(run), "0  a b 1");
}
