// Outputs of older versions, carried over from version to version.
use flujo::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct LabelV1(String);

#[derive(Deserialize)]
struct LabelV2 {
    tone: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Label {
    tone: String,
    sure: bool,
}

fn from_1(old: LabelV1) -> LabelV2 {
    LabelV2 { tone: old.0 }
}

fn from_2(old: LabelV2) -> Label {
    Label { tone: old.tone, sure: false }
}

#[step(version = 3, migrate = [from_1, from_2])]
async fn label(text: String) -> Result<Label> {
    Ok(Label { tone: text, sure: true })
}

/// Only the version before is still there anywhere.
#[step(version = 7, migrate = from_2)]
async fn label_again(text: String) -> Result<Label> {
    Ok(Label { tone: text, sure: true })
}

/// Its input has changed with the output of another step, its own output has not.
#[step(version = 2, migrate = std::convert::identity)]
async fn file(label: Label) -> Result<bool> {
    drop(label.tone);
    Ok(label.sure)
}

#[derive(Clone, Serialize, Deserialize)]
struct Box2<T> {
    inner: Option<T>,
}

fn boxed<T>(inner: T) -> Box2<T> {
    Box2 { inner: Some(inner) }
}

#[step(version = 2, migrate = boxed)]
async fn wrap<T>(value: T) -> Result<Box2<T>> {
    Ok(Box2 { inner: Some(value) })
}

pipeline! {
    fn all(text: String) -> bool {
        let one = label(text);
        let two = label_again(one.tone);
        let three = wrap(two);
        match three.inner {
            Some(label) => file(label),
            None => false,
        }
    }
}

fn main() {
    assert_eq!(all::GRAPH.nodes[0].facts.migrates_from, 1);
    assert_eq!(all::GRAPH.nodes[1].facts.migrates_from, 6);
}
