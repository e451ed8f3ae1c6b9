use super::*;
use crate::Provider;

fn tokens(input: u64, cached: u64, output: u64, reasoning: u64) -> Tokens {
    Tokens::new(input, output).cached(cached).reasoning(reasoning)
}

/// 2026-11-22, at this time of the day.
fn at(hour: u64, minute: u64) -> PriceList {
    let day = 20_779 * DAY;
    PriceList::bundled().at(SystemTime::UNIX_EPOCH + Duration::from_secs(day + hour * 3_600 + minute * 60))
}

#[test]
fn cached_and_reasoning_tokens_are_priced_to_the_nano_dollar() {
    let list = at(12, 0);
    let price = |model, used| list.price(model, &used).map(|cost| cost.0);
    // $2.50 and $10 a million, $1.25 for cached ones.
    assert_eq!(price("openai:gpt-4o", tokens(1_200, 1_024, 40, 0)), Some(440_000 + 1_280_000 + 400_000));
    assert_eq!(price("openai-responses:gpt-4o", tokens(1, 0, 0, 0)), Some(2_500));
    assert_eq!(price("openai:gpt-4o", tokens(1, 1, 1, 1)), Some(1_250 + 10_000));
    // More cached than sent is not paid below zero, nor twice.
    assert_eq!(price("openai:gpt-4o", tokens(1, 9, 1, 9)), Some(1_250 + 10_000));
    assert_eq!(price("openai:gpt-4o", tokens(0, 0, 0, 0)), Some(0));
    // A tier holds for all of a prompt that is longer.
    assert_eq!(price("gemini:gemini-2.5-pro", tokens(200_000, 0, 1, 0)), Some(250_000_000 + 10_000));
    assert_eq!(price("gemini:gemini-2.5-pro", tokens(200_001, 0, 1, 0)), Some(500_002_500 + 15_000));
    // Reasoning at a price of its own.
    let research = price("openrouter:perplexity/sonar-deep-research", tokens(1_000, 0, 1_000, 600));
    assert_eq!(research, Some(2_000_000 + 3_200_000 + 1_800_000));
}

#[test]
fn what_nobody_knows_is_not_nothing() {
    let list = at(12, 0);
    for model in ["openai:gpt-99-giant", "ollama:llama3", "office:gpt-4o", "gpt-4o", "openai", ""] {
        assert_eq!(list.price(model, &tokens(1, 0, 1, 0)), None, "{model}");
        assert_eq!(list.bound(model, &tokens(1, 0, 1, 0)), None, "{model}");
    }
}

#[test]
fn every_provider_with_a_key_has_prices() {
    let known = [
        ("openai", "gpt-4o"),
        ("openai-responses", "gpt-5"),
        ("anthropic", "claude-sonnet-4-5"),
        ("gemini", "gemini-2.5-pro"),
        ("openrouter", "openai/gpt-4o"),
        ("groq", "llama-3.3-70b-versatile"),
        ("deepseek", "deepseek-chat"),
        ("mistral", "mistral-large-latest"),
        ("xai", "grok-3"),
    ];
    let list = at(12, 0);
    for provider in Provider::ALL.iter().filter(|provider| provider.key.is_some()) {
        let (_, model) = known.iter().find(|(name, _)| *name == provider.name).unwrap();
        let model = format!("{}:{model}", provider.name);
        assert!(list.price(&model, &tokens(1_000, 0, 1_000, 0)) > Some(Cost(0)), "{model}");
    }
}

#[test]
fn the_bound_holds_at_every_time_of_the_day() {
    let day = PriceList::bundled();
    for model in [
        "deepseek:deepseek-chat",
        "openai:o3",
        "anthropic:claude-sonnet-4-5",
        "openrouter:perplexity/sonar-deep-research",
    ] {
        let bound = day.bound(model, &tokens(300_000, 0, 1_000, 0)).unwrap();
        for slot in 0..48 {
            for (cached, reasoning) in [(0, 0), (300_000, 0), (0, 1_000), (77, 77)] {
                let price =
                    at(slot / 2, slot % 2 * 30).price(model, &tokens(300_000, cached, 1_000, reasoning));
                assert!(price.unwrap() <= bound, "{model} {slot}: {price:?} > {bound:?}");
            }
        }
    }
    let night = at(20, 0).price("deepseek:deepseek-chat", &tokens(1_000_000, 0, 0, 0)).unwrap();
    let noon = at(12, 0).price("deepseek:deepseek-chat", &tokens(1_000_000, 0, 0, 0)).unwrap();
    assert_eq!((night, noon), (Cost(135_000_000), Cost(270_000_000)));
    assert_eq!(day.bound("deepseek:deepseek-chat", &tokens(1_000_000, 0, 0, 0)), Some(noon));
}

#[test]
fn dollars_are_rounded_up_once() {
    assert_eq!(nanos(0.0), Some(Cost(0)));
    assert_eq!(nanos(0.00212), Some(Cost(2_120_000)));
    assert_eq!(nanos(1.000_000_000_4), Some(Cost(1_000_000_001)));
    assert_eq!(nanos(0.1 + 0.2), Some(Cost(300_000_000)));
    assert_eq!(nanos(0.000_000_000_5), Some(Cost(1)));
    assert_eq!((nanos(f64::NAN), nanos(f64::INFINITY), nanos(1e20)), (None, None, None));
}

#[test]
fn a_file_of_ones_own_goes_before_the_list() {
    let file = std::env::temp_dir().join(format!("flujo-prices-{}.json", std::process::id()));
    let write = |text: &str| fs::write(&file, text).unwrap();
    write(
        r#"{"as_of": "2026-11-20", "models": {"office:llama3": {"input": "0.02", "output": "0.05"},
        "openai:gpt-4o": {"input": "2", "cached": "0.5", "output": "9", "reasoning": "10", "per_call": "0.01"}}}"#,
    );
    let list = at(12, 0).with_file(&file).unwrap();
    assert_eq!(list.price("office:llama3", &tokens(100, 0, 10, 0)), Some(Cost(2_500)));
    let used = tokens(10, 4, 10, 3);
    assert_eq!(list.price("openai:gpt-4o", &used), Some(Cost(12_000 + 2_000 + 63_000 + 30_000 + 10_000_000)));
    assert_eq!(list.bound("openai:gpt-4o", &used), Some(Cost(20_000 + 100_000 + 10_000_000)));
    assert_eq!(list.price("openai:gpt-4o-mini", &tokens(1, 0, 0, 0)), Some(Cost(150)));
    let sources = list.sources();
    assert!(sources[0].starts_with("genai-prices ") && sources[1].ends_with("of 2026-11-20"), "{sources:?}");
    for (text, says) in [
        (
            r#"{"as_of": "x", "models": {"a:b": {"input": "ten", "output": "1"}}}"#,
            "`a:b`: `ten` is not an amount in dollars",
        ),
        (r#"{"as_of": "x", "models": {"a:b": {"input": "1", "ouput": "1"}}}"#, "unknown field `ouput`"),
        ("{}", "missing field `as_of`"),
    ] {
        write(text);
        let error = PriceList::bundled().with_file(&file).unwrap_err().to_string();
        assert!(error.contains(says) && error.contains("flujo-prices-"), "{error}");
    }
    assert!(PriceList::from_data(&file).is_err());
    write(
        r#"[{"id": "openai", "name": "O", "api_pattern": "o", "models": [
        {"id": "m", "match": {"equals": "m"}, "prices": {"input_mtok": 7, "output_mtok": 8}}]}]"#,
    );
    let newer = PriceList::from_data(&file).unwrap();
    assert_eq!(newer.price("openai:m", &tokens(1, 0, 1, 0)), Some(Cost(15_000)));
    assert_eq!(newer.price("openai:gpt-4o", &tokens(1, 0, 1, 0)), None);
    fs::remove_file(&file).unwrap();
}

#[test]
fn what_is_written_to_the_cache_has_the_price_of_the_list() {
    let prices = at(12, 0);
    let model = "anthropic:claude-sonnet-4-5";
    let price = |tokens: &Tokens| prices.price(model, tokens).unwrap().0;
    // $3 a million sent, 1.25 times that for five minutes, twice for an hour, a tenth read
    assert_eq!(price(&Tokens::new(1_000, 0)), 3_000_000);
    assert_eq!(price(&Tokens::new(1_000, 0).cache_write(1_000, 0)), 3_750_000);
    assert_eq!(price(&Tokens::new(1_000, 0).cache_write(0, 1_000)), 6_000_000);
    assert_eq!(
        price(&Tokens::new(1_000, 0).cached(400).cache_write(300, 200)),
        300_000 + 120_000 + 1_125_000 + 1_200_000
    );
    let bound = |tokens: &Tokens| prices.bound(model, tokens).unwrap().0;
    assert_eq!(bound(&Tokens::new(1_000, 0)), 3_000_000);
    assert_eq!(bound(&Tokens::new(1_000, 0).cache_write(1_000, 0)), 3_750_000);
    assert_eq!(bound(&Tokens::new(1_000, 0).cache_write(1_000, 1_000)), 6_000_000);
}

#[test]
fn a_service_tier_has_a_price_of_its_own_or_none() {
    let prices = at(12, 0);
    assert!(prices.price("openai:gpt-4o@priority", &Tokens::new(1, 1)).is_none());
    let prices = prices.with("openai:gpt-4o@priority", Rates::usd("4.25", "17").unwrap());
    assert_eq!(prices.price("openai:gpt-4o@priority", &Tokens::new(1_000, 0)), Some(Cost(4_250_000)));
}
