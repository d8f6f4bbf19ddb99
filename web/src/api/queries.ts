// What screens read, each with its key. Live changes find them again by these keys.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { answered, api, keepCsrf, type Schemas } from "./client";

/** Rows that one request brings: two screens full. */
export const PAGE_ROWS = 200;

export interface DeviceSearch {
  search?: string | undefined;
  site?: string | undefined;
  filter?: string | undefined;
  status?: Schemas["OnlineStatus"] | undefined;
  sort?: string | undefined;
}

export const me = queryOptions({
  queryKey: ["me"],
  queryFn: async () => {
    const me = await answered(api.GET("/api/v1/me"));
    keepCsrf(me.csrf);
    return me;
  },
  staleTime: Infinity,
  retry: false,
});

export const sites = queryOptions({
  queryKey: ["sites"],
  queryFn: () => answered(api.GET("/api/v1/sites")),
  staleTime: 30_000,
});

/** How a site is: it looks at itself when it is asked, at most twice a minute. */
export const siteHealth = (id: string) =>
  queryOptions({
    queryKey: ["site", id, "health"],
    queryFn: ({ signal }) => answered(api.GET("/api/v1/sites/{site}/health", { params: { path: { site: id } }, signal })),
    staleTime: 30_000,
    retry: false,
  });

/** Returns a page of devices. */
export function devicePage(
  query: DeviceSearch,
  after: string | undefined,
  limit: number,
  signal?: AbortSignal,
): Promise<Schemas["Page_Device"]> {
  return answered(api.GET("/api/v1/devices", { params: { query: { ...query, after, limit } }, signal }));
}

export const devices = (query: DeviceSearch) =>
  infiniteQueryOptions({
    queryKey: ["devices", query],
    queryFn: ({ pageParam, signal }) => devicePage(query, pageParam, PAGE_ROWS, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });

/** How many devices match; the console counts to a bound and says when there are more. */
export const deviceCount = (query: DeviceSearch) =>
  queryOptions({
    queryKey: ["devices", "count", query],
    queryFn: ({ signal }) => answered(api.GET("/api/v1/devices/count", { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });

export const deviceDetails = (id: string) =>
  queryOptions({
    queryKey: ["device", id, "details"],
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/devices/{device}/details", { params: { path: { device: id } }, signal })),
    retry: false,
  });

/** Which logs of a device its site has. */
export const deviceLogs = (id: string) =>
  queryOptions({
    queryKey: ["device", id, "logs"],
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/devices/{device}/logs", { params: { path: { device: id } }, signal })),
    retry: false,
  });

export const device = (id: string) =>
  queryOptions({
    queryKey: ["device", id],
    queryFn: () => answered(api.GET("/api/v1/devices/{device}", { params: { path: { device: id } } })),
  });

export interface ActionSearch {
  site?: string | undefined;
  device?: string | undefined;
  batch?: string | undefined;
  open?: boolean | undefined;
}

export const actions = (query: ActionSearch, limit = PAGE_ROWS) =>
  infiniteQueryOptions({
    queryKey: ["actions", query, limit],
    queryFn: ({ pageParam, signal }) =>
      answered(api.GET("/api/v1/actions", { params: { query: { ...query, after: pageParam, limit } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });

export const action = (taskGuid: string) =>
  queryOptions({
    queryKey: ["action", taskGuid],
    queryFn: () =>
      answered(api.GET("/api/v1/actions/{task_guid}", { params: { path: { task_guid: taskGuid } } })),
  });

type State = Schemas["Action"]["state"];

export const targets = (taskGuid: string, state: State | undefined) =>
  infiniteQueryOptions({
    queryKey: ["action", taskGuid, "targets", state ?? "all"],
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET("/api/v1/actions/{task_guid}/targets", {
          params: { path: { task_guid: taskGuid }, query: { state, after: pageParam, limit: PAGE_ROWS } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });

export const collections = (site: string) =>
  queryOptions({
    queryKey: ["collections", site],
    queryFn: () => answered(api.GET("/api/v1/sites/{site}/collections", { params: { path: { site } } })),
  });

export const policies = (site: string) =>
  queryOptions({
    queryKey: ["policies", site],
    queryFn: () => answered(api.GET("/api/v1/sites/{site}/policies", { params: { path: { site } } })),
  });

export const users = queryOptions({
  queryKey: ["users"],
  queryFn: () => answered(api.GET("/api/v1/users")),
});

export const tokens = queryOptions({
  queryKey: ["tokens"],
  queryFn: () => answered(api.GET("/api/v1/tokens")),
});

export const audit = infiniteQueryOptions({
  queryKey: ["audit"],
  queryFn: ({ pageParam, signal }) =>
    answered(api.GET("/api/v1/audit", { params: { query: { after: pageParam, limit: PAGE_ROWS } }, signal })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next ?? undefined,
});

export const methods = (tenant: string | undefined) =>
  queryOptions({
    queryKey: ["methods", tenant],
    queryFn: () => answered(api.GET("/api/v1/sign-in/methods", { params: { query: { tenant } } })),
    placeholderData: keepPreviousData,
  });

export const sessions = queryOptions({
  queryKey: ["sessions"],
  queryFn: () => answered(api.GET("/api/v1/sessions")),
});

export const assignments = queryOptions({
  queryKey: ["assignments"],
  queryFn: () => answered(api.GET("/api/v1/assignments")),
});

export const consoleRoles = queryOptions({
  queryKey: ["console-roles"],
  queryFn: () => answered(api.GET("/api/v1/roles")),
});

export const deviceGroups = queryOptions({
  queryKey: ["device-groups"],
  queryFn: () => answered(api.GET("/api/v1/device-groups")),
});

/** What waits and what was given up changes without an event that says so. */
const WEBHOOKS_EVERY_MS = 10_000;

export const webhooks = queryOptions({
  queryKey: ["webhooks"],
  queryFn: ({ signal }) => answered(api.GET("/api/v1/webhooks", { signal })),
  refetchInterval: WEBHOOKS_EVERY_MS,
});

export const deadLetters = (webhook: string) =>
  queryOptions({
    queryKey: ["webhooks", webhook, "dead-letters"],
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/webhooks/{webhook}/dead-letters", { params: { path: { webhook } }, signal })),
  });

/** What the hops said of an action where it concerns one device: some ten entries, far below a page. */
export const historyOf = (taskGuid: string, device: string) =>
  queryOptions({
    queryKey: ["action", taskGuid, "history", device],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/actions/{task_guid}/history", {
          params: { path: { task_guid: taskGuid }, query: { device, limit: PAGE_ROWS } },
          signal,
        }),
      ),
  });
