// The console's API, typed by its own description. Every failure becomes a `ProblemError` with what to do about it.
import createClient, { type Middleware } from "openapi-fetch";

import type { components, paths } from "../generated/schema";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];

/** A request that was not carried out, and why. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }

  /** The word after `urn:tenon:problem:`, which does not change. */
  get word(): string {
    return this.problem.type.split(":").pop() ?? "";
  }
}

let csrf: string | undefined;
let signedOut: () => void = () => undefined;

/** Keeps what requests that change something have to carry. */
export function keepCsrf(value: string | null | undefined): void {
  csrf = value ?? undefined;
}

/** Says what happens when the console no longer knows the session. */
export function onSignedOut(then: () => void): void {
  signedOut = then;
}

const guard: Middleware = {
  onRequest({ request }) {
    if (csrf && request.method !== "GET") request.headers.set("X-Tenon-CSRF", csrf);
    return request;
  },
  onResponse({ request, response }) {
    const signingIn = request.url.endsWith("/api/v1/sessions") || request.url.endsWith("/api/v1/setup");
    if (response.status === 401 && !signingIn) signedOut();
    return response;
  },
};

const client = createClient<paths>({ baseUrl: globalThis.location?.origin ?? "", credentials: "same-origin" });
client.use(guard);

export const api = client;

interface Answer<T> {
  data?: T | undefined;
  error?: unknown;
  response: Response;
}

/** Returns what the console answered, or throws why it did not. */
export async function answered<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ProblemError(unreachable());
  }
  if (answer.response.ok) return answer.data as T;
  throw new ProblemError(asProblem(answer.error, answer.response.status));
}

/** Returns the body of a failed answer as a problem, whoever wrote it. */
export function asProblem(body: unknown, status: number): Problem {
  if (typeof body === "object" && body !== null && "detail" in body && "fix" in body) return body as Problem;
  return {
    type: "urn:tenon:problem:unreadable",
    title: "Unreadable answer",
    status,
    detail: `Something between this page and the console answered with status ${status}.`,
    fix: "Try again; if it stays, look at the proxy in front of the console.",
  };
}

function unreachable(): Problem {
  return {
    type: "urn:tenon:problem:unreachable",
    title: "The console cannot be reached",
    status: 0,
    detail: "The console did not answer.",
    fix: "Check that this machine is connected and that the console runs. The page tries again by itself.",
  };
}
