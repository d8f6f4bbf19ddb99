//! What this agent does about each kind of action.

use action::ActionKind;
use device_channel::ReturnCode;

use crate::schedule::Work;

/// What is done about a kind of action.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Handling {
    /// It is answered at once.
    Answer(ReturnCode, &'static str),
    /// A run of this work answers it.
    Run(Work, Repeat),
}

/// Whether a run that the agent's end interrupted may be begun again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Repeat {
    /// To run it twice is to run it once: it brings about a state.
    Safe,
    /// It may have had its effect: it is answered as interrupted.
    Never,
}

/// Returns what this agent does about a kind.
pub(crate) fn handling(kind: ActionKind) -> Handling {
    match kind {
        ActionKind::MACHINE_POLICY => Handling::Run(Work::MachinePolicy, Repeat::Safe),
        ActionKind::USER_POLICY => Handling::Run(Work::UserPolicy, Repeat::Safe),
        ActionKind::PROBE => Handling::Answer(ReturnCode::SUCCESS, ""),
        ActionKind::APPLICATIONS | ActionKind::INSTALL_APPLICATION => {
            Handling::Run(Work::Applications, Repeat::Safe)
        }
        ActionKind::COLLECT_LOGS => Handling::Run(Work::Logs, Repeat::Safe),
        ActionKind::LOG_LEVEL => Handling::Run(Work::LogLevel, Repeat::Safe),
        _ => Handling::Answer(ReturnCode::NOT_SUPPORTED, "this agent does not know the type"),
    }
}
