// Whether changes arrive, for the bar at the top.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { Applier } from "./apply";
import { followShared } from "./shared";
import type { Connection } from "./stream";

/** Keeps everything on the screen current while somebody is signed in; returns whether it can. */
export function useLive(person: string): Connection {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>("connecting");
  useEffect(() => {
    const applier = new Applier(client);
    let opened = false;
    const end = followShared(person, {
      change: (change) => applier.change(change),
      connection: (connection) => {
        setConnection(connection);
        if (connection === "open" && !opened) {
          opened = true;
          // What was read before the stream stood may have changed in between.
          void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "me" });
        }
      },
    });
    return () => {
      end();
      applier.end();
    };
  }, [client, person]);
  return connection;
}
