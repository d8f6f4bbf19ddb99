/** Returns where to go after signing in: an address of this page, and nothing else. */
export function ownAddress(then: string | undefined): string {
  return then !== undefined && /^\/(?![/\\])/.test(then) && !then.startsWith("/sign-in") ? then : "/";
}
