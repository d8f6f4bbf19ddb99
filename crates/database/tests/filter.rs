//! A search's condition means on each engine what the filter says of each row.

use database::{Db, Engine, Statement, args};
use filter::{Dialect, Field, Filter, SqlValue, Value};
use testkit::dice::Dice;

const FIELDS: &[Field] = &[Field::text("name"), Field::number("resource"), Field::boolean("online")];

/// Everything that an engine gives a meaning to, and letters that fold or sort differently by locale.
const LETTERS: &[&str] =
    &["a", "B", "b", "%", "_", "!", "\\", "\"", "'", "*", "é", "É", "ß", "-", " ", "\u{10ffff}"];
const ROWS: i64 = 80;
const FILTERS: usize = 150;

const TABLE: Statement = Statement::split(
    "CREATE TABLE thing (id INTEGER, name TEXT, resource INTEGER, online INTEGER)",
    "CREATE TABLE thing (id BIGINT, name TEXT, resource BIGINT, online INTEGER)",
);
const PUT: Statement =
    Statement::both("INSERT INTO thing (id, name, resource, online) VALUES ($1, $2, $3, $4)");
const FIND: Statement = Statement::both("SELECT id FROM thing WHERE id >= $1 AND {condition} ORDER BY id");

struct Thing {
    name: Option<String>,
    resource: Option<i64>,
    online: Option<bool>,
}

#[tokio::test]
async fn a_condition_finds_what_the_filter_matches() {
    let mut dice = Dice::new(40);
    let things: Vec<Thing> = (0..ROWS).map(|_| thing(&mut dice)).collect();
    let filters: Vec<Filter> =
        (0..FILTERS).map(|_| Filter::parse(&expression(&mut dice, 4), FIELDS).expect("a filter")).collect();

    for test in testkit::databases().await {
        fill(&test.db, &things).await;
        let mut found = 0;
        for filter in &filters {
            let expected: Vec<i64> =
                (0..).zip(&things).filter(|(_, thing)| matches(filter, thing)).map(|(id, _)| id).collect();
            let ids = search(&test.db, filter).await;
            assert_eq!(ids, expected, "{} finds for {filter}", test.name);
            found += ids.len();
        }
        let all = FILTERS * things.len();
        assert!(
            found > all / 10 && found < all - all / 10,
            "{}: the filters tell things apart: {found} of {all}",
            test.name
        );
    }
}

async fn fill(db: &Db, things: &[Thing]) {
    db.write(&TABLE, args![]).await.expect("a table");
    let mut transaction = db.begin().await.expect("a transaction");
    for (id, thing) in (0i64..).zip(things) {
        let online = thing.online.map(i64::from);
        let row = args![id, thing.name.clone(), thing.resource, online];
        transaction.execute(&PUT, row).await.expect("a row");
    }
    transaction.commit().await.expect("stored");
}

async fn search(db: &Db, filter: &Filter) -> Vec<i64> {
    let dialect = match db.engine() {
        Engine::Sqlite => Dialect::Sqlite,
        Engine::Postgres => Dialect::Postgres,
    };
    let condition = filter.to_sql(dialect, 2, &|field| match field {
        "name" => "thing.name",
        "resource" => "thing.resource",
        _ => "thing.online",
    });
    let mut args = args![0i64];
    for value in condition.values {
        args = match value {
            SqlValue::Text(text) => args.with(text),
            SqlValue::Number(number) => args.with(number),
        };
    }
    let rows = db.rows_where(&FIND, &condition.text, args).await.expect("a search");
    rows.iter().map(|row| row.int("id").expect("an id")).collect()
}

fn matches(filter: &Filter, thing: &Thing) -> bool {
    filter.matches(&|field| match field {
        "name" => thing.name.as_deref().map(Value::Text),
        "resource" => thing.resource.map(Value::Number),
        _ => thing.online.map(Value::Boolean),
    })
}

fn thing(dice: &mut Dice) -> Thing {
    Thing {
        name: (dice.below(5) > 0).then(|| text(dice, 4)),
        resource: (dice.below(5) > 0).then(|| number(dice)),
        online: (dice.below(5) > 0).then(|| dice.below(2) == 0),
    }
}

fn expression(dice: &mut Dice, depth: u32) -> String {
    let joined = |dice: &mut Dice, by: &str| {
        let parts: Vec<_> = (0..2).map(|_| format!("({})", expression(dice, depth - 1))).collect();
        parts.join(by)
    };
    match if depth == 0 { 3 } else { dice.below(6) } {
        0 => joined(dice, " and "),
        1 => joined(dice, " or "),
        2 => format!("not ({})", expression(dice, depth - 1)),
        _ => comparison(dice),
    }
}

fn comparison(dice: &mut Dice) -> String {
    let order = ["=", "!=", "<", "<=", ">", ">="];
    let texts =
        ["=", "!=", "<", "<=", ">", ">=", "contains", "startsWith", "endsWith", "contains", "startsWith"];
    match dice.below(8) {
        0 => format!("online {} {}", dice.pick(&order[..2]), dice.below(2) == 0),
        1 => format!("resource {} {}", dice.pick(&order), number(dice)),
        2 => format!("resource in ({}, {})", number(dice), number(dice)),
        3 => format!("name in ({}, {}, {})", quoted(dice), quoted(dice), quoted(dice)),
        _ => format!("name {} {}", dice.pick(&texts), quoted(dice)),
    }
}

fn quoted(dice: &mut Dice) -> String {
    format!("\"{}\"", text(dice, 2).replace('\\', "\\\\").replace('"', "\\\""))
}

fn text(dice: &mut Dice, longest: u64) -> String {
    (0..dice.below(longest + 1)).map(|_| *dice.pick(LETTERS)).collect()
}

fn number(dice: &mut Dice) -> i64 {
    i64::try_from(dice.below(5)).expect("small") - 2
}
