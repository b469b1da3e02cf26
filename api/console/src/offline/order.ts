// What of the entries that wait depends on which: an entry waits behind one that was refused where both are of the same
// units, the same stocktake or the same task, so that a chain (received, then issued) is not torn by its first link.
import type { About, Waiting } from "./store";

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

/** Entries of the stock name what they are about in their body. */
export function aboutOf(one: Waiting): About {
  if (one.about) return one.about;
  const { store, item, lot } = one.body;
  return { store: text(store) ?? undefined, item: text(item), lot: text(lot) };
}

export const lineOf = (one: About): string => JSON.stringify([one.item, one.lot ?? "", one.bin ?? null, one.state]);

export function depends(later: Waiting, earlier: Waiting): boolean {
  const [a, b] = [aboutOf(later), aboutOf(earlier)];
  // closing a stocktake waits for every line of it; a line for its like, and for what moved its units before
  if (b.count) return a.count === b.count && (!a.item || !b.item || lineOf(a) === lineOf(b));
  if (a.task && a.task.id === b.task?.id) return true;
  if (!a.item || a.store !== b.store || a.item !== b.item) return false;
  // an entry that names no lot may take any
  return !a.lot || !b.lot || a.lot === b.lot;
}

/** Whether it must not go before an entry that a person has yet to decide on, although its maker sits before it: units
 * that are counted before the service knows that they left would be missing twice, an older figure of a line would come
 * last, and a stocktake end without it. A line that was refused may be entered anew at once. */
export const tooSoon = (one: Waiting, before: Waiting[], held: Map<number, Waiting>): boolean =>
  one.about?.count !== undefined &&
  before.some((each) => (held.has(each.id!) || (each.refused && (!each.about?.count || !one.about!.item))) && depends(one, each));

/** Entries that wait for a person's decision on an earlier one -> that one. `all` in order. */
export function heldBy(all: Waiting[]): Map<number, Waiting> {
  const held = new Map<number, Waiting>();
  const before: { one: Waiting; cause: Waiting }[] = [];
  for (const one of all) {
    const found = one.refused ? { cause: one } : one.alone ? undefined : before.find((each) => depends(one, each.one));
    if (!found) continue;
    before.push({ one, cause: found.cause });
    if (!one.refused) held.set(one.id!, found.cause);
  }
  return held;
}
