// One stream for all tabs of a browser: the tab that holds the lock reads it and tells the others.
import { follow, type Change, type Connection } from "./stream";

/** The lock and the channel belong to one person, so that nothing crosses when another signs in. */
const NAME = "tenon-live";

type Told =
  | { kind: "change"; change: Change; id: string }
  | { kind: "connection"; connection: Connection }
  | { kind: "hello" };

export interface LiveTo {
  change: (change: Change) => void;
  connection: (connection: Connection) => void;
}

/** Follows the tenant's changes in this tab; returns what ends it. */
export function followShared(person: string, to: LiveTo): () => void {
  const end = new AbortController();
  const channel = new BroadcastChannel(`${NAME}-${person}`);
  let last: string | undefined;
  let connection: Connection = "connecting";
  let leads = false;

  const hear = (told: Told) => {
    if (told.kind === "change") {
      last = told.id;
      to.change(told.change);
    } else if (told.kind === "connection") {
      connection = told.connection;
      to.connection(connection);
    } else if (leads) {
      channel.postMessage({ kind: "connection", connection } satisfies Told);
    }
  };
  channel.onmessage = (message: MessageEvent<Told>) => hear(message.data);
  channel.postMessage({ kind: "hello" } satisfies Told);

  const tell = (told: Told) => {
    channel.postMessage(told);
    hear(told);
  };
  const lead = async () => {
    leads = true;
    // The last event that this tab heard from the leader before it: nothing in between is missed.
    await follow(
      last,
      {
        change: (change, id) => tell({ kind: "change", change, id }),
        connection: (connection) => tell({ kind: "connection", connection }),
      },
      end.signal,
    );
  };
  void navigator.locks.request(`${NAME}-${person}`, { signal: end.signal }, lead).catch(() => undefined);

  return () => {
    end.abort();
    channel.close();
  };
}
