// What browsers give to protected pages alone (https, or this very computer), and what does instead on plain http.

/** Whether this page may be opened again without a network, which plain http does not allow. */
export const protectedPage = (): boolean => isSecureContext && "serviceWorker" in navigator;

export function uuid(): string {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  const bytes = (crypto as Crypto).getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const LEASE_MS = 6_000;
const LOOK_MS = 60;
const me = uuid();
const held = new Set<string>(); // by this window

/** One window at a time, across all of this browser. */
export async function alone<T>(name: string, then: () => Promise<T>): Promise<T> {
  if (navigator.locks) return (await navigator.locks.request(name, then)) as T;
  while (!(await lease(name))) await pause();
  return kept(name, then);
}

/** As `alone`, where it is free now; else null, and nothing is done. */
export async function aloneNow<T>(name: string, then: () => Promise<T>): Promise<T | null> {
  if (navigator.locks) return (await navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock ? then() : null))) as T | null;
  return (await lease(name)) ? kept(name, then) : null;
}

const pause = () => new Promise((then) => setTimeout(then, LOOK_MS / 2 + Math.random() * LOOK_MS));
const keyOf = (name: string) => `${name}.lease`;

/** Written, and looked at once more: of two windows that write at the same moment the later one has it. */
async function lease(name: string): Promise<boolean> {
  if (held.has(name)) return false;
  const [owner, until] = (localStorage.getItem(keyOf(name)) ?? "").split(" ");
  // a moment far ahead is one of a clock that was wrong, and holds nobody up
  if (owner && owner !== me && Number(until) > Date.now() && Number(until) < Date.now() + 2 * LEASE_MS) return false;
  localStorage.setItem(keyOf(name), `${me} ${Date.now() + LEASE_MS}`);
  held.add(name);
  await pause();
  if (localStorage.getItem(keyOf(name))?.startsWith(me)) return true;
  held.delete(name);
  return false;
}

async function kept<T>(name: string, then: () => Promise<T>): Promise<T> {
  const beat = setInterval(() => localStorage.setItem(keyOf(name), `${me} ${Date.now() + LEASE_MS}`), LEASE_MS / 3);
  try {
    return await then();
  } finally {
    clearInterval(beat);
    localStorage.removeItem(keyOf(name));
    held.delete(name);
  }
}
