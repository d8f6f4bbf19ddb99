//! From messages to XML.

use action::Timestamp;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    KEEP_ALIVE, LONGEST_DETAIL, MOST_ENTRIES, PushedTask, Request, Response, SignIn, ToAgent, ToServer,
    frame,
    xml::{Writer, allowed},
};

impl ToServer {
    /// Writes the message, as it also stands in the agent's log.
    pub fn encode(&self) -> String {
        match self {
            ToServer::SignIn(sign_in) => sign_in_message(sign_in),
            ToServer::Receipt(receipt) => about("BgbReceiptMessage", receipt.at, receipt.task).finish(),
            ToServer::Progress(progress) => about("BgbProgressMessage", progress.at, progress.task)
                .value("Percent", progress.percent.min(100))
                .finish(),
            ToServer::Response(response) => response_message(response),
            ToServer::KeepAlive => KEEP_ALIVE.to_owned(),
        }
    }

    /// Writes the message as a frame.
    pub fn frame(&self) -> Vec<u8> {
        frame(&self.encode())
    }
}

impl ToAgent {
    /// Writes the message.
    pub fn encode(&self) -> String {
        match self {
            ToAgent::SignInConfirm(confirm) => Writer::new("BgbSignInConfirmMessage")
                .value("MessageVersion", confirm.message_version)
                .value("KeepAliveSeconds", confirm.keep_alive_seconds)
                .text("SiteTime", &confirm.site_time)
                .finish(),
            ToAgent::SignInRefused(refused) => Writer::new("BgbSignInRefusedMessage")
                .text("Reason", refused.reason.name())
                .value("RetryAfterSeconds", refused.retry_after_seconds)
                .finish(),
            ToAgent::Redirect(redirect) => {
                let servers: Vec<&str> =
                    redirect.servers.iter().take(MOST_ENTRIES).map(String::as_str).collect();
                Writer::new("BgbRedirectMessage").text("Servers", &servers.join(" ")).finish()
            }
            ToAgent::Request(request) => request_message(request),
            ToAgent::Confirm(confirm) => {
                let pair = |task: &PushedTask| format!("{}/{}", task.push_id, task.task_id);
                let answers: Vec<String> = confirm.answers.iter().take(MOST_ENTRIES).map(pair).collect();
                Writer::new("BgbConfirmMessage").value("Answers", answers.join(" ")).finish()
            }
            ToAgent::Cancel(cancel) => {
                Writer::new("BgbCancelMessage").value("TaskGUID", cancel.task_guid.upper()).finish()
            }
            ToAgent::KeepAlive => KEEP_ALIVE.to_owned(),
            ToAgent::Restarting(restarting) => {
                Writer::new("BgbRestartingMessage").value("WithinSeconds", restarting.within_seconds).finish()
            }
        }
    }

    /// Writes the message as a frame.
    pub fn frame(&self) -> Vec<u8> {
        frame(&self.encode())
    }
}

fn sign_in_message(sign_in: &SignIn) -> String {
    Writer::new("BgbSignInMessage")
        .value("DeviceID", sign_in.device)
        .value("EnrolmentID", sign_in.enrolment)
        .value("BootID", sign_in.boot)
        .text("ClientVersion", &sign_in.client_version)
        .value("MessageVersion", sign_in.message_version)
        .value("HighestEpoch", sign_in.highest_epoch)
        .value("HighestPushID", sign_in.highest_push)
        .finish()
}

fn response_message(response: &Response) -> String {
    let mut message =
        about("BgbResponseMessage", response.at, response.task).value("ReturnCode", response.code.0);
    if !response.detail.is_empty() {
        message = message.text("Detail", cut(&allowed(&response.detail), LONGEST_DETAIL));
    }
    if response.repeated {
        message = message.flag("Repeated");
    }
    message.finish()
}

fn request_message(request: &Request) -> String {
    Writer::new("BgbRequestMessage")
        .value("PushID", request.push_id)
        .value("TaskID", request.task_id)
        .value("TaskGUID", request.task_guid.upper())
        .value("TaskType", request.kind.0)
        .text("TaskParam", &request.param)
        .value("Epoch", request.epoch)
        .value("KeyID", hex::encode(request.key_id))
        .value("RequestHash", hex::encode(request.request_hash))
        .value("IssuedAt", request.issued_at)
        .value("ValidUntil", request.valid_until)
        .value("DeliverBy", request.deliver_by)
        .value("FinishWithinSeconds", request.finish_within_seconds)
        .value("TreeSize", request.tree_size)
        .value("LeafIndex", request.leaf_index)
        .value("Proof", STANDARD.encode(request.proof.as_flattened()))
        .value("Signature", STANDARD.encode(request.signature))
        .finish()
}

/// Begins what an agent reports of a task.
fn about(name: &'static str, at: Timestamp, task: PushedTask) -> Writer {
    Writer::new(name)
        .attribute("TimeStamp", &seconds(at))
        .value("PushID", task.push_id)
        .value("TaskID", task.task_id)
}

/// Writes a moment in whole seconds, as the field does.
fn seconds(at: Timestamp) -> String {
    let text = at.to_string();
    text.split_once('.').map_or(text.clone(), |(whole, _)| format!("{whole}Z"))
}

/// Returns the beginning of a text, at most `longest` bytes of it.
fn cut(text: &str, longest: usize) -> &str {
    if text.len() <= longest { text } else { &text[..text.floor_char_boundary(longest)] }
}
