use serde_json::Value;

/// A value to be filled in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Field {
    /// The title of the schema, if it has one of its own.
    pub(super) title: Option<String>,
    /// The description.
    pub(super) doc: Option<String>,
    pub(super) kind: Kind,
    /// The value that a new form begins with.
    pub(super) default: Option<Value>,
}

/// The kind of a field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Kind {
    /// Anything, written as JSON.
    #[default]
    Json,
    /// A constant.
    Const(Value),
    /// One of some values.
    Choice(Vec<Value>),
    /// `true` or `false`.
    Switch,
    /// A number.
    Number(Bounds),
    /// A text.
    Text(Length),
    /// An object.
    Object(Vec<Property>),
    /// A list of any length.
    List(Box<List>),
    /// A list with a field for each place.
    Tuple(Vec<Field>),
    /// A value, or `null`.
    Nullable(Box<Field>),
    /// One of several shapes.
    OneOf(Vec<Variant>),
}

/// The bounds of a number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Bounds {
    pub(super) is_integer: bool,
    pub(super) least: Option<Limit>,
    pub(super) most: Option<Limit>,
}

/// One end of a range.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Limit {
    pub(super) value: serde_json::Number,
    /// True if the number itself is outside.
    pub(super) is_exclusive: bool,
}

/// The length of a text, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) least: Option<u64>,
    pub(super) most: Option<u64>,
}

/// A property of an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) is_required: bool,
    pub(super) field: Field,
}

/// A list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct List {
    pub(super) item: Field,
    pub(super) least: usize,
    pub(super) most: usize,
}

impl List {
    /// The most items that a form shows.
    pub(super) const MOST: usize = 100;
}

/// One shape of several.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Variant {
    pub(super) label: String,
    pub(super) field: Field,
}

impl Field {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, ..Self::default() }
    }

    /// Makes the field of a schema; text that is no schema gives a field for JSON.
    pub(crate) fn of(schema: &str) -> Self {
        super::schema::field_of(schema)
    }

    /// Makes one field of several with names, which together are a list: the inputs of a pipeline.
    pub(crate) fn tuple(fields: impl IntoIterator<Item = (String, Self)>) -> Self {
        let named = |(title, field): (String, Self)| Self { title: Some(title), ..field };
        Self::new(Kind::Tuple(fields.into_iter().map(named).collect()))
    }

    /// Makes a field for JSON of any shape.
    pub(crate) fn json() -> Self {
        Self::default()
    }

    /// Sets the title.
    pub(crate) fn titled(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    /// Returns true if the field has no inputs.
    pub(super) fn is_silent(&self) -> bool {
        matches!(&self.kind, Kind::Const(_))
    }
}

/// Text of a value in a choice: that of a string as it is, of everything else its JSON.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}
