//! From XML to messages. Members that are not known are skipped; those that are needed and missing, wrong or twice are
//! refused.

use std::str::FromStr;

use action::{ActionKind, Timestamp};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    Cancel, Confirm, LONGEST_DETAIL, LONGEST_PARAM, LONGEST_TEXT, MOST_ENTRIES, MOST_PROOF_HASHES, Progress,
    PushedTask, Receipt, Redirect, Request, Response, Restarting, ReturnCode, SignIn, SignInConfirm,
    SignInRefusal, SignInRefused, ToAgent, ToServer, usual,
    xml::{self, Element},
};

/// What is wrong with a message. Repeats nothing of it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Malformed {
    /// It is in another encoding than UTF-8, or says so.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// It holds characters that XML does not allow.
    #[error("it holds a character that XML does not allow")]
    Character,
    /// It is not well-formed.
    #[error("it is not well-formed XML with one root")]
    Syntax,
    /// It uses a part of XML that messages do not need.
    #[error("it holds {what}, which no message may")]
    Forbidden {
        /// Which.
        what: &'static str,
    },
    /// It refers to an entity that it would have to define.
    #[error("it refers to an entity that is not one of XML's own five")]
    Entity,
    /// An element or attribute stands twice.
    #[error("an element or attribute stands twice")]
    Twice,
    /// It has more parts, or they are nested deeper, than any message.
    #[error("it has too many parts")]
    TooMuch,
    /// The message is one that only this end sends.
    #[error("it goes the other way")]
    WrongWay,
    /// Something is missing.
    #[error("`{element}` is missing")]
    Missing {
        /// What.
        element: &'static str,
    },
    /// Something is not of its kind.
    #[error("`{element}` is not valid")]
    Value {
        /// What.
        element: &'static str,
    },
    /// Something is too long.
    #[error("`{element}` is too long")]
    TooLong {
        /// What.
        element: &'static str,
    },
}

impl ToServer {
    /// Reads a message of an agent; `None` for one that this version does not know.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        match usual::read(bytes) {
            Some(message) => Ok(Some(message)),
            None => Self::decode_xml(bytes),
        }
    }

    pub(crate) fn decode_xml(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let message = Fields(xml::read(bytes)?);
        Ok(Some(match message.0.name.as_str() {
            "BgbSignInMessage" => ToServer::SignIn(message.sign_in()?),
            "BgbReceiptMessage" => {
                ToServer::Receipt(Receipt { at: message.time_stamp()?, task: message.task()? })
            }
            "BgbProgressMessage" => ToServer::Progress(Progress {
                at: message.time_stamp()?,
                task: message.task()?,
                percent: message.percent()?,
            }),
            "BgbResponseMessage" => ToServer::Response(message.response()?),
            "BgbKeepAliveMessage" => ToServer::KeepAlive,
            "BgbSignInConfirmMessage"
            | "BgbSignInRefusedMessage"
            | "BgbRedirectMessage"
            | "BgbRequestMessage"
            | "BgbConfirmMessage"
            | "BgbCancelMessage"
            | "BgbRestartingMessage" => return Err(Malformed::WrongWay),
            _ => return Ok(None),
        }))
    }
}

impl ToAgent {
    /// Reads a message of a notification server; `None` for one that this version does not know.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let message = Fields(xml::read(bytes)?);
        Ok(Some(match message.0.name.as_str() {
            "BgbSignInConfirmMessage" => ToAgent::SignInConfirm(SignInConfirm {
                message_version: message.number("MessageVersion")?,
                keep_alive_seconds: message.number("KeepAliveSeconds")?,
                site_time: message.text("SiteTime", LONGEST_TEXT)?.to_owned(),
            }),
            "BgbSignInRefusedMessage" => ToAgent::SignInRefused(SignInRefused {
                reason: SignInRefusal::named(message.text("Reason", LONGEST_TEXT)?),
                retry_after_seconds: message.number("RetryAfterSeconds")?,
            }),
            "BgbRedirectMessage" => ToAgent::Redirect(Redirect { servers: message.servers()? }),
            "BgbRequestMessage" => ToAgent::Request(Box::new(message.request()?)),
            "BgbConfirmMessage" => ToAgent::Confirm(Confirm { answers: message.answers()? }),
            "BgbCancelMessage" => ToAgent::Cancel(Cancel { task_guid: message.parsed("TaskGUID")? }),
            "BgbKeepAliveMessage" => ToAgent::KeepAlive,
            "BgbRestartingMessage" => {
                ToAgent::Restarting(Restarting { within_seconds: message.number("WithinSeconds")? })
            }
            "BgbSignInMessage" | "BgbReceiptMessage" | "BgbProgressMessage" | "BgbResponseMessage" => {
                return Err(Malformed::WrongWay);
            }
            _ => return Ok(None),
        }))
    }
}

/// A message whose members are being read.
struct Fields(Element);

impl Fields {
    fn sign_in(&self) -> Result<SignIn, Malformed> {
        Ok(SignIn {
            device: self.parsed("DeviceID")?,
            enrolment: self.parsed("EnrolmentID")?,
            boot: self.parsed("BootID")?,
            client_version: self.text("ClientVersion", LONGEST_TEXT)?.to_owned(),
            message_version: self.number("MessageVersion")?,
            highest_epoch: self.number("HighestEpoch")?,
            highest_push: action::PushId(self.number("HighestPushID")?),
        })
    }

    fn response(&self) -> Result<Response, Malformed> {
        let detail = match self.0.child("Detail")? {
            Some(detail) if detail.len() > LONGEST_DETAIL => {
                return Err(Malformed::TooLong { element: "Detail" });
            }
            Some(detail) => detail.to_owned(),
            None => String::new(),
        };
        Ok(Response {
            at: self.time_stamp()?,
            task: self.task()?,
            code: ReturnCode(self.signed("ReturnCode")?),
            detail,
            repeated: self.0.child("Repeated")?.is_some(),
        })
    }

    fn request(&self) -> Result<Request, Malformed> {
        let proof = self.base64("Proof", MOST_PROOF_HASHES * 32)?;
        if proof.len() % 32 != 0 {
            return Err(Malformed::Value { element: "Proof" });
        }
        Ok(Request {
            push_id: action::PushId(self.number("PushID")?),
            task_id: action::TaskId(self.number("TaskID")?),
            task_guid: self.parsed("TaskGUID")?,
            kind: ActionKind(self.number("TaskType")?),
            param: self.text("TaskParam", LONGEST_PARAM)?.to_owned(),
            epoch: self.number("Epoch")?,
            key_id: self.hexadecimal("KeyID")?,
            request_hash: self.hexadecimal("RequestHash")?,
            issued_at: self.parsed("IssuedAt")?,
            valid_until: self.parsed("ValidUntil")?,
            deliver_by: self.parsed("DeliverBy")?,
            finish_within_seconds: self.number("FinishWithinSeconds")?,
            tree_size: self.number("TreeSize")?,
            leaf_index: self.number("LeafIndex")?,
            proof: proof.chunks_exact(32).filter_map(|hash| hash.try_into().ok()).collect(),
            signature: self
                .base64("Signature", 64)?
                .try_into()
                .map_err(|_| Malformed::Value { element: "Signature" })?,
        })
    }

    fn answers(&self) -> Result<Vec<PushedTask>, Malformed> {
        let wrong = Malformed::Value { element: "Answers" };
        let text = self.text("Answers", LARGEST_LIST)?;
        if text.split_ascii_whitespace().count() > MOST_ENTRIES {
            return Err(Malformed::TooMuch);
        }
        let pair = |entry: &str| {
            let (push, task) = entry.split_once('/')?;
            Some(PushedTask {
                push_id: action::PushId(decimal(push)?),
                task_id: action::TaskId(decimal(task)?),
            })
        };
        text.split_ascii_whitespace().map(|entry| pair(entry).ok_or_else(|| wrong.clone())).collect()
    }

    fn servers(&self) -> Result<Vec<String>, Malformed> {
        let text = self.text("Servers", LARGEST_LIST)?;
        let servers: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
        if servers.len() > MOST_ENTRIES { Err(Malformed::TooMuch) } else { Ok(servers) }
    }

    fn task(&self) -> Result<PushedTask, Malformed> {
        Ok(PushedTask {
            push_id: action::PushId(self.number("PushID")?),
            task_id: action::TaskId(self.number("TaskID")?),
        })
    }

    fn percent(&self) -> Result<u8, Malformed> {
        let percent = self.number("Percent")?;
        if percent > 100 { Err(Malformed::Value { element: "Percent" }) } else { Ok(percent) }
    }

    fn time_stamp(&self) -> Result<Timestamp, Malformed> {
        let element = "TimeStamp";
        let text = self.0.attribute(element).ok_or(Malformed::Missing { element })?;
        text.parse().map_err(|_| Malformed::Value { element })
    }

    fn required(&self, element: &'static str) -> Result<&str, Malformed> {
        self.0.child(element)?.ok_or(Malformed::Missing { element })
    }

    fn text(&self, element: &'static str, longest: usize) -> Result<&str, Malformed> {
        let text = self.required(element)?;
        if text.len() > longest { Err(Malformed::TooLong { element }) } else { Ok(text) }
    }

    fn parsed<T: FromStr>(&self, element: &'static str) -> Result<T, Malformed> {
        self.required(element)?.parse().map_err(|_| Malformed::Value { element })
    }

    fn number<T: TryFrom<u64>>(&self, element: &'static str) -> Result<T, Malformed> {
        decimal(self.required(element)?)
            .and_then(|number| T::try_from(number).ok())
            .ok_or(Malformed::Value { element })
    }

    fn signed(&self, element: &'static str) -> Result<i32, Malformed> {
        let text = self.required(element)?;
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        decimal(digits)
            .and_then(|number| i64::try_from(number).ok())
            .and_then(|number| i32::try_from(sign * number).ok())
            .ok_or(Malformed::Value { element })
    }

    fn hexadecimal<const N: usize>(&self, element: &'static str) -> Result<[u8; N], Malformed> {
        let mut bytes = [0; N];
        hex::decode_to_slice(self.required(element)?, &mut bytes)
            .map_err(|_| Malformed::Value { element })?;
        Ok(bytes)
    }

    fn base64(&self, element: &'static str, most: usize) -> Result<Vec<u8>, Malformed> {
        let bytes = STANDARD.decode(self.required(element)?).map_err(|_| Malformed::Value { element })?;
        if bytes.len() > most { Err(Malformed::TooLong { element }) } else { Ok(bytes) }
    }
}

/// The longest text that lists entries, in bytes: two numbers of 20 digits each.
const LARGEST_LIST: usize = MOST_ENTRIES * 42;

/// Reads a number of nothing but digits.
fn decimal(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
