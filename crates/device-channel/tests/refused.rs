//! What is no message, and what is one all the same.

use device_channel::{MOST_ENTRIES, Malformed, ToAgent, ToServer};

const KEPT: &str = r#"<BgbReceiptMessage TimeStamp="2020-01-21T15:43:43Z"><PushID>8</PushID><TaskID>9</TaskID></BgbReceiptMessage>"#;

#[test]
fn other_spellings_of_one_message_are_read() {
    let expected = ToServer::decode(KEPT.as_bytes());
    assert!(matches!(expected, Ok(Some(ToServer::Receipt(_)))), "{expected:?}");
    for same in [
        r#"<?xml version="1.0" encoding="utf-8"?>
           <BgbReceiptMessage TimeStamp='2020-01-21T15:43:43Z'>
             <PushID>8</PushID>
             <TaskID>9</TaskID>
           </BgbReceiptMessage>
        "#,
        r#"<BgbReceiptMessage TimeStamp="2020-01-21T15:43:43Z" New="1"><TaskID>9</TaskID><PushID>8</PushID></BgbReceiptMessage>"#,
        r#"<BgbReceiptMessage TimeStamp="2020-01-21T15:43:43Z"><New a="b"><PushID>1<PushID/></PushID></New><PushID>8</PushID><TaskID>9</TaskID></BgbReceiptMessage>"#,
        r#"<BgbReceiptMessage TimeStamp="2020-01-21T15:43:43&#x5A;"><PushID>&#56;</PushID><TaskID>9</TaskID></BgbReceiptMessage>"#,
    ] {
        assert_eq!(ToServer::decode(same.as_bytes()), expected, "{same}");
    }
}

#[test]
fn messages_of_newer_versions_are_skipped() {
    for unknown in ["<BgbPraiseMessage/>", "<BgbPraiseMessage><For><All/></For></BgbPraiseMessage>"] {
        assert_eq!(ToServer::decode(unknown.as_bytes()), Ok(None), "{unknown}");
        assert_eq!(ToAgent::decode(unknown.as_bytes()), Ok(None), "{unknown}");
    }
}

#[test]
fn what_no_message_needs_is_refused() {
    for (xml, why) in [
        ("<!DOCTYPE a><BgbKeepAliveMessage/>", Malformed::Forbidden { what: "a DOCTYPE" }),
        (
            r#"<!DOCTYPE a [<!ENTITY e "x"><!ENTITY f "&e;&e;">]><BgbKeepAliveMessage/>"#,
            Malformed::Forbidden { what: "a DOCTYPE" },
        ),
        (
            "<BgbKeepAliveMessage><A><![CDATA[x]]></A></BgbKeepAliveMessage>",
            Malformed::Forbidden { what: "a CDATA section" },
        ),
        ("<?run me?><BgbKeepAliveMessage/>", Malformed::Forbidden { what: "a processing instruction" }),
        ("<BgbKeepAliveMessage><!-- x --></BgbKeepAliveMessage>", Malformed::Forbidden { what: "a comment" }),
        ("<BgbKeepAliveMessage><A>&e;</A></BgbKeepAliveMessage>", Malformed::Entity),
        (r#"<BgbKeepAliveMessage A="&e;"/>"#, Malformed::Entity),
        ("<BgbKeepAliveMessage><A/><B/><A/></BgbKeepAliveMessage>", Malformed::Twice),
        (r#"<BgbKeepAliveMessage A="1" A="1"/>"#, Malformed::Twice),
        (r#"<BgbKeepAliveMessage><A b="1" b="2"/></BgbKeepAliveMessage>"#, Malformed::Twice),
        (r#"<?xml version="1.0" encoding="UTF-16"?><BgbKeepAliveMessage/>"#, Malformed::NotUtf8),
        (r#"<?xml version="1.0" encoding="latin1"?><BgbKeepAliveMessage/>"#, Malformed::NotUtf8),
        ("\u{feff}<BgbKeepAliveMessage/>", Malformed::NotUtf8),
        ("<BgbKeepAliveMessage><A>&#0;</A></BgbKeepAliveMessage>", Malformed::Entity),
        ("<BgbKeepAliveMessage><A>&#8;</A></BgbKeepAliveMessage>", Malformed::Character),
        (r#"<BgbKeepAliveMessage A="&#8;"/>"#, Malformed::Character),
        ("<BgbKeepAliveMessage><A>\u{1}</A></BgbKeepAliveMessage>", Malformed::Character),
    ] {
        check(xml, why);
    }
    assert_eq!(ToServer::decode(b"<BgbKeepAliveMessage\xff/>"), Err(Malformed::NotUtf8));
    assert_eq!(ToServer::decode(b"\xff\xfe<\0B\0g\0b\0"), Err(Malformed::NotUtf8));
}

#[test]
fn what_is_not_one_element_is_refused() {
    for xml in [
        "",
        "  ",
        "keep alive",
        "<BgbKeepAliveMessage>",
        "<BgbKeepAliveMessage></Other>",
        "<BgbKeepAliveMessage/><BgbKeepAliveMessage/>",
        "<BgbKeepAliveMessage/>x",
        "x<BgbKeepAliveMessage/>",
        "<BgbKeepAliveMessage>x</BgbKeepAliveMessage>",
        "</BgbKeepAliveMessage>",
        "<BgbKeepAliveMessage A=1/>",
        "<BgbKeepAliveMessage A/>",
        r#"<BgbKeepAliveMessage A="<"/>"#,
        "<BgbKeepAliveMessage><A>&</A></BgbKeepAliveMessage>",
        r#"<BgbKeepAliveMessage/><?xml version="1.0"?>"#,
        r#" <?xml version="1.0"?><BgbKeepAliveMessage/>"#,
        r#"<?xml version="1.1"?><BgbKeepAliveMessage/>"#,
    ] {
        check(xml, Malformed::Syntax);
    }
}

#[test]
fn a_bomb_of_parts_is_refused() {
    let many: String = (0..100).map(|number| format!("<A{number}/>")).collect();
    check(&format!("<BgbKeepAliveMessage>{many}</BgbKeepAliveMessage>"), Malformed::TooMuch);
    let many: String = (0..100).map(|number| format!(" a{number}=\"\"")).collect();
    check(&format!("<BgbKeepAliveMessage{many}/>"), Malformed::TooMuch);
    let deep = "<A>".repeat(1_000);
    check(&format!("<BgbKeepAliveMessage>{deep}"), Malformed::TooMuch);
}

#[test]
fn members_that_are_wrong_are_named() {
    for (from, to, why) in [
        ("<PushID>8</PushID>", "", Malformed::Missing { element: "PushID" }),
        (" TimeStamp=\"2020-01-21T15:43:43Z\"", "", Malformed::Missing { element: "TimeStamp" }),
        ("2020-01-21T15:43:43Z", "yesterday", Malformed::Value { element: "TimeStamp" }),
        (">8<", "><", Malformed::Value { element: "PushID" }),
        (">8<", ">-8<", Malformed::Value { element: "PushID" }),
        (">8<", ">+8<", Malformed::Value { element: "PushID" }),
        (">8<", "> 8<", Malformed::Value { element: "PushID" }),
        (">8<", ">8.0<", Malformed::Value { element: "PushID" }),
        (">8<", ">18446744073709551616<", Malformed::Value { element: "PushID" }),
        (">8<", "><A/>8<", Malformed::Value { element: "PushID" }),
    ] {
        check(&KEPT.replace(from, to), why);
    }
}

#[test]
fn what_is_too_long_is_refused() {
    let response = |detail: &str| {
        format!(
            r#"<BgbResponseMessage TimeStamp="2020-01-21T15:43:43Z"><PushID>8</PushID><TaskID>9</TaskID><ReturnCode>-2147483648</ReturnCode><Detail>{detail}</Detail></BgbResponseMessage>"#
        )
    };
    assert!(ToServer::decode(response(&"x".repeat(4096)).as_bytes()).is_ok());
    check(&response(&"x".repeat(4097)), Malformed::TooLong { element: "Detail" });

    let confirm = |count: usize| {
        format!("<BgbConfirmMessage><Answers>{}</Answers></BgbConfirmMessage>", "1/2 ".repeat(count))
    };
    assert!(ToAgent::decode(confirm(MOST_ENTRIES).as_bytes()).is_ok());
    assert_eq!(ToAgent::decode(confirm(MOST_ENTRIES + 1).as_bytes()), Err(Malformed::TooMuch));
}

#[test]
fn a_message_in_the_wrong_direction_is_refused() {
    assert_eq!(ToAgent::decode(KEPT.as_bytes()), Err(Malformed::WrongWay));
    let cancel =
        "<BgbCancelMessage><TaskGUID>A43DD1B3-A006-4604-B012-5529380B3B6F</TaskGUID></BgbCancelMessage>";
    check(cancel, Malformed::WrongWay);
}

#[track_caller]
fn check(xml: &str, why: Malformed) {
    let shown: String = xml.chars().take(120).collect();
    assert_eq!(ToServer::decode(xml.as_bytes()), Err(why), "{shown}");
}
