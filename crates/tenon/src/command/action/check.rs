//! `tenon action check`: what would become of an action, before it is asked for.

use std::{process::ExitCode, time::Duration};

use console_api::{ActionCheck, CheckedSite, Client, NewAction, ThrottleForecast};

use super::{Run, ask, show};
use crate::{exit, print, session::refused};

/// Asks, and prints what the sites say. The exit code says whether all of them would take it.
pub(super) async fn run(client: &Client, asked: Run, json: bool) -> anyhow::Result<ExitCode> {
    let new = ask::new_action(client, &asked).await?;
    let check = client.check_action(&new).await.map_err(refused)?;
    if json {
        print::json(&check)?;
    } else {
        tell(&new, &check)?;
    }
    Ok(ExitCode::from(if check.allowed { exit::DONE } else { exit::NOT_ALL_DONE }))
}

fn tell(new: &NewAction, check: &ActionCheck) -> anyhow::Result<()> {
    print::line(&format!("{}: nothing is run, this is a check", new.kind.0.title()))?;
    print::line(&format!(
        "{} devices, {} of them online now; {} would be refused",
        check.devices, check.online, check.refused
    ))?;
    print::line(&format!("devices that are offline get it when they come, until {}", check.deliver_by))?;
    for site in &check.sites {
        print::line("")?;
        tell_site(site)?;
    }
    Ok(())
}

fn tell_site(site: &CheckedSite) -> anyhow::Result<()> {
    if let Some(unanswered) = &site.unanswered {
        print::line(&format!("site {}: no answer. {}", site.site, print::clean(unanswered)))?;
        return Ok(());
    }
    let verdict = match &site.rule {
        Some(rule) => format!("would be allowed by {}", print::clean(rule)),
        None => "would be refused".to_owned(),
    };
    print::line(&format!("site {}: {verdict}", site.site))?;
    for why in site.why.iter().chain(&site.waits) {
        show::because(why)?;
    }
    if let Some(throttle) = &site.throttle {
        print::line(&format!("  throttle: {}", in_words(throttle)))?;
    }
    if let Some(ends_by) = site.ends_by {
        print::line(&format!("  ended by {ends_by}, whatever happens"))?;
    }
    if !site.refused.is_empty() {
        let rows: Vec<_> = site
            .refused
            .iter()
            .map(|refused| {
                vec![refused.device.to_string(), refused.why.text.clone(), refused.why.fix.clone()]
            })
            .collect();
        print::table(&["REFUSED", "WHY", "FIX"], &rows)?;
    }
    Ok(())
}

fn in_words(throttle: &ThrottleForecast) -> String {
    let pace = match throttle.strategy {
        0 => "none".to_owned(),
        1 => format!("{} clients a second", throttle.param),
        2 => format!("{} unanswered tasks at most", throttle.param),
        3 => format!("spread over {} s", throttle.param),
        other => format!("strategy {other}, param {}", throttle.param),
    };
    let ahead = format!("{} tasks ahead", throttle.ahead);
    match throttle.seconds.map(Duration::from_secs) {
        Some(time) => format!("{pace}, {ahead}: the devices online now have it within {} s", time.as_secs()),
        None => format!("{pace}, {ahead}: how long that takes depends on the answers"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throttle_is_told_in_words() {
        for (strategy, param, seconds, words) in [
            (0, 0, Some(0), "none, 3 tasks ahead: the devices online now have it within 0 s"),
            (1, 42, Some(7), "42 clients a second, 3 tasks ahead: the devices online now have it within 7 s"),
            (
                2,
                5,
                None,
                "5 unanswered tasks at most, 3 tasks ahead: how long that takes depends on the answers",
            ),
        ] {
            assert_eq!(in_words(&ThrottleForecast { strategy, param, ahead: 3, seconds }), words);
        }
    }
}
