// Turns changes into what screens show: small ones at once, the rest by reading again, at most once a second.
import type { InfiniteData, QueryClient } from "@tanstack/react-query";

import type { Schemas } from "../api/client";
import type { Action, Site } from "../api/words";
import type { Change } from "./stream";

/** How often lists are read again while changes keep coming: a person sees no more. */
const READ_AGAIN_MS = 1_000;
/** The first change waits this long for its companions: a push to many devices comes as many changes. */
const GATHER_MS = 100;

export class Applier {
  readonly #client: QueryClient;
  readonly #stale = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastRead = 0;

  constructor(client: QueryClient) {
    this.#client = client;
  }

  change(change: Change): void {
    switch (change.type) {
      case "action":
        this.#action(change);
        break;
      case "devices":
        for (const device of change.devices) this.#mark(["device", device]);
        if (change.more) this.#mark(["device"]);
        this.#mark(["devices"]);
        this.#mark(["sites"]);
        break;
      case "site":
        this.#site(change);
        break;
      case "reset":
        void this.#client.invalidateQueries();
        break;
    }
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #action(change: Schemas["ActionChange"]): void {
    const { state, counts, total, concluded } = change;
    const moved = (action: Action): Action => ({ ...action, state, counts, total, concluded });
    this.#client.setQueryData<Action>(["action", change.task_guid], (action) => action && moved(action));
    this.#client.setQueriesData<InfiniteData<Schemas["Page_Action"]>>({ queryKey: ["actions"] }, (data) => {
      if (!data?.pages?.some((page) => page.items.some((item) => item.task_guid === change.task_guid))) return data;
      const pages = data.pages.map((page) => ({
        ...page,
        items: page.items.map((item) => (item.task_guid === change.task_guid ? moved(item) : item)),
      }));
      return { ...data, pages };
    });
    this.#mark(["action", change.task_guid]);
    this.#mark(["actions"]);
  }

  #site(change: Schemas["SiteChange"]): void {
    this.#client.setQueryData<Site[]>(["sites"], (sites) =>
      sites?.map((site) => (site.id === change.site ? { ...site, state: change.state, link: change.link } : site)),
    );
    this.#mark(["sites"]);
    this.#mark(["action"]);
    this.#mark(["actions"]);
  }

  #mark(key: readonly string[]): void {
    this.#stale.add(JSON.stringify(key));
    if (this.#timer !== undefined) return;
    const wait = Math.max(GATHER_MS, this.#lastRead + READ_AGAIN_MS - performance.now());
    this.#timer = setTimeout(() => this.#read(), wait);
  }

  #read(): void {
    this.#timer = undefined;
    this.#lastRead = performance.now();
    const keys = [...this.#stale];
    this.#stale.clear();
    for (const key of keys) void this.#client.invalidateQueries({ queryKey: JSON.parse(key) as string[] });
  }
}
