//! Discovery data: tells the site what the device is.

use device_channel::ReturnCode;
use management_link::{Call, StateMessage};
use service::error::Chain;

use super::{Order, Report};
use crate::{
    desk::Outcome,
    facts,
    schedule::{Ended, Work},
};

pub(super) async fn run(order: &Order) -> Report {
    let call = Call::State(StateMessage::Discovery(facts::discover(order.name.as_deref())));
    let sent = async { order.credentials.management().await?.call(&call).await };
    match sent.await {
        Ok(_) => {
            let outcome = Outcome { code: ReturnCode::SUCCESS, detail: String::new(), ended: Ended::Well };
            Report::new(Work::Discovery, outcome)
        }
        Err(error) => Report::failed(Work::Discovery, Chain(&error).to_string()),
    }
}
