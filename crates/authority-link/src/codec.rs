//! Calls and answers as JSON.
//!
//! What enters the authority is read strictly: an unknown or repeated member is refused (but skipped beside a call that
//! has no members, where it cannot be mistaken for one). In an answer a caller skips
//! what it does not know, so that an authority may be newer than its callers.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Answer, Call, LARGEST_FRAME, Numbered};

/// A frame that is no message. Repeats nothing of it but names of members: it may hold a secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotUnderstood {
    /// It is larger than any message.
    #[error("the frame has {length} bytes, where at most {LARGEST_FRAME} are taken")]
    TooLarge {
        /// Its length.
        length: usize,
    },
    /// It is no JSON of a message's shape.
    #[error("the frame is not understood: {what} at line {line}, column {column}")]
    Json {
        /// What was expected.
        what: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
}

/// Joins this wire with whatever moves its frames. A program's caller is made of these three.
#[derive(Clone, Copy, Debug)]
pub struct Codec;

impl Codec {
    /// Writes a call.
    pub fn encode(number: u64, call: &Call) -> Vec<u8> {
        encode_call(number, call)
    }

    /// Reads an answer and the number of its call.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the frame.
    pub fn decode(frame: &[u8]) -> Result<(u64, Answer), String> {
        decode_answer(frame).map_err(|error| error.to_string())
    }

    /// Returns why an introduction was refused, where `answer` says so.
    pub fn refused(answer: &Answer) -> Option<String> {
        match answer {
            Answer::Done => None,
            Answer::Failed { what, .. } => Some(what.clone()),
            _ => Some("the authority answered an introduction with something else".to_owned()),
        }
    }
}

/// Writes a call.
pub fn encode_call(number: u64, call: &Call) -> Vec<u8> {
    encode(number, call)
}

/// Writes an answer; one that is too large for a frame becomes [`Answer::Failed`], so that its caller hears something.
pub fn encode_answer(number: u64, answer: &Answer) -> Vec<u8> {
    let frame = encode(number, answer);
    if frame.len() <= LARGEST_FRAME {
        return frame;
    }
    let what = format!("the answer has {} bytes, where a frame takes {LARGEST_FRAME}", frame.len());
    encode(number, &Answer::Failed { what, transient: false })
}

/// Reads a call and its number.
///
/// # Errors
///
/// Says what is wrong with the frame.
pub fn decode_call(frame: &[u8]) -> Result<(u64, Call), NotUnderstood> {
    decode(frame)
}

/// Reads an answer and the number of its call.
///
/// # Errors
///
/// Says what is wrong with the frame.
pub fn decode_answer(frame: &[u8]) -> Result<(u64, Answer), NotUnderstood> {
    decode(frame)
}

fn encode<T: Serialize>(number: u64, body: &T) -> Vec<u8> {
    serde_json::to_vec(&Numbered { number, body }).expect("texts, numbers and lists can be written")
}

fn decode<T: DeserializeOwned>(frame: &[u8]) -> Result<(u64, T), NotUnderstood> {
    if frame.len() > LARGEST_FRAME {
        return Err(NotUnderstood::TooLarge { length: frame.len() });
    }
    let read: Result<Numbered<T>, _> = serde_json::from_slice(frame);
    read.map(|message| (message.number, message.body)).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => {
                "a member is missing, unknown, repeated or of the wrong kind"
            }
            serde_json::error::Category::Eof => "it ends too early",
            serde_json::error::Category::Io | serde_json::error::Category::Syntax => "it is not JSON",
        };
        NotUnderstood::Json { what, line: error.line(), column: error.column() }
    })
}
