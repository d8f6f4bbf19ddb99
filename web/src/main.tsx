import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { ProblemError, onSignedOut } from "./api/client";
import { makeRouter } from "./routes";
import { SettingsProvider } from "./shell/settings";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Changes are pushed; this is for what no event tells of.
      staleTime: 30_000,
      retry: (failures, error) =>
        failures < 2 && error instanceof ProblemError && (error.problem.status === 0 || error.problem.status >= 500),
    },
  },
});
const router = makeRouter(queries);
onSignedOut(() => {
  const { pathname, href } = router.state.location;
  if (pathname === "/sign-in" || pathname === "/setup") return;
  queries.clear();
  void router.navigate({ to: "/sign-in", search: { then: href } });
});

const root = document.querySelector("#root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <SettingsProvider>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </SettingsProvider>
  </StrictMode>,
);
