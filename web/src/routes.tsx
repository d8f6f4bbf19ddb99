// Every address of the page. A screen's code travels when somebody goes there.
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";

import { ProblemError } from "./api/client";
import { me } from "./api/queries";
import { readActionsView } from "./screens/actions/view";
import { readDevicesView } from "./screens/devices/view";
import { Failed, Loading, NotFound } from "./shell/edges";
import { Shell } from "./shell/shell";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Failed });

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search): { then?: string | undefined; problem?: string | undefined } => ({
    then: text(search["then"]),
    problem: text(search["problem"]),
  }),
  component: lazyRouteComponent(() => import("./screens/sign-in/sign-in"), "SignInScreen"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("./screens/sign-in/setup"), "SetupScreen"),
});

const signedIn = (queries: QueryClient) =>
  createRoute({
    getParentRoute: () => root,
    id: "signed-in",
    component: Shell,
    beforeLoad: async ({ location }) => {
      // The provider's way back ends here when it did not succeed.
      const problem = new URLSearchParams(location.searchStr).get("sign-in-problem");
      if (problem !== null) throw redirect({ to: "/sign-in", search: { problem } });
      try {
        await queries.ensureQueryData(me);
      } catch (error) {
        if (error instanceof ProblemError && error.problem.status === 401) {
          throw redirect({ to: "/sign-in", search: { then: location.href === "/" ? undefined : location.href } });
        }
        throw error;
      }
    },
  });

/** Makes the router. */
export function makeRouter(queries: QueryClient) {
  const inside = signedIn(queries);
  const parent = () => inside;
  const screens = [
    createRoute({
      getParentRoute: parent,
      path: "/",
      component: lazyRouteComponent(() => import("./screens/home/home"), "HomeScreen"),
    }),
    createRoute({
      getParentRoute: parent,
      path: "/devices",
      validateSearch: readDevicesView,
      component: lazyRouteComponent(() => import("./screens/devices/devices"), "DevicesScreen"),
    }),
    createRoute({
      getParentRoute: parent,
      path: "/devices/$device",
      validateSearch: (search): { view?: string | undefined } => ({ view: text(search["view"]) }),
      component: lazyRouteComponent(() => import("./screens/device/device"), "DeviceScreen"),
    }),
    createRoute({
      getParentRoute: parent,
      path: "/actions",
      validateSearch: readActionsView,
      component: lazyRouteComponent(() => import("./screens/actions/actions"), "ActionsScreen"),
    }),
    createRoute({
      getParentRoute: parent,
      path: "/actions/$taskGuid",
      validateSearch: (search): { state?: string | undefined } => ({ state: text(search["state"]) }),
      component: lazyRouteComponent(() => import("./screens/action/action"), "ActionScreen"),
    }),
    createRoute({
      getParentRoute: parent,
      path: "/collections",
      component: lazyRouteComponent(() => import("./screens/collections/collections"), "CollectionsScreen"),
    }),
    createRoute({
      getParentRoute: parent,
      path: "/policies",
      component: lazyRouteComponent(() => import("./screens/policies/policies"), "PoliciesScreen"),
    }),
    createRoute({
      getParentRoute: parent,
      path: "/applications",
      component: lazyRouteComponent(() => import("./screens/applications/applications"), "ApplicationsScreen"),
    }),
    createRoute({
      getParentRoute: parent,
      path: "/connectors",
      component: lazyRouteComponent(() => import("./screens/connectors/connectors"), "ConnectorsScreen"),
    }),
    createRoute({
      getParentRoute: parent,
      path: "/webhooks",
      component: lazyRouteComponent(() => import("./screens/webhooks/webhooks"), "WebhooksScreen"),
    }),
    createRoute({
      getParentRoute: parent,
      path: "/roles",
      component: lazyRouteComponent(() => import("./screens/roles/roles"), "RolesScreen"),
    }),
    createRoute({
      getParentRoute: parent,
      path: "/audit",
      component: lazyRouteComponent(() => import("./screens/audit/audit"), "AuditScreen"),
    }),
    createRoute({
      getParentRoute: parent,
      path: "/account",
      component: lazyRouteComponent(() => import("./screens/account/account"), "AccountScreen"),
    }),
  ] as const;
  return createRouter({
    routeTree: root.addChildren([signIn, setup, inside.addChildren(screens)]),
    defaultPendingComponent: Loading,
    defaultPreload: "intent",
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: Failed,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
