//! The pipeline: what happens to one post.

use flujo::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// A post as somebody wrote it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Post {
    pub id: u64,
    pub author: String,
    /// From 0, nobody has heard of them, to 1, nothing but good.
    pub reputation: f64,
    pub text: String,
}

/// A post with what triage found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    pub text: String,
    pub reputation: f64,
    pub signs: Vec<Sign>,
}

/// What a post can be suspected of without understanding it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sign {
    PersonalData,
    Link,
}

pub enum Risk {
    Low,
    Standard,
    High,
}

impl Case {
    /// Plain Rust: the pipeline matches on it.
    pub fn risk(&self) -> Risk {
        let unknown = self.reputation < 0.3;
        match self.signs.as_slice() {
            [] if self.reputation >= 0.9 => Risk::Low,
            signs if signs.contains(&Sign::PersonalData) => Risk::High,
            signs if signs.contains(&Sign::Link) && unknown => Risk::High,
            _ => Risk::Standard,
        }
    }
}

/// How a post sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    Friendly,
    Neutral,
    Hostile,
}

/// What the model replies.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Label {
    pub tone: Tone,
    /// From 0, a guess, to 1, sure.
    pub confidence: f64,
    /// How often the post was looked at, closer each time.
    pub looks: u32,
}

impl Label {
    /// Before anybody has looked.
    pub fn unread() -> Self {
        Self { tone: Tone::Neutral, confidence: 0.0, looks: 0 }
    }
    /// Whether no person need be asked.
    pub fn is_sure(&self) -> bool {
        self.confidence > 0.65
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Verdict {
    Approved,
    Rejected,
    Escalated,
}

/// State that lives as long as one run.
#[context]
#[derive(Debug, Default, JsonSchema)]
pub struct Moderation {
    pub author: String,
    pub reputation: f64,
    /// Why things happened. A step may ask for just this part.
    #[context(part, merge = append)]
    pub notes: Vec<String>,
}

/// What other people thought of an author's earlier posts.
#[derive(Debug)]
pub struct Reputations(pub BTreeMap<String, f64>);

/// Receipts, for everybody to read. The key makes sure that a step that runs again after a crash posts none twice.
#[derive(Debug, Default)]
pub struct Board(Mutex<BTreeMap<String, String>>);

impl Board {
    fn post(&self, key: String, receipt: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert(receipt);
    }
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Services that live as long as the application.
#[resources]
#[derive(Debug)]
pub struct App {
    pub reputations: Reputations,
    pub board: Board,
}

/// Looks for what can be seen without understanding the text.
#[step(retries = 3, timeout = "20s")]
pub async fn triage(post: Post, ctx: &mut Moderation, reputations: &Reputations) -> Result<Case> {
    if post.text.trim().is_empty() {
        return Err(StepError::fatal("the post has no text"));
    }
    ctx.reputation = reputations.0.get(&post.author).copied().unwrap_or(0.0);
    ctx.author = post.author;

    let mut signs = Vec::new();
    if post.text.split_whitespace().any(looks_personal) {
        signs.push(Sign::PersonalData);
    }
    if post.text.contains("://") {
        signs.push(Sign::Link);
    }
    Ok(Case { text: post.text, reputation: ctx.reputation, signs })
}

/// An e-mail address or a telephone number.
pub fn looks_personal(word: &str) -> bool {
    let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
    let email = word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let phone = word.split_once('-').is_some_and(|(area, number)| {
        area.len() >= 3
            && number.len() >= 4
            && (area.bytes().chain(number.bytes())).all(|b| b.is_ascii_digit())
    });
    email || phone
}

/// A model step: the function builds the typed prompt, the answer is a `Label`.
/// Who judges is whoever has the role.
#[step(role = review, temperature = 0.0, max_tokens = 30, timeout = "10s")]
pub fn label_tone(case: Case, before: Label) -> Prompt<Label> {
    let asked = "Does this post sound friendly, neutral or hostile, and how sure are you of it?";
    let prompt = Prompt::system(asked).user(case.text);
    let Label { tone, confidence, looks } = before;
    let closer = match looks {
        0 => return prompt,
        1 => "sentence by sentence",
        _ => "word group by word group",
    };
    prompt.assistant(format!("{tone}, {confidence:.2} sure")).user(format!("Look closer, {closer}."))
}

/// Costs nothing: looks for rude words where a closer look is too dear.
#[step]
pub async fn glance(case: Case, before: Label, notes: &mut Vec<String>) -> Result<Label> {
    notes.push("only glanced at".to_owned());
    let text = case.text.to_lowercase();
    let rude = ["idiot", "liar", "pathetic", "stupid"].iter().any(|word| text.contains(word));
    let tone = if rude { Tone::Hostile } else { Tone::Neutral };
    Ok(Label { tone, confidence: 0.7, looks: before.looks + 1 })
}

/// Hands the post to the people who know the law.
#[step]
async fn escalate(case: Case, notes: &mut Vec<String>) -> Result<Verdict> {
    notes.extend(case.signs.iter().map(|sign| format!("has {sign}")));
    Ok(Verdict::Escalated)
}

#[step]
async fn judge(tone: Tone, notes: &mut Vec<String>) -> Result<Verdict> {
    notes.push(format!("sounds {tone}"));
    Ok(match tone {
        Tone::Friendly | Tone::Neutral => Verdict::Approved,
        Tone::Hostile => Verdict::Rejected,
    })
}

#[step]
async fn write_receipt(verdict: Verdict, #[ctx] ctx: &Moderation) -> Result<String> {
    let what = match verdict {
        Verdict::Approved => "is online",
        Verdict::Rejected => "sounds hostile, please reword it",
        Verdict::Escalated => "waits for our team",
    };
    Ok(format!("Hello {}, your post {what}.", ctx.author))
}

/// Receipts are for everybody to read.
struct NoPersonalData;
impl Validator<String> for NoPersonalData {
    fn validate(&self, receipt: &String) -> ValidationResult {
        if receipt.split_whitespace().any(looks_personal) {
            return ValidationResult::invalid("it holds personal data, and everybody can read it");
        }
        ValidationResult::valid()
    }
}

struct StyleGuide;
impl Validator<String> for StyleGuide {
    fn validate(&self, receipt: &String) -> ValidationResult {
        match receipt.chars().count() {
            0..=120 => ValidationResult::valid(),
            n => ValidationResult::invalid(format!("{n} characters are more than 120")),
        }
    }
}

#[step(retries = 2)]
async fn publish(receipt: String, board: &Board, run: &RunInfo) -> Result<()> {
    board.post(run.idempotency_key(), receipt);
    Ok(())
}

pipeline! {
    /// Decides what happens to one post.
    pub fn moderate(post: Post, ctx: &mut Moderation, app: &App) -> Verdict {
        let case = triage(post);
        let verdict = match case.risk() {
            Risk::High => escalate(case),
            Risk::Low => Verdict::Approved,
            Risk::Standard => {
                let label = repeat(Label::unread(), |label| label_tone(case.clone(), label).fallback(glance))
                    .until(Label::is_sure)
                    .max(3)
                    .or_last()
                    .limits(UsageLimits::usd("0.0004"))
                    .named("label");
                if label.is_sure() {
                    judge(label.tone)
                } else {
                    let human: Tone = ask("How does this post sound to you?").showing(&case);
                    judge(human).named("judge_human")
                }
            }
        };
        let receipt = write_receipt(verdict.clone());
        let receipt = gate(receipt, (NoPersonalData, StyleGuide));
        publish(receipt);
        verdict
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PersonalData => "personal data",
            Self::Link => "a link",
        })
    }
}

impl fmt::Display for Tone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Friendly => "friendly",
            Self::Neutral => "neutral",
            Self::Hostile => "hostile",
        })
    }
}
