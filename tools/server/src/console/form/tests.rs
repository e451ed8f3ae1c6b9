use super::{Errors, Field, Raw, edited, fieldset, filled, read};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn field(schema: &Value) -> Field {
    Field::of(&schema.to_string())
}

fn of<T: JsonSchema>() -> Field {
    Field::of(&serde_json::to_string(&schemars::schema_for!(T)).unwrap())
}

fn raw(pairs: &[(&str, &str)]) -> Raw {
    Raw::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn reads(field: &Field, pairs: &[(&str, &str)]) -> Result<Value, Errors> {
    let mut errors = Errors::new();
    match read(field, "v", &raw(pairs), &mut errors) {
        Some(value) if errors.is_empty() => Ok(value),
        _ => Err(errors),
    }
}

fn says(field: &Field, pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    reads(field, pairs).unwrap_err().into_iter().collect()
}

fn one(name: &str, message: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), message.to_owned())]
}

/// What a browser would send of a form that holds a value is that value.
fn comes_back(field: &Field, value: &Value) {
    let raw = filled(field, "v", Some(value));
    let html = fieldset(field, "v", &raw, &Errors::new()).into_string();
    assert!(!html.contains("<script"), "{html}");
    let mut errors = Errors::new();
    assert_eq!(read(field, "v", &raw, &mut errors).as_ref(), Some(value), "{errors:?} {raw:?}");
}

#[derive(Serialize, JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
enum Verdict {
    Allow,
    Deny(String),
    Edit { cents: u64, note: Option<String> },
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind")]
#[allow(dead_code, reason = "only its schema is used")]
enum Tagged {
    Circle { radius: f64 },
    Square { side: i32, names: Vec<String> },
}

#[derive(Serialize, JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct Tree {
    name: String,
    children: Vec<Tree>,
}

#[derive(Serialize, JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct Everything {
    /// A text.
    text: String,
    on: bool,
    small: u8,
    large: i64,
    share: f64,
    maybe: Option<u32>,
    list: Vec<Option<bool>>,
    pair: (String, i32),
    verdict: Verdict,
    tagged: Tagged,
    map: BTreeMap<String, u32>,
    any: Value,
}

#[test]
fn numbers_have_bounds_and_are_whole_where_they_must_be() {
    let small = field(&json!({"type": "integer", "minimum": 1, "maximum": 9}));
    assert_eq!(reads(&small, &[("v", " 9 ")]), Ok(json!(9)));
    for (sent, said) in [
        ("", "write a whole number"),
        ("0", "this must be at least 1"),
        ("10", "this must be at most 9"),
        ("1.5", "this is not a whole number that can be kept"),
        ("x", "this is not a whole number that can be kept"),
        ("99999999999999999999", "this is not a whole number that can be kept"),
    ] {
        assert_eq!(says(&small, &[("v", sent)]), one("v", said), "{sent}");
    }
    let wide = field(&json!({"type": "integer"}));
    assert_eq!(reads(&wide, &[("v", "18446744073709551615")]), Ok(json!(u64::MAX)));
    assert_eq!(reads(&wide, &[("v", "-9223372036854775808")]), Ok(json!(i64::MIN)));
    // As floats the two would be equal.
    let edge = field(&json!({"type": "integer", "maximum": 9_007_199_254_740_992_u64}));
    assert!(reads(&edge, &[("v", "9007199254740993")]).is_err());
    let open = field(&json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}));
    assert_eq!(reads(&open, &[("v", "0.25")]), Ok(json!(0.25)));
    assert_eq!(says(&open, &[("v", "0")]), one("v", "this must be more than 0"));
    assert_eq!(says(&open, &[("v", "1.0")]), one("v", "this must be less than 1"));
    for sent in ["inf", "NaN", "0x10", "1e999", "1,5"] {
        assert!(reads(&open, &[("v", sent)]).is_err(), "{sent}");
    }
}

#[test]
fn nobody_says_yes_or_no_by_saying_nothing() {
    let on = field(&json!({"type": "boolean"}));
    assert_eq!(says(&on, &[]), one("v", "choose yes or no"));
    assert_eq!(says(&on, &[("v", "maybe")]), one("v", "choose yes or no"));
    assert_eq!(
        (reads(&on, &[("v", "true")]), reads(&on, &[("v", "false")])),
        (Ok(json!(true)), Ok(json!(false)))
    );
    let html = fieldset(&on, "v", &Raw::default(), &Errors::new()).into_string();
    assert!(!html.contains("checked"), "{html}");
}

#[test]
fn texts_keep_their_lines_and_have_a_length() {
    let text = field(&json!({"type": "string", "minLength": 1, "maxLength": 3}));
    assert_eq!(reads(&text, &[("v", "a\r\nb")]), Ok(json!("a\nb")));
    assert_eq!(reads(&text, &[("v", "äöü")]), Ok(json!("äöü")));
    assert_eq!(says(&text, &[("v", "")]), one("v", "write something here"));
    assert_eq!(says(&text, &[("v", "abcd")]), one("v", "this has 4 characters, the most are 3"));
    let any = field(&json!({"type": "string"}));
    for value in ["", "\nfirst line is empty", "a\0b", "a\rb", "<b>&\"'", "\u{202e}abc", "\u{7f}"] {
        comes_back(&any, &json!(value));
    }
}

#[test]
fn choices_are_values_of_the_schema() {
    let few = field(&json!({"enum": ["a", 2, null, {"x": 1}]}));
    assert_eq!(reads(&few, &[("v", "1")]), Ok(json!(2)));
    assert_eq!(reads(&few, &[("v", "3")]), Ok(json!({"x": 1})));
    assert_eq!(says(&few, &[]), one("v", "choose one of these"));
    assert_eq!(says(&few, &[("v", "4")]), one("v", "this is not one of the values"));
    let html = fieldset(&few, "v", &raw(&[("v", "0")]), &Errors::new()).into_string();
    assert_eq!((html.matches("type=\"radio\"").count(), html.matches(" checked").count()), (4, 1), "{html}");

    let many = field(&json!({"enum": (0..10_000).map(|i| format!("<v{i}>")).collect::<Vec<_>>()}));
    let html = fieldset(&many, "v", &Raw::default(), &Errors::new()).into_string();
    assert!(html.len() < 2_000 && html.contains("one of 10000 values"), "{html}");
    assert_eq!(reads(&many, &[("v", "<v9999>")]), Ok(json!("<v9999>")));
    assert_eq!(says(&many, &[("v", "v1")]), one("v", "this is not one of the values"));
    comes_back(&many, &json!("<v77>"));

    // `schemars` writes an enumeration with documentation like this.
    let documented = field(&json!({"oneOf": [{"const": "a", "description": "A."}, {"const": "b"}]}));
    assert_eq!(reads(&documented, &[("v", "1")]), Ok(json!("b")));
}

#[test]
fn variants_are_read_by_what_is_chosen() {
    let verdict = of::<Verdict>();
    let html = fieldset(&verdict, "v", &Raw::default(), &Errors::new()).into_string();
    for label in ["Allow", "Deny", "Edit"] {
        assert!(html.contains(&format!("<bdi>{label}</bdi>")), "{label} in {html}");
    }
    for value in [json!("Allow"), json!({"Deny": "no"}), json!({"Edit": {"cents": 4, "note": null}})] {
        let raw = filled(&verdict, "v", Some(&value));
        let back = read(&verdict, "v", &raw, &mut Errors::new());
        assert_eq!(back, Some(value));
    }
    assert_eq!(says(&verdict, &[]), one("v", "choose one of these"));
    assert_eq!(says(&verdict, &[("v^", "99")]), one("v", "choose one of these"));
    // What is written in a variant that is not chosen does not matter.
    let deny = filled(&verdict, "v", Some(&json!({"Deny": "no"})));
    let i = deny.get("v^").unwrap_or_default().to_owned();
    let name = format!("v/{i}/Deny");
    assert_eq!(
        reads(&verdict, &[("v^", &i), (&name, "because"), ("v/9/cents", "x")]),
        Ok(json!({"Deny": "because"}))
    );

    let tagged = of::<Tagged>();
    for value in
        [json!({"kind": "Circle", "radius": 1.5}), json!({"kind": "Square", "side": -1, "names": ["a", "b"]})]
    {
        comes_back(&tagged, &value);
    }
}

#[test]
fn a_whole_struct_comes_back_and_each_wrong_field_says_so() {
    let all = of::<Everything>();
    let value = json!({
        "text": "a\nb", "on": false, "small": 255, "large": i64::MIN, "share": 0.1, "maybe": 7,
        "list": [true, null, false], "pair": ["x", -1], "verdict": {"Edit": {"cents": 1}},
        "tagged": {"kind": "Square", "side": 2, "names": []}, "map": {"k": 1}, "any": [{"deep": null}],
    });
    comes_back(&all, &value);
    let errors = says(
        &all,
        &[("v/small", "256"), ("v/text", "t"), ("v/maybe?", "on"), ("v/maybe", "-1"), ("v/map", "{")],
    );
    let names: Vec<_> = errors.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "v/any",
            "v/large",
            "v/map",
            "v/maybe",
            "v/on",
            "v/pair/0",
            "v/pair/1",
            "v/share",
            "v/small",
            "v/tagged",
            "v/verdict"
        ]
    );
    // Each message stands at its field.
    let found: Errors = errors.into_iter().collect();
    let html = fieldset(&all, "v", &raw(&[("v/small", "256"), ("v/maybe?", "on")]), &found).into_string();
    assert_eq!(html.matches("class=\"error\"").count(), 11, "{html}");
    assert!(html.contains("id=\"f-v-2f-small-error\"><bdi>this must be at most 255</bdi></p>"), "{html}");
    assert!(html.contains("aria-describedby=\"f-v-2f-small-error\" aria-invalid=\"true\""), "{html}");
}

#[test]
fn what_is_optional_is_left_out_and_what_is_nullable_is_null() {
    let both = field(&json!({
        "type": "object", "required": ["n"],
        "properties": {"n": {"type": ["string", "null"]}, "o": {"type": "string"}, "on": {"type": ["integer", "null"]}},
    }));
    assert_eq!(reads(&both, &[]), Ok(json!({"n": null})));
    assert_eq!(
        reads(
            &both,
            &[("v/n?", "on"), ("v/n", ""), ("v/o?", "on"), ("v/o", ""), ("v/on?", "on"), ("v/on", "3")]
        ),
        Ok(json!({"n": "", "o": "", "on": 3}))
    );
    // An optional `null` cannot be told from nothing by its switch: the value is written as JSON.
    comes_back(&both, &json!({"n": "x", "on": null}));
    comes_back(&both, &json!({"n": null, "o": "y"}));
}

#[test]
fn lists_grow_and_shrink_by_their_buttons() {
    let list = field(
        &json!({"type": "array", "items": {"type": "array", "items": {"type": "string"}}, "minItems": 1, "maxItems": 3}),
    );
    let mut form = filled(&list, "v", Some(&json!([["a"], ["b", "c"], ["d"]])));
    form.set("edit", "remove 0 v");
    assert!(edited(&mut form));
    assert_eq!(read(&list, "v", &form, &mut Errors::new()), Some(json!([["b", "c"], ["d"]])));
    form.set("edit", "add v/0");
    assert!(edited(&mut form));
    form.set("v/0/2", "new");
    form.set("edit", "remove 1 v/0");
    assert!(edited(&mut form));
    assert_eq!(read(&list, "v", &form, &mut Errors::new()), Some(json!([["b", "new"], ["d"]])));
    for hostile in ["remove 99 v", "remove -1 v", "remove x v", "add ", "drop v", ""] {
        form.set("edit", hostile);
        assert!(edited(&mut form));
    }
    assert_eq!(read(&list, "v", &form, &mut Errors::new()), Some(json!([["b", "new"], ["d"]])));
    assert!(!edited(&mut Raw::default()));
    assert_eq!(says(&list, &[]), one("v", "this needs at least 1 items"));
    assert_eq!(says(&list, &[("v#", "4")]), one("v", "this has 4 items, the most are 3"));
    // The number of items is bounded, whatever a client sends.
    assert!(reads(&list, &[("v#", "999999999999")]).is_err());
    let html = fieldset(&list, "v", &filled(&list, "v", None), &Errors::new()).into_string();
    assert!(
        html.contains("name=\"edit\" value=\"add v\"") && html.contains("name=\"edit\" value=\"remove 0 v\""),
        "{html}"
    );
}

#[test]
fn schemas_without_end_are_bounded() {
    let tree = of::<Tree>();
    comes_back(&tree, &json!({"name": "a", "children": [{"name": "b", "children": []}]}));
    let mut deep = json!({"name": "x", "children": []});
    for _ in 0..30 {
        deep = json!({"name": "x", "children": [deep]});
    }
    comes_back(&tree, &deep);
    for schema in [
        json!({"$ref": "#"}),
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
        json!({"$ref": "https://example.org/schema"}),
        json!({"$ref": "#/nothing/here"}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"anyOf": [{"$ref": "#"}, {"$ref": "#"}, {"type": "array", "items": {"$ref": "#"}}]}),
        json!({"type": "array", "minItems": 1_000_000, "items": {"type": "string"}}),
        json!({"type": "array", "prefixItems": []}),
        json!({"type": 3}),
        json!({"type": []}),
        json!({"enum": []}),
        json!({"oneOf": []}),
        json!(true),
        json!(7),
        json!([]),
    ] {
        let field = field(&schema);
        let html = fieldset(&field, "v", &filled(&field, "v", None), &Errors::new()).into_string();
        assert!(html.len() < 300_000, "{} bytes of {schema}", html.len());
        let _ = reads(&field, &[("v", "1")]);
    }
    let mut nested = json!({"type": "string"});
    for _ in 0..60 {
        nested = json!({"type": "object", "properties": {"a": nested.clone()}, "required": ["a"]});
    }
    let field = field(&nested);
    let html = fieldset(&field, "v", &Raw::default(), &Errors::new()).into_string();
    assert!(html.len() < 10_000 && html.contains("JSON"), "{html}");
    let wide: serde_json::Map<_, _> = (0..5_000)
        .map(|i| (format!("p{i}"), json!({"type": "object", "properties": {"x": {"type": "string"}}})))
        .collect();
    let wide = self::field(&json!({"type": "object", "properties": wide}));
    assert!(fieldset(&wide, "v", &Raw::default(), &Errors::new()).into_string().len() < 1_000_000);
}

#[test]
fn what_schemas_say_is_text() {
    let evil = "</textarea><script>alert(1)</script>\"'\0";
    let schema = json!({
        "type": "object", "description": evil, "title": evil, "required": [evil, "a/b~c?d#e!f"],
        "properties": {
            (evil): {"type": "string", "description": evil, "default": evil},
            "a/b~c?d#e!f": {"enum": [evil, "x"]},
            "more": {"oneOf": [{"const": evil}, {"type": "object", "title": evil, "properties": {(evil): {"type": "integer"}, "z": {"type": "string"}}}]},
        },
    });
    let field = field(&schema);
    let raw = filled(&field, "v", None);
    let html = fieldset(&field, "v", &raw, &Errors::from([("v".to_owned(), evil.to_owned())])).into_string();
    assert!(
        !html.contains("<script") && !html.contains("</textarea><script") && !html.contains('\0'),
        "{html}"
    );
    comes_back(&field, &json!({(evil): evil, "a/b~c?d#e!f": evil, "more": {(evil): 3, "z": evil}}));
    // A property cannot take the place of a switch.
    let clash = self::field(&json!({
        "type": "object", "properties": {"a": {"type": "string"}, "a?": {"type": "string"}}, "required": ["a?"],
    }));
    assert_eq!(reads(&clash, &[("v/a~2", "on")]), Ok(json!({"a?": "on"})));
}

#[test]
fn a_value_that_no_form_shows_is_written_as_json() {
    let text = field(&json!({"type": "string"}));
    comes_back(&text, &json!(3));
    comes_back(
        &field(&json!({"type": "object", "properties": {}, "additionalProperties": false})),
        &json!({"a": 1}),
    );
    let long: Vec<_> = (0..500).collect();
    comes_back(&field(&json!({"type": "array", "items": {"type": "integer"}})), &json!(long));
    assert_eq!(Field::of("no schema"), Field::json());
    assert!(says(&Field::json(), &[("v", "{")])[0].1.starts_with("this is not JSON: "));
}
