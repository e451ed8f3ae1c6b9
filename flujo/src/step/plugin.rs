use super::RunInfo;
use super::validate::short_name;
use crate::future::BoxFuture;
use async_trait::async_trait;
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

/// A plugin's verdict on an output.
///
/// ```
/// use flujo::prelude::*;
///
/// /// Rejects what is not polite.
/// struct Polite;
///
/// #[flujo::async_trait]
/// impl Plugin<String> for Polite {
///     async fn review(&self, text: &String, run: &RunInfo) -> PluginResult<String> {
///         if run.attempt() > 1 || text.contains("please") {
///             PluginResult::Accept
///         } else {
///             PluginResult::reject("say please")
///         }
///     }
///     // Before plugins without a priority, and by this name in messages.
///     fn priority(&self) -> i32 {
///         10
///     }
///     fn name(&self) -> &'static str {
///         "politeness"
///     }
/// }
/// assert_eq!(Polite.priority(), 10);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginResult<T> {
    /// The output goes on as it is.
    Accept,
    /// A replacement of the output: for the other plugins, for validators, and for what comes after the step.
    Replace(T),
    /// Why not; it becomes the feedback of the next attempt.
    Reject(String),
    /// The next attempt is one of the step that the call names with `.redirect(step)`. A call that names
    /// none fails for good.
    Redirect,
}

impl<T> PluginResult<T> {
    /// Rejects, with the reason.
    pub fn reject(reason: impl fmt::Display) -> Self {
        Self::Reject(reason.to_string())
    }
}

/// Looks at the output of an attempt before validators do, and may change it: `.plugin(Redact)` at a call or
/// a `gate`, `plugin = Redact` on a step.
///
/// Plugins run one after the other, by priority, high to low; of equal ones the first that was given comes
/// first. Each sees what the one before it left. The first that rejects or redirects ends the attempt.
/// `strict(false)` makes a rejection a finding, and the output goes on. They belong to the attempt: its
/// timeout bounds them, and what they report with [`RunInfo::spend`] counts. What they leave is recorded,
/// so a resumed run does not ask them again. A plugin that panics rejects, and is named.
///
/// ```
/// use flujo::prelude::*;
///
/// #[step]
/// async fn greet(name: String) -> Result<String> {
///     Ok(format!("Hello, {name}!"))
/// }
///
/// /// Takes the name out.
/// struct Redact(&'static str);
///
/// #[flujo::async_trait]
/// impl Plugin<String> for Redact {
///     async fn review(&self, text: &String, _: &RunInfo) -> PluginResult<String> {
///         if text.contains(self.0) { PluginResult::Replace(text.replace(self.0, "***")) } else { PluginResult::Accept }
///     }
/// }
///
/// pipeline! {
///     fn welcome(name: String) -> String {
///         greet(name).plugin(Priority(10, Redact("Ada")))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let result = flujo.run(welcome("Ada".to_string())).await;
/// assert_eq!(result.into_output()?, "Hello, ***!");
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a plugin for `{T}` [not_a_plugin]",
    label = "expected a plugin for `{T}`",
    note = "implement `Plugin<{T}>` for `{Self}`"
)]
#[async_trait]
pub trait Plugin<T>: Send + Sync + 'static {
    /// Reviews `output`. `run` is the run info of the attempt; what is spent on it counts for
    /// the attempt.
    async fn review(&self, output: &T, run: &RunInfo) -> PluginResult<T>;

    /// Plugins of a higher priority run first. Defaults to 0; [`Priority`] wraps a plugin with another one.
    fn priority(&self) -> i32 {
        0
    }

    /// The name of the plugin in messages. Defaults to the name of its type.
    fn name(&self) -> &'static str {
        short_name::<Self>()
    }
}

/// A plugin with another priority: `.plugin(Priority(10, Redact))` runs before one without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priority<P>(
    /// The priority: high comes first.
    pub i32,
    /// The plugin.
    pub P,
);

#[async_trait]
impl<T: Sync, P: Plugin<T>> Plugin<T> for Priority<P> {
    async fn review(&self, output: &T, run: &RunInfo) -> PluginResult<T> {
        self.1.review(output, run).await
    }
    fn priority(&self) -> i32 {
        self.0
    }
    fn name(&self) -> &'static str {
        self.1.name()
    }
}

/// A [`Plugin`] whose output type is known to itself alone.
pub(crate) trait AnyPlugin: Send + Sync {
    /// Asks the plugin about an output; a replacement is put in its place.
    fn review<'a>(
        &'a self,
        output: &'a mut (dyn Any + Send + Sync),
        run: &'a RunInfo,
    ) -> BoxFuture<'a, PluginResult<()>>;
    /// See [`Plugin::priority`].
    fn priority(&self) -> i32;
    /// See [`Plugin::name`].
    fn name(&self) -> &'static str;
}

/// A plugin with its output type.
struct PluginFor<T, P>(P, PhantomData<fn(T)>);

impl<T: Send + Sync + 'static, P: Plugin<T>> AnyPlugin for PluginFor<T, P> {
    fn review<'a>(
        &'a self,
        output: &'a mut (dyn Any + Send + Sync),
        run: &'a RunInfo,
    ) -> BoxFuture<'a, PluginResult<()>> {
        Box::pin(async move {
            // The type fits: the option with the plugin is a method of a call with this output.
            let Some(output) = output.downcast_mut::<T>() else { return PluginResult::Accept };
            match self.0.review(output, run).await {
                PluginResult::Accept => PluginResult::Accept,
                PluginResult::Replace(new) => {
                    *output = new;
                    PluginResult::Accept
                }
                PluginResult::Reject(reason) => PluginResult::Reject(reason),
                PluginResult::Redirect => PluginResult::Redirect,
            }
        })
    }
    fn priority(&self) -> i32 {
        self.0.priority()
    }
    fn name(&self) -> &'static str {
        self.0.name()
    }
}

/// The plugins of a call, in the order in which they run.
#[derive(Default)]
pub(crate) struct Plugins(Vec<Box<dyn AnyPlugin>>);

impl Plugins {
    /// A plugin for outputs of the type `T`.
    pub(crate) fn of<T: Send + Sync + 'static, P: Plugin<T>>(plugin: P) -> Box<dyn AnyPlugin> {
        Box::new(PluginFor(plugin, PhantomData))
    }
    /// Adds a plugin behind those of its priority and above.
    pub(crate) fn add(&mut self, plugin: Box<dyn AnyPlugin>) {
        let priority = plugin.priority();
        let at = self.0.iter().position(|other| other.priority() < priority).unwrap_or(self.0.len());
        self.0.insert(at, plugin);
    }
    pub(crate) fn into_iter(self) -> impl Iterator<Item = Box<dyn AnyPlugin>> {
        self.0.into_iter()
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = &dyn AnyPlugin> {
        self.0.iter().map(AsRef::as_ref)
    }
}
