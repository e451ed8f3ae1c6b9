use super::file;
use super::keys::{
    KEYS, OF_PROVIDERS, PROVIDERS, ROLES, find, in_variables, is_provider, limit_of, of_provider, role_of,
    variable_of,
};
use super::suggest::suggest;
use super::value::Form;
use super::{Origin, Setting, Settings};
use crate::error::{Error, RunResult};
use crate::secret::Secret;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The sources of [`Settings`].
///
/// ```
/// use flujo::settings::{Origin, Settings};
///
/// // A test says what the environment is, and never changes that of the process.
/// let settings = Settings::sources()
///     .environment([("AGENT_TIMEOUT", "20s"), ("OPENAI_API_KEY", "sk-planted")])
///     .set("roles.review", "openai:gpt-4o")
///     .load()?;
/// assert_eq!(settings.agent_timeout(), Some(std::time::Duration::from_secs(20)));
/// assert_eq!(settings.role("review"), Some("openai:gpt-4o"));
/// assert_eq!(settings.get("models.connect_timeout").unwrap().origin, Origin::Default);
/// assert!(!settings.to_string().contains("planted"));
/// # Ok::<(), flujo::Error>(())
/// ```
#[must_use = "sources are read by `.load()`"]
pub struct Sources {
    /// With whether it has to be there.
    file: Option<(PathBuf, bool)>,
    dotenv: Option<(PathBuf, bool)>,
    environment: BTreeMap<String, Secret>,
    code: Vec<(String, Secret)>,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("file", &self.file)
            .field("dotenv", &self.dotenv)
            .finish_non_exhaustive()
    }
}

impl Sources {
    pub(super) fn none() -> Self {
        Self { file: None, dotenv: None, environment: BTreeMap::new(), code: Vec::new() }
    }

    /// The sources of [`Settings::load`], for adding to them.
    pub fn process() -> Self {
        // A variable that is not UTF-8 cannot be a setting.
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let (file, dotenv) = (Some(("flujo.toml".into(), false)), Some((".env".into(), false)));
        Self { file, dotenv, ..Self::none().environment(variables) }
    }

    /// A settings file, which has to be there.
    pub fn file(self, path: impl Into<PathBuf>) -> Self {
        Self { file: Some((path.into(), true)), ..self }
    }

    /// A file of variables, which has to be there.
    ///
    /// ```no_run
    /// use flujo::settings::Sources;
    /// # fn main() -> Result<(), flujo::Error> {
    /// // What `Settings::load` reads, and the variables of this stage.
    /// let settings = Sources::process().dotenv("staging.env").file("flujo.staging.toml").load()?;
    /// # drop(settings);
    /// # Ok(())
    /// # }
    /// ```
    pub fn dotenv(self, path: impl Into<PathBuf>) -> Self {
        Self { dotenv: Some((path.into(), true)), ..self }
    }

    /// The environment, in place of that of the process.
    pub fn environment<N: Into<String>, V: Into<String>>(
        self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), Secret::new(value.into())));
        Self { environment: variables.collect(), ..self }
    }

    /// Sets a value in code, which has precedence over every other source. `key` is as in `flujo.toml`: `agent.timeout`.
    pub fn set(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.code.push((key.into(), Secret::new(value.into())));
        self
    }

    /// Reads them.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): everything that is wrong with them, at once. No message shows a value.
    pub fn load(self) -> RunResult<Settings> {
        let mut reader = Reader::default();
        for known in KEYS {
            let value = known.default.map(str::to_owned);
            reader.take(known.path.to_owned(), value, Origin::Default);
        }
        if let Some((path, wanted)) = &self.file {
            reader.file(path, *wanted);
        }
        if let Some((path, wanted)) = &self.dotenv {
            reader.dotenv(path, *wanted);
        }
        for (variable, value) in &self.environment {
            let origin = Origin::Environment { variable: variable.clone() };
            reader.variable(variable, value.expose(), origin);
        }
        for (key, value) in &self.code {
            reader.code(key, value.expose());
        }
        reader.named_keys(&self.environment);
        if !reader.problems.is_empty() {
            return Err(Error::setup(reader.problems.join("; ")));
        }
        Ok(Settings { all: reader.all, secrets: reader.secrets })
    }
}

#[derive(Default)]
struct Reader {
    all: BTreeMap<String, Setting>,
    secrets: BTreeMap<String, Secret>,
    /// Variables of `.env`: some name of a key may be known only later.
    written: Vec<(String, Secret, PathBuf)>,
    problems: Vec<String>,
}

impl Reader {
    fn take(&mut self, key: String, value: Option<String>, origin: Origin) {
        self.all.insert(key.clone(), Setting { key, value, origin });
    }

    /// The text of a file; nothing where it is not there and need not be.
    fn text(&mut self, path: &Path, wanted: bool) -> Option<String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !wanted => None,
            Err(error) => {
                self.problems.push(format!("{} cannot be read: {error}", path.display()));
                None
            }
        }
    }

    fn file(&mut self, path: &Path, wanted: bool) {
        let Some(text) = self.text(path, wanted) else { return };
        match file::read(&text) {
            Ok(found) => {
                for file::Found { key, value, line } in found {
                    self.take(key, Some(value), Origin::File { path: path.to_owned(), line });
                }
            }
            Err(problems) => {
                let shown = path.display();
                self.problems
                    .extend(problems.into_iter().map(|(line, what)| format!("{shown} line {line}: {what}")));
            }
        }
    }

    fn dotenv(&mut self, path: &Path, wanted: bool) {
        let Some(text) = self.text(path, wanted) else { return };
        for item in dotenvy::from_read_iter(text.as_bytes()) {
            match item {
                Ok((variable, value)) => {
                    let origin = Origin::DotEnv { path: path.to_owned(), variable: variable.clone() };
                    self.variable(&variable, &value, origin);
                    self.written.push((variable, Secret::new(value), path.to_owned()));
                }
                // The error shows the line, and with it what may be a secret.
                Err(dotenvy::Error::LineParse(wrong, _)) => {
                    let line = text.lines().position(|line| line.trim() == wrong.trim());
                    let line = line.map_or_else(String::new, |line| format!(" line {}", line + 1));
                    let what = "expected `NAME=value`";
                    self.problems.push(format!("{}{line}: {what}", path.display()));
                }
                Err(_) => self.problems.push(format!("{} cannot be read", path.display())),
            }
        }
    }

    fn variable(&mut self, variable: &str, value: &str, origin: Origin) {
        if variable.ends_with("_API_KEY") {
            return self.secret(variable, value, origin);
        }
        let known = KEYS.iter().find(|known| known.variable == variable);
        let known = known.map(|known| (known.path.to_owned(), known.form));
        let role = || role_of(variable).map(|role| (format!("{ROLES}.{role}"), Form::Model));
        let Some((key, form)) = known.or_else(role) else { return self.limit(variable, value, origin) };
        self.checked(key, form, value, origin);
    }

    fn checked(&mut self, key: String, form: Form, value: &str, origin: Origin) {
        // An empty variable is none, as everywhere.
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        match form.check(value) {
            Ok(()) => self.take(key, Some(value.to_owned()), origin),
            Err(why) => self.problems.push(format!("{origin} {why}")),
        }
    }

    /// Limits of a provider. Which one: one that the file names, else it has `-` where variables have `_`.
    fn limit(&mut self, variable: &str, value: &str, origin: Origin) {
        let Some((written, limit)) = limit_of(variable) else { return };
        let named = |key: &String| {
            let (name, _) = key.strip_prefix(PROVIDERS)?.strip_prefix('.')?.rsplit_once('.')?;
            (in_variables(name) == written).then(|| name.to_owned())
        };
        let named: BTreeSet<String> = self.all.keys().filter_map(named).collect();
        if named.len() > 1 {
            let both: Vec<_> = named.iter().map(|name| format!("`{name}`")).collect();
            let both = both.join(" or ");
            return self
                .problems
                .push(format!("{origin} is ambiguous, it could set {both}: set it in `flujo.toml`"));
        }
        let provider = named.into_iter().next().unwrap_or_else(|| written.to_lowercase().replace('_', "-"));
        self.checked(format!("{PROVIDERS}.{provider}.{limit}"), Form::Positive, value, origin);
    }

    fn secret(&mut self, variable: &str, value: &str, origin: Origin) {
        if value.trim().is_empty() {
            return;
        }
        self.secrets.insert(variable.to_owned(), Secret::from(value.trim()));
        self.take(variable.to_owned(), Some("[REDACTED]".to_owned()), origin);
    }

    fn code(&mut self, key: &str, value: &str) {
        let form = match key.split_once('.') {
            Some((ROLES, role)) if role_of(&variable_of(role)).as_deref() == Some(role) => Some(Form::Model),
            Some((PROVIDERS, rest)) => {
                let known = |(name, word): (&str, &str)| of_provider(word).filter(|_| is_provider(name));
                rest.rsplit_once('.').and_then(known)
            }
            Some((section, word)) => find(section, word).map(|known| known.form),
            None if key.ends_with("_API_KEY") => return self.secret(key, value, Origin::Code),
            None => None,
        };
        let Some(form) = form else {
            let meant = meant(key).map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
            self.problems.push(format!("unknown setting `{key}`{meant}"));
            return;
        };
        match form.check(value) {
            Ok(()) => self.take(key.to_owned(), Some(value.to_owned()), Origin::Code),
            Err(why) => self.problems.push(format!("`{key}` {why}")),
        }
    }

    /// Keys of providers whose variable has a name of its own.
    fn named_keys(&mut self, environment: &BTreeMap<String, Secret>) {
        let variable = |(key, setting): (&String, &Setting)| {
            let is = key.starts_with(PROVIDERS) && key.ends_with(".key_variable");
            setting.value.clone().filter(|name| is && !self.secrets.contains_key(name))
        };
        let missing: Vec<String> = self.all.iter().filter_map(variable).collect();
        for name in missing {
            let written = std::mem::take(&mut self.written);
            let last = written.iter().rev().find(|(variable, ..)| *variable == name);
            if let Some(value) = environment.get(&name) {
                self.secret(&name, value.expose(), Origin::Environment { variable: name.clone() });
            } else if let Some((variable, value, path)) = last {
                let origin = Origin::DotEnv { path: path.clone(), variable: variable.clone() };
                self.secret(&name, value.expose(), origin);
            }
            self.written = written;
        }
    }
}

/// The key that was probably meant.
fn meant(key: &str) -> Option<String> {
    if let Some((provider, word)) = key.rsplit_once('.')
        && provider.strip_prefix(PROVIDERS).is_some_and(|name| name.starts_with('.'))
    {
        let words: Vec<_> = OF_PROVIDERS.iter().map(|(word, _)| *word).collect();
        return suggest(word, &words).map(|meant| format!("{provider}.{meant}"));
    }
    let keys: Vec<_> = KEYS.iter().map(|known| known.path).collect();
    suggest(key, &keys).map(str::to_owned)
}
