//! Services that live as long as the application.

/// Says that the resources `Self` hold a `T`.
///
/// `#[resources]` implements it once per field. Every type provides itself, so that a unit test can hand
/// a step the one service it asks for: `triage(post).run(&mut ctx, &db).await`.
///
/// ```
/// use flujo::Provides;
/// use flujo::prelude::*;
///
/// struct Db(&'static str);
///
/// #[resources]
/// struct App {
///     db: Db,
/// }
///
/// /// A function that works on the resources of several pipelines.
/// fn name(app: &impl Provides<Db>) -> &'static str {
///     app.provide().0
/// }
/// assert_eq!(name(&App { db: Db("users") }), "users");
/// ```
#[diagnostic::on_unimplemented(
    message = "resources `{Self}` do not provide `{T}` [resource_missing]",
    label = "this step needs `{T}`",
    note = "use resources that are `{T}`, or have a field of that type; a builder takes them by `.resources(..)`, before `.pipeline::<..>()`",
    note = "to read `{T}` from the context instead, mark the parameter: `#[ctx] name: &{T}`"
)]
pub trait Provides<T> {
    /// The service.
    fn provide(&self) -> &T;
}

#[diagnostic::do_not_recommend]
impl<R> Provides<R> for R {
    fn provide(&self) -> &R {
        self
    }
}
