// What the list of actions shows, as its address holds it.
export interface ActionsView {
  site?: string | undefined;
  batch?: string | undefined;
  open?: boolean | undefined;
}

export function readActionsView(search: Record<string, unknown>): ActionsView {
  const view: ActionsView = {};
  if (typeof search["site"] === "string") view.site = search["site"];
  if (typeof search["batch"] === "string") view.batch = search["batch"];
  if (typeof search["open"] === "boolean") view.open = search["open"];
  return view;
}
