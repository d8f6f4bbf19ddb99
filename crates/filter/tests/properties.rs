//! What holds for every filter: its text gives it back, and it means what a plain reading says.

use filter::{Condition, Dialect, Field, Filter, SqlValue, Value};
use proptest::prelude::*;

const FIELDS: &[Field] =
    &[Field::text("name"), Field::text("os"), Field::number("resource"), Field::boolean("online")];

/// A filter that a test has made: written with all its parentheses, and evaluated by the book.
#[derive(Clone, Debug)]
enum Plain {
    All(Vec<Plain>),
    Any(Vec<Plain>),
    Not(Box<Plain>),
    Text(&'static str, &'static str, String),
    Number(&'static str, i64),
    Online(&'static str, bool),
    TextIn(Vec<String>),
    NumberIn(Vec<i64>),
}

/// A device that a test has made; any field may be missing.
#[derive(Clone, Debug)]
struct Thing {
    name: Option<String>,
    os: Option<String>,
    resource: Option<i64>,
    online: Option<bool>,
}

fn written(plain: &Plain) -> String {
    let join = |parts: &[Plain], by: &str| {
        let parts: Vec<_> = parts.iter().map(|part| format!("({})", written(part))).collect();
        parts.join(by)
    };
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    match plain {
        Plain::All(parts) => join(parts, " and "),
        Plain::Any(parts) => join(parts, " or "),
        Plain::Not(part) => format!("not ({})", written(part)),
        Plain::Text(field, operator, text) => format!("{field} {operator} {}", quoted(text)),
        Plain::Number(operator, number) => format!("resource {operator} {number}"),
        Plain::Online(operator, boolean) => format!("online {operator} {boolean}"),
        Plain::TextIn(texts) => {
            format!("name in ({})", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(","))
        }
        Plain::NumberIn(numbers) => {
            format!("resource in ({})", numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" , "))
        }
    }
}

fn holds(plain: &Plain, thing: &Thing) -> bool {
    fn order<T: Ord>(value: Option<T>, operator: &str, literal: T) -> bool {
        match (operator, value) {
            ("!=", value) => value != Some(literal),
            (_, None) => false,
            ("=", Some(value)) => value == literal,
            ("<", Some(value)) => value < literal,
            ("<=", Some(value)) => value <= literal,
            (">", Some(value)) => value > literal,
            (">=", Some(value)) => value >= literal,
            (other, _) => panic!("no operator of order: {other}"),
        }
    }
    let folded = |text: &Option<String>| text.as_ref().map(|text| text.to_ascii_lowercase());
    match plain {
        Plain::All(parts) => parts.iter().all(|part| holds(part, thing)),
        Plain::Any(parts) => parts.iter().any(|part| holds(part, thing)),
        Plain::Not(part) => !holds(part, thing),
        Plain::Text(field, operator, text) => {
            let value = folded(if *field == "name" { &thing.name } else { &thing.os });
            let text = text.to_ascii_lowercase();
            match *operator {
                "contains" => value.is_some_and(|value| value.contains(&text)),
                "startsWith" => value.is_some_and(|value| value.starts_with(&text)),
                "endsWith" => value.is_some_and(|value| value.ends_with(&text)),
                operator => order(value, operator, text),
            }
        }
        Plain::Number(operator, number) => order(thing.resource, operator, *number),
        Plain::Online(operator, boolean) => order(thing.online, operator, *boolean),
        Plain::TextIn(texts) => {
            folded(&thing.name).is_some_and(|name| texts.iter().any(|text| text.to_ascii_lowercase() == name))
        }
        Plain::NumberIn(numbers) => thing.resource.is_some_and(|resource| numbers.contains(&resource)),
    }
}

fn look_up<'a>(thing: &'a Thing, field: &str) -> Option<Value<'a>> {
    match field {
        "name" => thing.name.as_deref().map(Value::Text),
        "os" => thing.os.as_deref().map(Value::Text),
        "resource" => thing.resource.map(Value::Number),
        "online" => thing.online.map(Value::Boolean),
        other => panic!("not a field: {other}"),
    }
}

/// Short texts of few letters, so that values and literals meet; with everything that a database gives a meaning to.
fn text() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[abAB%_!\\\\\"'\\[*?é\u{10ffff}]{0,3}").expect("a pattern")
}

fn plain() -> impl Strategy<Value = Plain> {
    let order = prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
    let texts =
        prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">=", "contains", "startsWith", "endsWith"]);
    let field = prop::sample::select(vec!["name", "os"]);
    let leaf = prop_oneof![
        4 => (field, texts, text()).prop_map(|(field, operator, text)| Plain::Text(field, operator, text)),
        2 => (order, -2i64..3).prop_map(|(operator, number)| Plain::Number(operator, number)),
        1 => (prop::sample::select(vec!["=", "!="]), any::<bool>()).prop_map(|(o, b)| Plain::Online(o, b)),
        1 => prop::collection::vec(text(), 1..4).prop_map(Plain::TextIn),
        1 => prop::collection::vec(-2i64..3, 1..4).prop_map(Plain::NumberIn),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Plain::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Plain::Any),
            inner.prop_map(|part| Plain::Not(Box::new(part))),
        ]
    })
}

fn thing() -> impl Strategy<Value = Thing> {
    (
        prop::option::weighted(0.8, text()),
        prop::option::weighted(0.8, text()),
        prop::option::weighted(0.8, -2i64..3),
        prop::option::weighted(0.8, any::<bool>()),
    )
        .prop_map(|(name, os, resource, online)| Thing { name, os, resource, online })
}

proptest! {
    #[test]
    fn a_filter_survives_being_written(plain in plain()) {
        let filter = Filter::parse(&written(&plain), FIELDS).expect("a filter");
        let again = Filter::parse(&filter.to_string(), FIELDS).expect("its own text");
        prop_assert_eq!(&again, &filter);
        prop_assert_eq!(again.to_string(), filter.to_string());
    }

    #[test]
    fn a_filter_means_what_it_says(plain in plain(), things in prop::collection::vec(thing(), 1..8)) {
        let filter = Filter::parse(&written(&plain), FIELDS).expect("a filter");
        for thing in &things {
            let value = |field: &str| look_up(thing, field);
            prop_assert_eq!(filter.matches(&value), holds(&plain, thing), "{} of {:?}", filter, thing);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,80}", cut in 0usize..60) {
        let _ = Filter::parse(&text, FIELDS);
        let usual = "not (name startsWith \"é\\\"\" or resource in (1, -2)) and online = true";
        let _ = Filter::parse(&usual.chars().take(cut).collect::<String>(), FIELDS);
    }

    #[test]
    fn a_condition_holds_no_input_and_counts_its_values(plain in plain(), first in 1usize..4) {
        let filter = Filter::parse(&written(&plain), FIELDS).expect("a filter");
        let column = |field: &str| match field { "name" => "d.name", "os" => "d.os", "resource" => "d.r", _ => "d.o" };
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let Condition { text, values } = filter.to_sql(dialect, first, &column);
            prop_assert!(!text.contains(['%', '\\', 'é']), "{}", text);
            prop_assert!(text.contains(&format!("${}", first + values.len() - 1)), "{}", text);
            let next = format!("${}", first + values.len());
            prop_assert!(!text.contains(&next), "{}", text);
            prop_assert!(values.iter().all(|v| !matches!(v, SqlValue::Text(t) if t.contains(['A', 'B']))));
        }
    }
}
