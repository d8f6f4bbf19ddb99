//! What the program says: messages on the wire, and the field's names in the logs.

use action::Timestamp;
use device_channel::{Progress, PushedTask, Receipt, Response, ToServer};

use crate::{desk::Say, link::Word, schedule::Work};

/// Makes the message of a word.
pub(super) fn wire(word: Say, at: Timestamp) -> Word {
    let (push, message): (_, fn(_, _) -> _) = match word {
        Say::Response(owed) => {
            let push = owed.push;
            let task = PushedTask { push_id: push.push_id, task_id: push.task_id };
            let message = ToServer::Response(Response {
                at: owed.answer.at,
                task,
                code: owed.answer.code,
                detail: owed.answer.detail,
                repeated: owed.repeated,
            });
            return Word { task_guid: push.task_guid, message };
        }
        Say::Receipt(push) => (push, |at, task| ToServer::Receipt(Receipt { at, task })),
        Say::Progress(push) => (push, |at, task| ToServer::Progress(Progress { at, task, percent: 0 })),
    };
    let task = PushedTask { push_id: push.push_id, task_id: push.task_id };
    Word { task_guid: push.task_guid, message: message(at, task) }
}

/// The field's ids of these schedules.
pub(super) fn schedule(work: Work) -> &'static str {
    match work {
        Work::MachinePolicy => "{00000000-0000-0000-0000-000000000021}",
        Work::UserPolicy => "{00000000-0000-0000-0000-000000000026}",
        Work::Applications => "{00000000-0000-0000-0000-000000000121}",
        Work::Discovery => "{00000000-0000-0000-0000-000000000003}",
        Work::Credentials => "{00000000-0000-0000-0000-000000000051}",
        Work::Reports => "{00000000-0000-0000-0000-000000000111}",
        // Not the field's: its clients collect and set outside the scheduler.
        Work::Logs => "{00000000-0000-0000-0000-000000001002}",
        Work::LogLevel => "{00000000-0000-0000-0000-000000001003}",
    }
}

/// Who does the work, as the field's scheduler names them.
pub(super) fn target(work: Work) -> &'static str {
    match work {
        Work::MachinePolicy => "Target: 'direct:PolicyAgent_RequestAssignments', Name: ''",
        Work::UserPolicy => "Target: 'direct:PolicyAgent_RequestUserAssignments', Name: ''",
        Work::Applications => "Target: 'direct:AppIntentEval', Name: 'Application Deployment Evaluation'",
        Work::Discovery => "Target: 'direct:InventoryAgent', Name: 'Discovery'",
        Work::Credentials => "Target: 'direct:CertificateMaintenance', Name: ''",
        Work::Reports => "Target: 'direct:StateMessage', Name: ''",
        Work::Logs => "Target: 'direct:Diagnostics_CollectLogs', Name: ''",
        Work::LogLevel => "Target: 'direct:Diagnostics_LogLevel', Name: ''",
    }
}
