use super::*;
use crate::device::SEARCH;

/// Checks that `text` is a filter, and how it is written.
#[track_caller]
fn check(text: &str, written: &str) {
    let filter = Filter::parse(text, SEARCH).expect("a filter");
    assert_eq!(filter.to_string(), written);
    assert_eq!(Filter::parse(written, SEARCH).expect("its own text"), filter);
}

/// Checks that `text` is refused, with the piece at `^` of the line below named as the place.
#[track_caller]
fn refused(text: &str, place: &str, message: &str) {
    let error = Filter::parse(text, SEARCH).expect_err("not a filter");
    assert_eq!(error.at, place.find('^').expect("a place"), "{error}");
    assert_eq!(error.problem.to_string(), message);
    assert!(error.fix.ends_with('.'), "a fix is a sentence: {}", error.fix);
}

#[test]
fn what_is_usual_is_read() {
    check(
        r#"name startsWith "shop-" and os contains "Debian" and not (online = false)"#,
        r#"name startsWith "shop-" and os contains "Debian" and not online = false"#,
    );
    check("resource in (1,2, -3)", "resource in (1, 2, -3)");
    check(r#"name endsWith "\"\\""#, r#"name endsWith "\"\\""#);
    check("RESOURCE >= 5 OR NOT Online=TRUE", "resource >= 5 or not online = true");
    check(r#"name STARTSWITH "Ümlaut %_!""#, r#"name startsWith "Ümlaut %_!""#);
    check(r#"name=""or name!="a""#, r#"name = "" or name != "a""#);
}

#[test]
fn parentheses_that_change_nothing_are_dropped() {
    check(
        r#"((resource = 1 and resource = 2) and (resource = 3 or (resource = 4 or resource = 5)))"#,
        "resource = 1 and resource = 2 and (resource = 3 or resource = 4 or resource = 5)",
    );
    check("resource = 1 or resource = 2 and resource = 3", "resource = 1 or resource = 2 and resource = 3");
    check("not (not (resource = 1))", "not not resource = 1");
    check("not (resource = 1 or online = true)", "not (resource = 1 or online = true)");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    refused("", "^", "the filter is empty");
    refused(" \n ", "^", "the filter is empty");
    refused("nmae = \"a\"", "^", "there is no field `nmae`");
    refused("name like \"a%\"", "     ^", "`like` is no operator");
    refused("online > true", "       ^", "`online` cannot be compared with `>`");
    refused("online in (true)", "       ^", "`online` cannot be compared with `in`");
    refused("resource contains 1", "         ^", "`resource` cannot be compared with `contains`");
    refused("resource = \"1\"", "           ^", "`resource` cannot be compared with `\"1\"`");
    refused("name = shop", "       ^", "`name` cannot be compared with `shop`");
    refused(
        "resource = 99999999999999999999",
        "           ^",
        "`99999999999999999999` is no number that fits 64 bits",
    );
    refused("resource = 1.5", "           ^", "`1.5` is no number that fits 64 bits");
    refused("name = \"a", "       ^", "the text that begins here does not end");
    refused("name = \"a\nb\"", "         ^", "a text may not hold control characters");
    refused(r#"name = "ü\n""#, "         ^", "`\\n` means nothing in a text");
    refused("name = 'a'", "       ^", "`'` does not belong here");
    refused("name == \"a\"", "     ^", "`==` does not belong here");
    refused("name <> \"a\"", "     ^", "`<>` does not belong here");
    refused("online = true && online = true", "              ^", "`&&` does not belong here");
    refused("!online = true", "^", "`!` does not belong here");
    refused("online = true online = true", "              ^", "`online` does not belong here");
    refused("(online = true", "              ^", "the filter ends too early");
    refused("online = true)", "             ^", "`)` does not belong here");
    refused("online = true and", "                 ^", "the filter ends too early");
    refused("online", "      ^", "the filter ends too early");
    refused("and online = true", "^", "there is no field `and`");
    refused("resource in 1", "            ^", "`1` does not belong here");
    refused("resource in ()", "             ^", "`)` does not belong here");
    refused("resource in (1 2)", "               ^", "`2` does not belong here");
    refused("\"a\" = name", "^", "`\"a\"` does not belong here");
    refused("name = \"a\" ; drop", "           ^", "`;` does not belong here");
    refused("name = \u{202e}", "       ^", "`\u{fffd}` does not belong here");
}

#[test]
fn a_filter_has_bounds() {
    let ok = "online = true";
    let nested = |depth: usize| format!("{}{ok}{}", "(".repeat(depth), ")".repeat(depth));
    check(&nested(DEEPEST_NESTING), ok);
    let too_deep = |text: &str| Filter::parse(text, SEARCH).expect_err("too deep").problem;
    assert_eq!(too_deep(&nested(DEEPEST_NESTING + 1)), Problem::TooDeep);
    assert_eq!(too_deep(&"(".repeat(LONGEST_FILTER)), Problem::TooDeep);
    assert_eq!(too_deep(&format!("{} {ok}", "not ".repeat(DEEPEST_NESTING + 1))), Problem::TooDeep);

    let joined = |count: usize| vec![ok; count].join(" or ");
    check(&joined(MOST_COMPARISONS), &joined(MOST_COMPARISONS));
    let problem = |text: &str| Filter::parse(text, SEARCH).expect_err("too much").problem;
    assert_eq!(problem(&joined(MOST_COMPARISONS + 1)), Problem::TooManyComparisons);

    let values = |count: usize| format!("resource in ({})", vec!["1"; count].join(", "));
    check(&values(MOST_VALUES), &values(MOST_VALUES));
    assert_eq!(problem(&values(MOST_VALUES + 1)), Problem::TooManyValues);

    assert_eq!(problem(&" ".repeat(LONGEST_FILTER + 1)), Problem::TooLong);
    let grows = format!("name = \"{}\"", "a".repeat(LONGEST_FILTER - 9));
    check(&grows, &grows);
    assert_eq!(problem(&grows.replace(" = ", "=").replace('a', "aa")), Problem::TooLong);
    assert_eq!(problem(&grows.replace(" = ", "=").replace("aaa\"", "aaaaa\"")), Problem::TooLong);
}

#[test]
fn an_error_says_what_to_write() {
    let error =
        Filter::parse("nmae = \"a\"", &[crate::device::NAME, crate::device::OS]).expect_err("no such field");
    assert_eq!(
        error.to_string(),
        "the filter is not valid at character 1: there is no field `nmae`. The fields are name, os."
    );
    let long = format!("name = {}", "x".repeat(1000));
    let error = Filter::parse(&long, SEARCH).expect_err("not a text");
    assert!(error.to_string().len() < 200, "an error repeats only a piece: {error}");
}

#[test]
fn the_owner_learns_which_fields_are_named() {
    let filter =
        Filter::parse("name = \"a\" or not (online = true and name = \"b\")", SEARCH).expect("a filter");
    assert_eq!(filter.fields().into_iter().collect::<Vec<_>>(), ["name", "online"]);
}
