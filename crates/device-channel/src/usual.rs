//! Receipts and plain answers, read without a reader of XML where they stand in the very bytes that [`ToServer::encode`]
//! writes: they are nearly all that a server hears. Whatever differs by one byte is read as XML, and means the same.

use action::{PushId, TaskId};

use crate::{PushedTask, Receipt, Response, ReturnCode, ToServer};

/// Reads a message that is written as this crate writes it; `None` for any other, valid or not.
pub(crate) fn read(bytes: &[u8]) -> Option<ToServer> {
    let text = std::str::from_utf8(bytes).ok()?.strip_prefix("<Bgb")?;
    let (is_receipt, rest) = match text.strip_prefix("ReceiptMessage TimeStamp=\"") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix("ResponseMessage TimeStamp=\"")?),
    };
    let (at, rest) = rest.split_once("\"><PushID>")?;
    let (push, rest) = rest.split_once("</PushID><TaskID>")?;
    let (task, rest) = rest.split_once("</TaskID>")?;
    let at = at.parse().ok()?;
    let task = PushedTask { push_id: PushId(digits(push)?), task_id: TaskId(digits(task)?) };
    if is_receipt {
        return (rest == "</BgbReceiptMessage>").then_some(ToServer::Receipt(Receipt { at, task }));
    }
    let code = rest.strip_prefix("<ReturnCode>")?.strip_suffix("</ReturnCode></BgbResponseMessage>")?;
    let code = ReturnCode(i32::try_from(digits(code)?).ok()?);
    Some(ToServer::Response(Response { at, task, code, detail: String::new(), repeated: false }))
}

fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use action::Timestamp;
    use proptest::prelude::*;

    use super::*;

    const AT: Timestamp = Timestamp(1_579_621_423_000);
    const TASK: PushedTask = PushedTask { push_id: PushId(8), task_id: TaskId(9) };

    fn answer(code: i32, detail: &str, repeated: bool) -> ToServer {
        let (at, task, code, detail) = (AT, TASK, ReturnCode(code), detail.to_owned());
        ToServer::Response(Response { at, task, code, detail, repeated })
    }

    #[test]
    fn receipts_and_plain_answers_are_read_and_the_rest_is_left_to_xml() {
        for (message, is_usual) in [
            (ToServer::Receipt(Receipt { at: AT, task: TASK }), true),
            (answer(1, "", false), true),
            (answer(0, "", false), true),
            (answer(-7, "", false), false),
            (answer(0, "no <space> left", false), false),
            (answer(1, "", true), false),
            (ToServer::KeepAlive, false),
        ] {
            let text = message.encode();
            let expected = is_usual.then_some(message);
            assert_eq!(read(text.as_bytes()), expected, "{text}");
        }
    }

    proptest! {
        /// What is read here means the same as XML, whatever byte is changed.
        #[test]
        fn nothing_is_read_that_xml_reads_otherwise(
            receipt in any::<bool>(),
            at in any::<prop::sample::Index>(),
            with in prop::option::of("[ -~]{0,3}"),
        ) {
            let message =
                if receipt { ToServer::Receipt(Receipt { at: AT, task: TASK }) } else { answer(1, "", false) };
            let mut text = message.encode();
            if let Some(with) = with {
                let at = at.index(text.len());
                text.replace_range(at..at + 1, &with);
            }
            if let Some(read) = read(text.as_bytes()) {
                prop_assert_eq!(ToServer::decode_xml(text.as_bytes()), Ok(Some(read)), "{}", text);
            }
        }
    }
}
