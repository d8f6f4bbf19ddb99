use super::*;
use crate::device::SEARCH;

fn column(field: &str) -> &'static str {
    match field {
        "name" => "d.name",
        "resource" => "d.resource",
        "online" => "d.online",
        _ => "d.other",
    }
}

/// Checks the condition for SQLite, its values written behind it.
#[track_caller]
fn check(text: &str, expected: &str) {
    let condition = Filter::parse(text, SEARCH).expect("a filter").to_sql(Dialect::Sqlite, 2, &column);
    let values: Vec<_> = condition
        .values
        .iter()
        .map(|value| match value {
            SqlValue::Text(text) => format!("'{text}'"),
            SqlValue::Number(number) => number.to_string(),
        })
        .collect();
    assert_eq!(format!("{} | {}", condition.text, values.join(" ")), expected);
}

#[test]
fn each_operator_has_its_condition() {
    check(r#"name = "Ab""#, "(lower(d.name) = $2) | 'ab'");
    check(r#"name != "a""#, "(d.name IS NULL OR NOT (lower(d.name) = $2)) | 'a'");
    check("resource <= 7", "(d.resource <= $2) | 7");
    check("online = true", "(d.online = $2) | 1");
    check(r#"name contains "5%_!""#, "(lower(d.name) LIKE $2 ESCAPE '!') | '%5!%!_!!%'");
    check(r#"name endsWith "z""#, "(lower(d.name) LIKE $2 ESCAPE '!') | '%z'");
    check(r#"name startsWith "shop-""#, "(lower(d.name) >= $2 AND lower(d.name) < $3) | 'shop-' 'shop.'");
    check(r#"name startsWith """#, "(lower(d.name) >= $2) | ''");
    check(r#"name in ("A", "b")"#, "(lower(d.name) IN ($2, $3)) | 'a' 'b'");
    check("resource in (1)", "(d.resource IN ($2)) | 1");
}

#[test]
fn a_not_is_moved_down_to_the_comparisons() {
    check(
        "not (resource = 1 and (online = true or not resource > 2))",
        "((d.resource IS NULL OR NOT (d.resource = $2)) OR \
         ((d.online IS NULL OR NOT (d.online = $3)) AND (d.resource > $4))) | 1 1 2",
    );
    check("not not resource = 1", "(d.resource = $2) | 1");
    check("not resource != 1", "(d.resource = $2) | 1");
}

#[test]
fn postgres_compares_by_bytes_whatever_its_locale() {
    let condition =
        Filter::parse(r#"name < "B""#, SEARCH).expect("a filter").to_sql(Dialect::Postgres, 1, &column);
    assert_eq!(condition.text, r#"(lower(d.name COLLATE "C") < $1)"#);
    assert_eq!(condition.values, [SqlValue::Text("b".to_owned())]);
}

#[test]
fn the_end_of_a_range_skips_what_no_text_can_hold() {
    let end = |start| after_all_beginning_with(start);
    assert_eq!(end("a\u{10ffff}").as_deref(), Some("b"));
    assert_eq!(end("\u{10ffff}"), None);
    assert_eq!(end("\u{d7ff}").as_deref(), Some("\u{e000}"));
}
