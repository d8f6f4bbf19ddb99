// The keys that this browser keeps, in IndexedDB: as objects of the browser, whose secret no script can read.
import type { Key } from "./key";

/** A key that a provider's token is to bind: made before the sign-in, used after it. */
export interface Pending {
  readonly kind: "pending";
  readonly key: Key;
  readonly rz: string;
  readonly tenant: string;
  readonly console: string;
}

/** A key that sites know. */
export interface Known {
  readonly kind: "known";
  readonly key: Key;
  readonly user: string;
  readonly tenant: string;
  readonly console: string;
  /** Who says whose key it is, and the hash of their token; none where a site has paired it. */
  readonly bound?: { readonly iss: string; readonly idh: string } | undefined;
  /** The sites, each with the moment until which the key signs there. */
  readonly sites: Readonly<Record<string, string>>;
}

export type Kept = Pending | Known;

const NAME = "tenon-keys";
const STORE = "keys";

/** Returns all keys. */
export async function keptKeys(): Promise<Kept[]> {
  return inStore("readonly", (store) => store.getAll() as IDBRequest<Kept[]>);
}

/** Keeps a key, in place of what was kept for it. */
export async function keep(kept: Kept): Promise<void> {
  await inStore("readwrite", (store) => store.put(kept, kept.key.jkt));
}

/** Forgets a key. */
export async function forget(jkt: string): Promise<void> {
  await inStore("readwrite", (store) => store.delete(jkt));
}

/** Returns the key that signs for a person at a site, now. */
export function keyFor(kept: readonly Kept[], user: string, site: string, now: Date): Known | undefined {
  return kept.find((one): one is Known => {
    if (one.kind !== "known" || one.user !== user) return false;
    const until = one.sites[site];
    return until !== undefined && new Date(until) > now;
  });
}

async function inStore<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await done(opening);
  try {
    return await done(act(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser's store fails"));
  });
}
