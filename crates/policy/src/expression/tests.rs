use super::*;
use crate::node::{Node, Value};

#[test]
fn only_a_text_in_brackets_is_an_expression() {
    for (raw, literal) in [
        ("", ""),
        ("plain", "plain"),
        ("[section]\nkey=1\n", "[section]\nkey=1\n"),
        ("[[literal]", "[literal]"),
        ("[[[two]]", "[[two]]"),
        ("[", "["),
        ("]", "]"),
    ] {
        check(raw, Ok(literal));
    }
}

#[test]
fn functions_make_what_dsc_makes() {
    check("[resourceId('A/B','it''s')]", Ok("A/B:it's"));
    check("[ concat ( 'a' , parameters('word') , 'c' ) ]", Ok("abc"));
    check("[variables('list')[1]]", Ok("y"));
    check("[parameters('map').inner.name]", Ok("deep"));
    check("[concat(createArray('a'), variables('list'))[2]]", Ok("y"));
    check("[envvar('HOME')]", Ok("/home/user"));
    check("[concat(envvar('USER'), '@', envvar('LOGNAME'))]", Ok("user@user"));
}

#[test]
fn what_is_not_understood_is_named() {
    check("[reference('a')]", Err("the function `reference` is not supported"));
    check("[concat('a', base64('b'))]", Err("the function `base64` is not supported"));
    check("[parameters('gone')]", Err("no `gone` among its parameters"));
    check("[variables(parameters('word'))]", Err("no `b` among its variables"));
    check("[envvar('PATH')]", Err("reads HOME, LOGNAME, SHELL, USER, and not `PATH`"));
    check("[concat('a')]", Err("takes two or more texts"));
    check("[concat('a', 1)]", Err("and not a number"));
    check("[concat('a', true)]", Err("and not true or false"));
    check("[parameters('map').gone]", Err("no member `gone`"));
    check("[variables('list')[7]]", Err("no element 7"));
    check("[parameters('word').x]", Err("a text has no member `x`"));
    check("[]", Err("no call of a function"));
    check("[concat('a', 'b']", Err("`,` or `)` is missing"));
    check("[concat('a', 'b)]", Err("closing quote"));
    check("[concat('a', 'b') x]", Err("`x` is left over"));
    let deep = format!("[{}'a'{}]", "concat('', ".repeat(100), ")".repeat(100));
    check(&deep, Err("nested deeper than 32"));
}

#[test]
fn what_doubles_with_each_step_is_stopped() {
    let environment = Environment::stand_in();
    let mut scope = Scope::new(&environment);
    scope.add_variable("v".to_owned(), Value::Text("x".repeat(1_000)));
    let mut steps = 0;
    let stopped = loop {
        let node = Node { at: 0, value: Value::Text("[concat(variables('v'), variables('v'))]".to_owned()) };
        match evaluated(node, &scope) {
            Ok(node) => scope.add_variable("v".to_owned(), node.value),
            Err(problem) => break problem.what,
        }
        steps += 1;
        assert!(steps < 20, "it is not stopped");
    };
    assert!(stopped.contains("more than 1048576 bytes"), "{stopped}");
}

#[test]
fn a_template_takes_parameters_and_variables() {
    let environment = Environment::stand_in();
    let scope = scope(&environment);
    assert_eq!(template("a {{word}} {{ number }} {x}", 0, &scope).expect("filled"), "a b 7 {x}");
    for (text, what) in [
        ("{{ gone }}", "names `gone`, which the document does not have"),
        ("{{ list }}", "which is a list"),
        ("{{ word", "`{{` without `}}`"),
    ] {
        let problem = template(text, 0, &scope).expect_err("refused");
        assert!(problem.what.contains(what), "{}", problem.what);
    }
}

fn scope(environment: &Environment) -> Scope<'_> {
    let mut scope = Scope::new(environment);
    let text = r#"{"word": "b", "number": 7, "map": {"inner": {"name": "deep"}}, "list": ["x", "y"]}"#;
    let Value::Map(members) = crate::node::read(text).expect("valid").value else { panic!("a map") };
    for member in members {
        if member.name == "list" {
            scope.add_variable(member.name, member.node.value);
        } else {
            scope.add_parameter(member.name, member.node.value);
        }
    }
    scope
}

#[track_caller]
fn check(raw: &str, expected: Result<&str, &str>) {
    let environment = Environment::stand_in();
    let scope = scope(&environment);
    match (evaluated(Node { at: 0, value: Value::Text(raw.to_owned()) }, &scope), expected) {
        (Ok(Node { value: Value::Text(text), .. }), Ok(expected)) => assert_eq!(text, expected, "{raw}"),
        (Ok(node), _) => panic!("{raw} made {:?}", node.value),
        (Err(problem), Ok(_)) => panic!("{raw}: {}", problem.what),
        (Err(problem), Err(expected)) => {
            assert!(problem.what.contains(expected), "`{expected}` is missing from `{}`", problem.what);
        }
    }
}
