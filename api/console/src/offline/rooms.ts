// Lists of the stores that were made ready, answered here when there is no network: any search, filter and order.
import { type Answer, type Room, type Rows, store } from "./store";

const API = "/api/v1/";
/** List -> the order it comes in where none is asked for. */
export const LISTS: Record<string, string> = {
  stock: "store,item,lot", "five-fixed/tasks": "due,store,key", "five-fixed/findings": "rank,store,item", counts: "-opened_at", bins: "code",
};
const NO_FIELD = ["q", "sort", "cursor", "limit", "field", "within"];
const MOST = 50;

/** The answer to a list, out of the rooms; null: the rooms cannot say, or what was seen (`than`) is newer. */
export async function fromRooms(url: URL, than?: string): Promise<Answer | null> {
  const list = url.pathname.slice(API.length);
  const order = LISTS[list];
  if (!order) return null;
  const rooms = await (await store()).getAll("rooms");
  const asked = url.searchParams.getAll("store");
  const key = url.searchParams.get("key"); // of a task: STORE/ITEM/LOT/KIND
  const wanted = asked.length ? asked : key ? [key.split("/")[0]!] : null;
  const used = rooms.filter((one) => !wanted || wanted.includes(one.store));
  if (url.searchParams.has("within") && !wanted) return null; // a room does not know its division
  if (!used.length || (wanted && used.length < wanted.length)) return null;
  const at = used.map((one) => one.at).sort()[0]!;
  // of all stores it knows only those made ready: what was seen of this very question says more
  if (than && (than >= at || !wanted)) return null;
  return { body: JSON.stringify(page(used.flatMap((one) => one.lists[list] ?? []), url.searchParams, order, used)), at };
}

function page(rows: Rows, asked: URLSearchParams, order: string, rooms: Room[]): { items: Rows; next: string | null } {
  const words = Object.assign({}, ...rooms.map((one) => one.words)) as Record<string, string>;
  const found = rows.filter((row) => fits(row, asked) && said(row, words, asked.get("q"))).sort(by(asked.get("sort") ?? order));
  const from = Number(asked.get("cursor") ?? "0") || 0;
  const most = Number(asked.get("limit") ?? MOST);
  return { items: found.slice(from, from + most), next: from + most < found.length ? String(from + most) : null };
}

function fits(row: Rows[number], asked: URLSearchParams): boolean {
  for (const name of new Set(asked.keys())) {
    if (NO_FIELD.includes(name)) continue;
    const values = asked.getAll(name);
    const [field, how] = name.split("__") as [string, string?];
    const has = row[field];
    if (how) {
      if (has === null || has === undefined || (how === "lte" ? String(has) > values[0]! : String(has) < values[0]!)) return false;
    } else if (!values.includes(String(has ?? ""))) return false;
  }
  return true;
}

/** Every word is somewhere in the row, or in a name of what stands in it. */
function said(row: Rows[number], words: Record<string, string>, asked: string | null): boolean {
  if (!asked) return true;
  const text = Object.values(row).flatMap((one) => (typeof one === "string" ? [one, words[one] ?? ""] : [])).join(" ").toLowerCase();
  return asked.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** Rows without a value come last. */
const by = (order: string) => (one: Rows[number], other: Rows[number]): number => {
  for (const part of order.split(",")) {
    const field = part.replace("-", "");
    const [a, b] = [one[field] ?? null, other[field] ?? null];
    if (a === b) continue;
    if (a === null || b === null) return a === null ? 1 : -1;
    const less = typeof a === "number" && typeof b === "number" ? a < b : String(a) < String(b);
    return (less ? -1 : 1) * (part.startsWith("-") ? -1 : 1);
  }
  return 0;
};
