//! Reports: sends the state message that the site did not get.

use device_channel::ReturnCode;
use management_link::Call;
use service::error::Chain;

use super::{Order, Report};
use crate::{
    desk::Outcome,
    schedule::{Ended, Work},
};

pub(super) async fn run(order: Order) -> Report {
    let Order { credentials, unsent, .. } = order;
    let sent = match unsent {
        None => Ok(()),
        Some(message) => {
            let send = async { credentials.management().await?.call(&Call::State(message)).await };
            send.await.map(drop)
        }
    };
    match sent {
        Ok(()) => {
            let outcome = Outcome { code: ReturnCode::SUCCESS, detail: String::new(), ended: Ended::Well };
            Report { sent: true, ..Report::new(Work::Reports, outcome) }
        }
        Err(error) => Report::failed(Work::Reports, Chain(&error).to_string()),
    }
}
