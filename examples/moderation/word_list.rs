//! The word list that answers in place of a model.

use async_trait::async_trait;
use flujo::Cost;
use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest, PriceBook, Role, Tokens};
use vader_sentiment::SentimentIntensityAnalyzer;

/// VADER: words with a mood, and rules for negation and emphasis. It knows English only and takes everything
/// at its word: sarcasm sounds friendly to it.
pub struct WordList {
    words: SentimentIntensityAnalyzer<'static>,
}

impl WordList {
    pub fn new() -> Self {
        Self { words: SentimentIntensityAnalyzer::new() }
    }

    /// The tone, and how sure the list is of it, having read piece by piece.
    fn label(&self, text: &str, ends: &[char]) -> (&'static str, f64) {
        let letters = || text.chars().filter(|c| c.is_alphabetic());
        if letters().filter(char::is_ascii).count() * 2 < letters().count() {
            return ("neutral", 0.0);
        }
        let moods: Vec<_> = text.split_inclusive(ends).map(|piece| self.mood(piece)).collect();
        let strongest = moods.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
        // Pieces that contradict each other leave it in doubt.
        let all: f64 = moods.iter().map(|mood| mood.abs()).sum();
        let agreed = if all > 0.0 { (moods.iter().sum::<f64>() / all).abs() } else { 1.0 };
        let (tone, sure) = match strongest {
            m if m > 0.35 => ("friendly", m * agreed),
            m if m < -0.35 => ("hostile", -m * agreed),
            m => ("neutral", 1.0 - m.abs()),
        };
        (tone, (sure * 100.0).round() / 100.0)
    }

    /// From -1, dreadful, to 1, delightful.
    fn mood(&self, text: &str) -> f64 {
        self.words.polarity_scores(text).get("compound").copied().unwrap_or(0.0)
    }
}

#[async_trait]
impl ModelClient for WordList {
    async fn call(&self, request: ModelRequest, _: &mut dyn ChunkSink) -> Result<ModelReply, ModelError> {
        let mut asked = request.messages.iter().filter(|message| message.role == Role::User);
        let text = asked.next().map(|message| message.text.as_str()).unwrap_or_default();
        let looks = match asked.next() {
            None => 1,
            Some(closer) if closer.text.contains("sentence") => 2,
            Some(_) => 3,
        };
        let ends: &[char] = match looks {
            1 => &[],
            2 => &['.', '!', '?'],
            _ => &['.', '!', '?', ',', ';', ':'],
        };
        let (tone, confidence) = self.label(text, ends);
        let words = |text: &str| u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX);
        let content =
            serde_json::json!({ "tone": tone, "confidence": confidence, "looks": looks }).to_string();
        let sent = request.messages.iter().map(|message| words(&message.text)).sum();
        let used = Tokens::new(sent, words(&content));
        Ok(ModelReply::new(content).used(used))
    }
}

/// A made-up price, so that there is something to add up: a word in costs 150 nano-dollars, a word out 600.
pub struct MadeUpPrices;

impl PriceBook for MadeUpPrices {
    fn price(&self, _: &str, tokens: &Tokens) -> Option<Cost> {
        Some(Cost(tokens.input * 150 + tokens.output * 600))
    }
    fn bound(&self, model: &str, tokens: &Tokens) -> Option<Cost> {
        self.price(model, tokens)
    }
}
