// JSON in the one form of RFC 8785. Numbers have no place in what is signed: integers are decimal strings.

export type Signed = string | readonly Signed[] | { readonly [name: string]: Signed };

/** Writes a value: members in the order of their UTF-16 units, strings as the standard escapes them. */
export function canonical(value: Signed): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonical).join(",")}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}

function isList(value: Signed): value is readonly Signed[] {
  return Array.isArray(value);
}
