// What each hop writes into its log for an event, in the seed's form, so that the screen and the logs read alike.
import type { Action, HistoryEntry, Hop } from "../../api/words";

export const LOG_FILES: Record<Hop, string> = {
  admin_center: "AdminCenter.log",
  service_connector: "CMGatewayNotificationWorker.log",
  authority: "CMGatewayNotificationWorker.log",
  notification_server: "BgbServer.log",
  agent: "CcmNotificationAgent.log",
};

const TEMPLATES: Record<string, { template: string; type: number }> = {
  "sync-machine-policy": { template: "RequestMachinePolicy", type: 1 },
  "sync-user-policy": { template: "RequestUserPolicy", type: 2 },
  "app-evaluation": { template: "EvaluateApplications", type: 3 },
};

export interface Around {
  tenant: string;
  /** The ResourceID of a device, or of the only one that the action has, where it is known here. */
  resource: (device: string | undefined) => number | undefined;
}

/** Returns the lines of an event. What only the hop itself knows, such as its PushID, is in its own log. */
export function logLines(action: Action, entry: HistoryEntry, around: Around): string[] {
  const known = TEMPLATES[action.kind];
  const template = known?.template ?? action.kind;
  const type = known?.type ?? action.kind;
  const who = `TemplateID: ${template} TenantId: ${around.tenant} AADUserID: ${action.asked_by.id}`;
  const guid = action.task_guid;
  const upper = guid.toUpperCase();
  switch (entry.hop) {
    case "admin_center":
      return [];
    case "service_connector":
    case "authority":
      // Told again with what it waits for: the field has no line for that.
      if (entry.event === "delivered_to_site" && entry.why) return [];
      if (entry.event === "delivered_to_site") {
        return [
          "Received new notification. Validating basic notification details...",
          "Validating device action message content...",
        ];
      }
      if (entry.event === "authorized") return [`Authorized to perform client action. ${who}`];
      if (entry.event === "refused") return [`Unauthorized to perform client action. ${who}`];
      if (entry.event === "queued") {
        const ids = around.resource(entry.device) ?? entry.device ?? "";
        return [
          `Forwarded BGB remote task. TemplateID: ${type} TaskGuid: ${guid} TaskParam: ${action.param} TargetDeviceIDs: ${ids}`,
        ];
      }
      return [];
    case "notification_server":
      if (entry.event === "queued") return ["Get one push message from database."];
      if (entry.event === "sent") {
        return [`Starting to send push task (TaskGUID: ${upper} TaskType: ${type} TaskParam: ${action.param})`];
      }
      return [];
    case "agent":
      if (entry.event === "received" || entry.event === "running") {
        return [`Receive task from server with taskguid=${upper}, tasktype=${type} and taskParam=${action.param}`];
      }
      if (entry.event === "done") {
        return [`Send Task response message <BgbResponseMessage TimeStamp="${entry.at}">…<ReturnCode>1</ReturnCode></BgbResponseMessage> successfully.`];
      }
      if (entry.event === "failed" || entry.event === "not_supported") {
        const code = entry.event === "failed" ? 0 : 2;
        return [`Send Task response message <BgbResponseMessage TimeStamp="${entry.at}">…<ReturnCode>${code}</ReturnCode></BgbResponseMessage> successfully.`];
      }
      return [];
  }
}
