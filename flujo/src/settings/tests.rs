use super::*;
use std::fs;

/// A folder of one test, gone with it.
struct Folder(PathBuf);
impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("flujo-settings-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}
impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const NOTHING: [(&str, &str); 0] = [];

#[test]
fn what_nobody_said_is_there_with_its_default() {
    let settings = Settings::sources().load().unwrap();
    assert!(settings.all().all(|setting| setting.origin == Origin::Default));
    assert_eq!(settings.all().count(), keys::KEYS.len());
    assert_eq!(settings.connect_timeout(), Some(Duration::from_secs(10)));
    assert_eq!((settings.agent_timeout(), settings.limits()), (None, UsageLimits::NONE));
    assert_eq!((settings.capture_content(), settings.service_name()), (false, Some("flujo")));
    let shown = settings.to_string();
    assert!(shown.contains("models.connect_timeout = 10s (default)\n"), "{shown}");
    assert!(shown.contains("agent.timeout = none (default)\n"), "{shown}");
}

/// One setting said in ever more places: the last one counts, and is named.
#[test]
fn code_goes_before_the_environment_before_dotenv_before_the_file() {
    let folder = Folder::new("precedence");
    let file = folder.write(
        "flujo.toml",
        "[agent]\n# as long as it takes\ntimeout = \"1s\"\n[roles]\nreview = \"a:file\"\n",
    );
    let dotenv = folder.write(".env", "AGENT_TIMEOUT=2s\nDEFAULT_REVIEW_MODEL='a:dotenv'\nUNRELATED=x\n");
    let env = [("AGENT_TIMEOUT", "3s")];
    let origin = |sources: Sources, seconds, origin: &str| {
        let settings = sources.load().unwrap();
        assert_eq!(settings.agent_timeout(), Some(Duration::from_secs(seconds)));
        assert_eq!(settings.get("agent.timeout").unwrap().origin.to_string(), origin);
        settings
    };
    let in_file = origin(Settings::sources().file(&file), 1, &format!("{} line 3", file.display()));
    assert_eq!(in_file.role("review"), Some("a:file"));
    let sources = || Settings::sources().file(&file).dotenv(&dotenv);
    let written = origin(sources(), 2, &format!("`AGENT_TIMEOUT` in {}", dotenv.display()));
    assert_eq!(written.role("review"), Some("a:dotenv"));
    origin(sources().environment(env), 3, "`AGENT_TIMEOUT` in the environment");
    let all = origin(sources().environment(env).set("agent.timeout", "4s"), 4, "code");
    assert_eq!(all.role("review"), Some("a:dotenv"));
    // An empty variable says nothing.
    origin(
        sources().environment([("AGENT_TIMEOUT", " ")]),
        2,
        &format!("`AGENT_TIMEOUT` in {}", dotenv.display()),
    );
}

#[test]
fn unknown_keys_are_errors_with_their_line_and_the_nearest_one() {
    let folder = Folder::new("unknown");
    let text = "[agent]\ntiemout = \"1s\"\n\n[modles]\n[providers.office]\nurl = \"http://x\"\nwires = \"gemini\"\n\
                [prices]\nfile = \"p.toml\"\nopenai_api_key = \"sk-planted\"\n[limits]\nmood = 3\ncost = true\n\
                [roles]\nreview = \"sk-planted\"\nRe = \"a:b\"\n";
    let file = folder.write("flujo.toml", text);
    let error = Settings::sources().file(&file).load().unwrap_err().to_string();
    let shown = file.display();
    let expected = [
        (2, "unknown key `tiemout`; did you mean `timeout`?"),
        (4, "unknown section `modles`; did you mean `models`?"),
        (7, "unknown key `wires`; did you mean `wire`?"),
        (
            10,
            "`openai_api_key` does not belong here: keys are variables of the environment or of `.env`; of a provider \
             of your own, `key_variable` is the name of that",
        ),
        (12, "unknown key `mood`; known are `cost`, `total_tokens`, `model_calls`, `active_time`"),
        (13, "`cost` is not an amount in dollars: write digits and up to nine decimals, such as `0.50`"),
        (15, "`review` is not a model: write `provider:model`"),
        (16, "`Re` is not a role name: use a-z, 0-9 and `_`"),
    ];
    let expected: Vec<_> =
        expected.iter().map(|(line, what)| format!("{shown} line {line}: {what}")).collect();
    assert_eq!(error, expected.join("; "));
}

#[test]
fn no_error_shows_a_value() {
    let folder = Folder::new("values");
    let toml = folder.write("broken.toml", "[agent]\ntimeout = sk-planted\n");
    let dotenv = folder.write("broken.env", "GOOD=1\nsk-planted is no assignment\n");
    let sources = Settings::sources().file(&toml).dotenv(&dotenv);
    let sources =
        sources.environment([("AGENT_TIMEOUT", "sk-planted"), ("DEFAULT_REVIEW_MODEL", "sk-planted")]);
    let sources = sources.set("limits.cost", "sk-planted").set("limits.cots", "sk-planted");
    let shown = format!("{sources:?}");
    let error = sources.load().unwrap_err();
    let text = format!("{shown} {error} {error:?}");
    assert!(!text.contains("planted"), "{text}");
    for part in [
        "broken.toml line 2: invalid TOML",
        "broken.env line 2: expected `NAME=value`",
        "`AGENT_TIMEOUT` in the environment is not a duration",
        "`DEFAULT_REVIEW_MODEL` in the environment is not a model",
        "`limits.cost` is not an amount in dollars",
        "unknown setting `limits.cots`; did you mean `limits.cost`?",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn files_that_are_named_have_to_be_there() {
    let error = Settings::sources().file("/nowhere/flujo.toml").load().unwrap_err().to_string();
    assert!(error.starts_with("/nowhere/flujo.toml cannot be read: "), "{error}");
    // Those of the process need not: the folder of the tests has none.
    Sources::process().environment(NOTHING).load().unwrap();
}

#[test]
fn secrets_are_kept_apart_and_shown_nowhere() {
    let folder = Folder::new("secrets");
    let file = folder
        .write("flujo.toml", "[providers.office]\nurl = \"http://x/v1\"\nkey_variable = \"OFFICE_PASS\"\n");
    // Digits are a key, and so is what is quoted; a key is not looked at in any other way.
    let dotenv = folder.write(".env", "OPENAI_API_KEY=1234567\nOFFICE_PASS=\"pass-planted\"\n");
    let env = [("ANTHROPIC_API_KEY", " key-planted "), ("GEMINI_API_KEY", "")];
    let settings = Settings::sources().file(&file).dotenv(&dotenv).environment(env).load().unwrap();
    let secret = |name: &str| settings.secret(name).map(|secret| secret.expose().clone());
    assert_eq!(secret("OPENAI_API_KEY").as_deref(), Some("1234567"));
    assert_eq!(secret("OFFICE_PASS").as_deref(), Some("pass-planted"));
    assert_eq!(secret("ANTHROPIC_API_KEY").as_deref(), Some("key-planted"));
    assert_eq!((secret("GEMINI_API_KEY"), settings.secrets().count()), (None, 3));
    let shown = format!("{settings} {settings:?} {:?}", settings.all().collect::<Vec<_>>());
    assert!(!shown.contains("planted") && !shown.contains("1234567"), "{shown}");
    assert!(
        shown.contains("ANTHROPIC_API_KEY = [REDACTED] (`ANTHROPIC_API_KEY` in the environment)"),
        "{shown}"
    );
    let office = settings.providers();
    let expected = ProviderSettings {
        name: "office".into(),
        url: Some("http://x/v1".into()),
        key_variable: Some("OFFICE_PASS".into()),
        ..ProviderSettings::default()
    };
    assert_eq!(office, [expected]);
}

#[test]
fn limits_are_exact() {
    let folder = Folder::new("limits");
    let file =
        folder.write("flujo.toml", "[limits]\ncost = 0.10\ntotal_tokens = 5000\nactive_time = \"2min\"\n");
    let settings = Settings::sources().file(file).set("limits.model_calls", "3").load().unwrap();
    let expected =
        UsageLimits::usd("0.10").total_tokens(5_000).model_calls(3).active_time(Duration::from_secs(120));
    assert_eq!(settings.limits(), expected);
}

/// One limit said in ever more places; the names of variables and providers meet.
#[test]
fn limits_of_providers_come_from_everywhere_and_say_from_where() {
    let folder = Folder::new("rates");
    let file = folder.write(
        "flujo.toml",
        "[providers.openai]\ncalls_per_minute = 10\ntokens_per_minute = 20\nconcurrent = 1\n\
         [providers.in_house]\nurl = \"http://x/v1\"\n",
    );
    let dotenv =
        folder.write(".env", "FLUJO_OPENAI_CALLS_PER_MINUTE=11\nFLUJO_OPENAI_TOKENS_PER_MINUTE=21\n");
    let env = [("FLUJO_OPENAI_TOKENS_PER_MINUTE", "22"), ("FLUJO_IN_HOUSE_CONCURRENT", "5")];
    let settings = Settings::sources().file(&file).dotenv(&dotenv).environment(env);
    let settings = settings.set("providers.openai-responses.concurrent", "4").load().unwrap();
    let limits: Vec<_> = settings
        .providers()
        .into_iter()
        .map(|p| (p.name, p.calls_per_minute, p.tokens_per_minute, p.concurrent))
        .collect();
    let expected = [
        ("in_house".to_owned(), None, None, Some(5)),
        ("openai".to_owned(), Some(11), Some(22), Some(1)),
        ("openai-responses".to_owned(), None, None, Some(4)),
    ];
    assert_eq!(limits, expected);
    let origin = |key: &str| settings.get(key).unwrap().to_string();
    let (file, dotenv) = (file.display(), dotenv.display());
    assert_eq!(
        origin("providers.openai.calls_per_minute"),
        format!("providers.openai.calls_per_minute = 11 (`FLUJO_OPENAI_CALLS_PER_MINUTE` in {dotenv})")
    );
    assert_eq!(
        origin("providers.openai.tokens_per_minute"),
        "providers.openai.tokens_per_minute = 22 (`FLUJO_OPENAI_TOKENS_PER_MINUTE` in the environment)"
    );
    assert_eq!(
        origin("providers.openai.concurrent"),
        format!("providers.openai.concurrent = 1 ({file} line 4)")
    );
    assert_eq!(
        origin("providers.openai-responses.concurrent"),
        "providers.openai-responses.concurrent = 4 (code)"
    );
    // A provider that no file names has `-` where the variable has `_`.
    let only = Settings::sources().environment([("FLUJO_OPENAI_RESPONSES_CONCURRENT", "3")]).load().unwrap();
    assert_eq!(only.providers()[0].name, "openai-responses");
}

#[test]
fn limits_of_providers_that_are_none_are_refused() {
    let folder = Folder::new("wrong-rates");
    let file = folder.write(
        "flujo.toml",
        "[providers.openai]\ncalls_per_minut = 10\nconcurrent = 0\n[providers.a-b]\nconcurrent = 1\n\
         [providers.a_b]\nconcurrent = 1\n[providers.Open]\nconcurrent = 1\n",
    );
    let error = Settings::sources().file(&file).load().unwrap_err().to_string();
    let shown = file.display();
    let expected = [
        format!("{shown} line 2: unknown key `calls_per_minut`; did you mean `calls_per_minute`?"),
        format!("{shown} line 3: `concurrent` is not a whole number from 1 to 4294967295"),
        format!("{shown} line 8: `Open` is not a provider name: use a-z, 0-9, `-` and `_`"),
    ];
    assert_eq!(error, expected.join("; "));

    let file = folder.write("two.toml", "[providers.a-b]\nconcurrent = 1\n[providers.a_b]\nconcurrent = 1\n");
    let env = [("FLUJO_A_B_CONCURRENT", "2"), ("FLUJO_OPENAI_CONCURRENT", "sk-planted")];
    let sources = Settings::sources().file(&file).environment(env).set("providers.openai.concurent", "1");
    let error = sources.set("providers.concurrent", "1").load().unwrap_err().to_string();
    let expected = "`FLUJO_A_B_CONCURRENT` in the environment is ambiguous, it could set `a-b` or `a_b`: set it in `flujo.toml`; \
                    `FLUJO_OPENAI_CONCURRENT` in the environment is not a whole number from 1 to 4294967295; \
                    unknown setting `providers.openai.concurent`; did you mean `providers.openai.concurrent`?; \
                    unknown setting `providers.concurrent`";
    assert_eq!(error, expected);
}

#[test]
fn an_engine_takes_what_it_is_not_told_otherwise() {
    use crate::Flujo;
    let settings = Settings::sources()
        .environment([("DEFAULT_REVIEW_MODEL", "a:settings"), ("DEFAULT_SOLUTION_MODEL", "b:settings")])
        .set("agent.timeout", "9s")
        .load()
        .unwrap();
    let defaults = settings.model_defaults();
    assert_eq!(
        (defaults.role("review"), defaults.timeout),
        (Some("a:settings"), Some(Duration::from_secs(9)))
    );
    let mut code = ModelDefaults::default();
    code.set_role("review".into(), "a:code".into()).unwrap();
    let both = code.or(defaults);
    assert_eq!((both.role("review"), both.role("solution")), (Some("a:code"), Some("b:settings")));
    Flujo::builder().settings(&settings).build().unwrap();
}
