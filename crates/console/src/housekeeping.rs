//! What happens by itself: overdue actions end, receipts are written down, and what is old is forgotten.

use std::time::Duration;

use service::{error::Chain, shutdown::Shutdown};

use crate::state::Console;

/// How often overdue actions are looked for: an action ends at most this much after its time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long the last answer of a site about a device is kept for the person who asked: what is older helps nobody.
const ANSWERS_KEPT: Duration = Duration::from_hours(30 * 24);

/// How long events are kept that no attempt delivered: time to notice, mend the other side, and have them sent again.
const DEAD_LETTERS_KEPT: Duration = Duration::from_hours(30 * 24);

/// How often the store is swept, in looks.
const SWEEP_EVERY: u32 = 600;

/// Runs until the shutdown begins; what waits to be written is written then.
pub(crate) async fn run(console: Console, shutdown: Shutdown) {
    let mut looks = 0u32;
    loop {
        let ended = tokio::select! {
            () = shutdown.begun() => true,
            () = tokio::time::sleep(LOOK_EVERY) => false,
        };
        pass(&console, looks.is_multiple_of(SWEEP_EVERY)).await;
        if ended {
            return;
        }
        looks = looks.wrapping_add(1);
    }
}

async fn pass(console: &Console, sweep: bool) {
    if let Err(error) = console.outbox().flush().await {
        console.log().error(format_args!("Failed to write receipts of sites: {}", Chain(&error)));
    }
    match console.store().expire(console.now()).await {
        Ok(0) => {}
        Ok(ended) => {
            console.log().info(format_args!("Ended {ended} overdue actions that no site had taken."))
        }
        Err(error) => console.log().error(format_args!("Failed to end overdue actions: {}", Chain(&error))),
    }
    if sweep {
        let letters = console.now().minus(DEAD_LETTERS_KEPT);
        if let Err(error) = console.store().forget_dead_letters_before(letters).await {
            console.log().error(format_args!("Failed to forget dead letters: {}", Chain(&error)));
        }
        let before = console.now().minus(ANSWERS_KEPT);
        if let Err(error) = console.store().forget_answers_before(before).await {
            console.log().error(format_args!("Failed to forget what sites answered: {}", Chain(&error)));
        }
        loop {
            let config = console.config();
            match console.store().sweep(console.now(), config.keep_actions, config.keep_audit).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    console.log().error(format_args!("Failed to forget what is old: {}", Chain(&error)));
                    break;
                }
            }
        }
    }
}
