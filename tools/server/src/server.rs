use crate::access::{self, AccessBuilder, Authorizer, Guard, Role};
use crate::button::Button;
use crate::events::Watching;
use crate::lists::{self, Lists};
use crate::live::Live;
use crate::mounted::mounted;
use crate::serve::{ServeError, serve};
use crate::settings::Settings;
use crate::state::AppState;
use crate::{api, console};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use flujo::run::Control;
use flujo::{Secret, SharedBudget};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A server for the runs of a [`Flujo`](flujo::Flujo).
///
/// [`serve`](Self::serve) listens at an address; [`router`](Self::router) is for an application that has a server
/// already.
///
/// ```
/// use flujo::prelude::*;
/// use flujo_server::{Role, Server};
///
/// # fn main() -> Result<(), flujo::Error> {
/// # let (reader, writer) = ("a long text", "another long text");
/// let flujo = Flujo::builder().build()?;
/// let server = Server::new(flujo)
///     .token("dashboard", Role::Viewer, reader)
///     .token("ops", Role::Operator, writer)
///     .host("flujo.example.org");
/// let router: axum::Router = server.router();
/// # drop(router);
/// # Ok(())
/// # }
/// ```
#[must_use = "a server does nothing until it is served or its router is mounted"]
pub struct Server {
    control: Arc<dyn Control>,
    live: Live,
    budgets: Vec<(String, SharedBudget)>,
    access: AccessBuilder,
    settings: Settings,
    buttons: Vec<Button>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Server {
    /// Creates a server for these runs.
    pub fn new(control: impl Control + 'static) -> Self {
        Self::of(Arc::new(control))
    }

    /// Creates a server for runs that are shared.
    pub fn of(control: Arc<dyn Control>) -> Self {
        let (access, settings) = (AccessBuilder::default(), Settings::default());
        Self { control, live: Live::new(), budgets: Vec::new(), access, settings, buttons: Vec::new() }
    }

    /// Sets the observer that the runs of this process have: changes are seen at once, and texts while they are written.
    /// Without it, changes are seen within [`poll_every`](Self::poll_every).
    pub fn live(mut self, live: Live) -> Self {
        self.live = live;
        self
    }

    /// Adds a caller, who is known by a token: `Authorization: Bearer ..`, or the login of the console. The token should
    /// be long and random; an empty one lets no caller in, and [`serve`](Self::serve) refuses it. The name is recorded
    /// with what the caller changes.
    pub fn token(mut self, name: impl Into<String>, role: Role, token: impl Into<Secret>) -> Self {
        self.access.token(name.into(), role, token.into());
        self
    }

    /// Sets a rule that finds out who asks, for requests without a token.
    pub fn authorizer(mut self, authorizer: impl Authorizer) -> Self {
        self.access.authorizer = Some(Arc::new(authorizer));
        self
    }

    /// Adds a name of this server, without a port. Requests for other names than these, `localhost` and addresses are
    /// refused.
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.access.hosts.push(name.into());
        self
    }

    /// Adds a button to every page of the console, for admins. What it asks first is `sure`; then the future is awaited.
    ///
    /// ```
    /// # use flujo::Flujo;
    /// # fn main() -> Result<(), flujo::Error> {
    /// # async fn reload_prices() {}
    /// let server = flujo_server::Server::new(Flujo::builder().build()?)
    ///     .button("Reload prices", "Read the price list again?", || async { reload_prices().await });
    /// # drop(server);
    /// # Ok(())
    /// # }
    /// ```
    pub fn button<F>(
        mut self,
        label: impl Into<String>,
        sure: impl Into<String>,
        press: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.buttons.push(Button::new(label.into(), sure.into(), press));
        self
    }

    /// Adds a budget, so that the page of usage shows what is left of it: one that was given to
    /// `Flujo::builder().budget(..)`.
    pub fn budget(mut self, name: impl Into<String>, budget: SharedBudget) -> Self {
        self.budgets.push((name.into(), budget));
        self
    }

    /// Sets the most bytes of a request's body. Defaults to 1 MiB.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use flujo::Flujo;
    /// use flujo::run::Control;
    /// use flujo_server::{Authorizer, Caller, Role, Server};
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// /// Names come from a proxy.
    /// struct Proxy;
    ///
    /// #[flujo::async_trait]
    /// impl Authorizer for Proxy {
    ///     async fn caller(&self, request: &axum::http::request::Parts) -> Option<Caller> {
    ///         let name = request.headers.get("x-remote-user")?.to_str().ok()?;
    ///         Some(Caller::new(name, Role::Operator))
    ///     }
    /// }
    ///
    /// // Shared with other parts of the program.
    /// let control: Arc<dyn Control> = Arc::new(Flujo::builder().build()?);
    /// let server = Server::of(control)
    ///     .authorizer(Proxy)
    ///     .budget("all posts", flujo::SharedBudget::usd("5.00"))
    ///     .body_limit(64 * 1024)
    ///     .request_time(Duration::from_secs(10))
    ///     .write_time(Duration::from_secs(10))
    ///     .connections(1_000)
    ///     .viewers(100)
    ///     .poll_every(Duration::from_secs(1))
    ///     .heartbeat(Duration::from_secs(15));
    /// // At a port that the system chose, until the test is over.
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// server.serve_on(listener, async {}).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.settings.body = bytes;
        self
    }

    /// Sets the time within which a request is answered. Streams of events go on. Defaults to 30 seconds.
    pub fn request_time(mut self, time: Duration) -> Self {
        self.settings.request_time = time;
        self
    }

    /// Sets the time for which a caller may take nothing of what it is sent, for [`serve`](Self::serve): then the
    /// connection is closed, and the log says so. A viewer of events comes back with the place where it was. Defaults to
    /// 30 seconds.
    pub fn write_time(mut self, time: Duration) -> Self {
        self.settings.write_time = time;
        self
    }

    /// Sets the most connections at once, for [`serve`](Self::serve). Further ones wait. Defaults to 1024.
    pub fn connections(mut self, most: usize) -> Self {
        self.settings.connections = most;
        self
    }

    /// Sets the most streams of events at once. Further ones are refused. Defaults to 256.
    pub fn viewers(mut self, most: usize) -> Self {
        self.settings.viewers = most;
        self
    }

    /// Sets the time between two looks at a watched run. Defaults to half a second.
    pub fn poll_every(mut self, time: Duration) -> Self {
        self.settings.poll = time;
        self
    }

    /// Sets the time between two signs of life on a stream of events. Defaults to 15 seconds.
    pub fn heartbeat(mut self, time: Duration) -> Self {
        self.settings.heartbeat = time;
        self
    }

    /// Returns the routes: `/api/v1`, the pages at `/`, `/healthz` and `/readyz`. They may be merged into a router or
    /// nested in one: `Router::new().nest("/flujo", server.router())`.
    ///
    /// Without tokens and without an [`Authorizer`] only requests of the machine itself are answered, and only if the
    /// application is served `into_make_service_with_connect_info::<SocketAddr>()`.
    pub fn router(self) -> Router {
        self.assembled().0
    }

    /// Returns the routes, as [`router`](Self::router); their streams of events end when `end` completes. A server that
    /// ends gracefully waits for them.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// use axum::Router;
    /// use flujo::Flujo;
    /// use flujo_server::Server;
    ///
    /// let stop = std::future::pending();
    /// let router = Server::new(Flujo::builder().build()?).router_until(stop);
    /// let application: Router = Router::new().nest("/flujo", router);
    /// # drop(application);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// It is called outside of a tokio runtime.
    pub fn router_until(self, end: impl Future<Output = ()> + Send + 'static) -> Router {
        let (router, ending) = self.assembled();
        tokio::spawn(async move {
            end.await;
            ending.send_replace(true);
        });
        router
    }

    fn assembled(self) -> (Router, watch::Sender<bool>) {
        let Self { control, live, budgets, access, settings, buttons } = self;
        let (ending, ends) = watch::channel(false);
        let watching = Watching::new(Arc::clone(&control), live, settings, ends);
        let access = Arc::new(access.build());
        let lists = Lists::new(Arc::clone(&control));
        let state = AppState {
            lists: lists.clone(),
            control,
            watching,
            access: Arc::clone(&access),
            settings,
            budgets: budgets.into(),
            buttons: buttons.into(),
        };
        let open = api::health(state.clone());
        let guarded = Router::new()
            .merge(api::routes(state.clone()))
            .merge(access::routes(Arc::clone(&access)))
            .merge(console::routes(state))
            .layer(DefaultBodyLimit::max(settings.body))
            .layer(from_fn_with_state(lists, lists::after_changes))
            .layer(from_fn_with_state(Guard { access, time: settings.request_time }, access::guard));
        (open.merge(guarded).layer(from_fn(mounted)), ending)
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// A token is empty; the address is not of this machine alone and callers are not authenticated; it cannot be listened at.
    pub async fn serve(self, address: SocketAddr) -> Result<(), ServeError> {
        self.serve_until(address, std::future::pending()).await
    }

    /// Serves until `end` completes: then no connection is accepted, streams of events end, and requests under way are
    /// answered within ten seconds.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use flujo::Flujo;
    /// use flujo_server::Server;
    ///
    /// let server = Server::new(Flujo::builder().build()?);
    /// let end = async { /* for instance Ctrl-C */ };
    /// server.serve_until("127.0.0.1:0".parse()?, end).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`serve`](Self::serve).
    pub async fn serve_until(
        self,
        address: SocketAddr,
        end: impl Future<Output = ()> + Send,
    ) -> Result<(), ServeError> {
        self.check(address)?;
        let listener =
            TcpListener::bind(address).await.map_err(|error| ServeError::listen(address, error))?;
        self.serve_on(listener, end).await
    }

    /// Serves at a socket that listens already, until `end` completes: for a port that the system chose.
    ///
    /// # Errors
    /// As [`serve`](Self::serve).
    pub async fn serve_on(
        self,
        listener: TcpListener,
        end: impl Future<Output = ()> + Send,
    ) -> Result<(), ServeError> {
        let address = listener.local_addr().map_err(ServeError::socket)?;
        self.check(address)?;
        let settings = self.settings;
        let (router, ending) = self.assembled();
        let router = router.fallback(console::missing);
        serve(listener, router, ending, settings, end).await;
        Ok(())
    }

    fn check(&self, address: SocketAddr) -> Result<(), ServeError> {
        if let Some(name) = self.access.tokens.empty() {
            return Err(ServeError::empty_token(name));
        }
        if address.ip().to_canonical().is_loopback() || self.access.is_closed() {
            return Ok(());
        }
        Err(ServeError::open(address))
    }
}
