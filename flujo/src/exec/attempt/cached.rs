//! Attempts that may take their output from a cache.

use super::super::any_step::AnyStep;
use super::super::driver::Driver;
use super::super::effective_options::EffectiveOptions;
use super::super::retry::Failed;
use super::call::Call;
use crate::cache::{CacheEntry, CacheKey, CacheUse};
use crate::codec::{CodecError, Digest, Json};
use crate::error::FailureRecord;
use crate::model::{Content, Message, ModelRequest};
use crate::path::Path;

impl Call<'_> {
    /// Answers the call from the cache, or makes it. Plugins and validators judge a hit too; a rejected one is removed, and
    /// the call is made. The key of a code step is its input, that of a model step its request.
    pub(super) async fn cached(&mut self, cache: &CacheUse) -> Result<Vec<String>, Box<Failed>> {
        let request =
            if self.step.def().asks_model && !self.is_stubbed() { Some(self.request().await?) } else { None };
        let key = match &request {
            Some(request) => {
                // Whichever model of a list answered: another list is another question.
                let otherwise = self.info.model_call().map(|call| call.otherwise.as_slice());
                Some(key_of_request(request, otherwise.unwrap_or_default()))
            }
            None if self.step.def().asks_model => None,
            None => Some(key_of_input(self.step).map_err(|e| FailureRecord::codec(&e))?),
        };
        let entry = match key {
            Some(key) => cache.look_up(key).await,
            None => None,
        };
        if let Some(entry) = entry {
            if taken(self.step, &entry, &self.info.path()) {
                *self.cached_parts = Some(entry.parts.clone());
                cache.hit();
            } else {
                self.step.clear();
                cache.reject().await;
            }
        }
        if !cache.is_hit() {
            self.call_beside(cache, request).await?;
            return self.judge().await;
        }
        match self.judge().await {
            Err(_) => {
                cache.reject().await;
                *self.cached_parts = None;
                // The drafts stay: a hit calls no code step, and what a prompt has written is written once.
                self.step.clear();
                self.call_beside(cache, request).await?;
                self.judge().await
            }
            judged => judged,
        }
    }

    /// Makes the call, and hands its output to the cache, which stores it once the attempt has succeeded.
    async fn call_beside(
        &mut self,
        cache: &CacheUse,
        request: Option<ModelRequest>,
    ) -> Result<(), Box<Failed>> {
        // A rejected output is retried, so the input is copied.
        self.more = true;
        self.make(request).await?;
        cache.returned(self.step.record_output().ok());
        Ok(())
    }
}

/// The request, whichever node sends it.
fn key_of_request(request: &ModelRequest, otherwise: &[String]) -> CacheKey {
    let number = |n: Option<f64>| n.map_or_else(String::new, |n| n.to_bits().to_string());
    let mut parts = vec![
        "model".to_owned(),
        request.model.clone(),
        request.schema.as_str().to_owned(),
        number(request.temperature),
        number(request.top_p),
        request.max_tokens.map_or_else(String::new, |n| n.to_string()),
    ];
    parts.extend(otherwise.iter().map(|model| format!("or {model}")));
    // Keys of requests without options are those that there were before options.
    if !request.options.is_empty() {
        parts.push(
            Json::encode(&request.options).map(|options| options.as_str().to_owned()).unwrap_or_default(),
        );
    }
    // The replies of a conversation with tools are not kept: there are no calls and no results here.
    for Message { role, text, attachments, .. } in &request.messages {
        parts.push(format!("{role:?} {} {}", text.len(), attachments.len()));
        parts.push(text.clone());
        for attachment in attachments {
            let (kind, content) = match &attachment.content {
                Content::Url(url) => ("url", url.as_str()),
                Content::Base64(text) => ("base64", &**text),
            };
            parts.push(format!("{kind} {:?}", attachment.name));
            parts.push(attachment.media_type.clone());
            parts.push(content.to_owned());
        }
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    CacheKey(Digest::of_parts(&parts))
}

/// The step, its version, its inputs, and the parts that it takes.
fn key_of_input(step: &mut dyn AnyStep) -> Result<CacheKey, CodecError> {
    let def = *step.def();
    let input = step.digest_input()?.to_string();
    let mut parts = vec![(def.type_name)().to_owned(), def.version.to_string(), input];
    for (name, json) in step.context().save_named(def.writes | def.reads)? {
        parts.push(name);
        parts.push(json.as_str().to_owned());
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Ok(CacheKey(Digest::of_parts(&parts)))
}

/// Takes the output of an entry; `false` if it, or a part as it was left then, no longer decodes.
fn taken(step: &mut dyn AnyStep, entry: &CacheEntry, path: &Path) -> bool {
    let version = step.def().version;
    if step.recall(version, &entry.output).is_err() {
        return false;
    }
    if entry.parts.is_empty() {
        return true;
    }
    // The parts are put in place with the output, once it was judged. That they fit is found out now.
    let writes = step.def().writes;
    let ctx = step.context();
    let Ok(now) = ctx.save_bits(writes) else { return false };
    let fits = ctx.restore_whole(path, &entry.parts).is_ok();
    ctx.restore_bits(&now).is_ok() && fits
}

impl Driver<'_> {
    /// How the attempts of a call use the cache, if they do.
    pub(in crate::exec) fn caching(&self, plan: &EffectiveOptions) -> Option<Box<CacheUse>> {
        let (policy, store) = (plan.cached?, self.env.cache.as_ref()?);
        Some(Box::new(CacheUse::new(store.clone(), self.env.clock.clone(), policy)))
    }
}
