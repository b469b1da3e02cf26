// What a plan leaves unmet, put together by what is short: an item over all incidents, a capability over all tasks.
import type { Plan } from "../service";

type Unmet = Plan["unmet"][number];

export interface ShortOf {
  incident: string;
  missing: number;
  asked: number;
  severity: number;
}
export interface Cause {
  reason: Unmet["reason"];
  quantity: number;
  cures: { zh: string; en: string }[];
  stores: [string, string][]; // where units stand that cannot go, and how many
  tasks: string[]; // five-fixed tasks that hold them back
}
export interface ShortItem {
  item: string;
  total: number;
  weight: number;
  incidents: ShortOf[]; // who would gain most by one more unit comes first
  causes: Cause[];
}
export interface ShortTask {
  row: Unmet;
  capability: string;
  severity: number;
}

const listed = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const units = (value: unknown): [string, string][] => (value && typeof value === "object" && !Array.isArray(value) ? Object.entries(value).map(([store, some]) => [store, String(some)]) : listed(value).map((store) => [store, ""]));

/** The gravest first: unmet units count by severity and by their part of what was asked for. */
export function shortItems(plan: Plan, severity: (incident: string) => number): ShortItem[] {
  const sent = new Map<string, number>();
  for (const one of plan.shipments)
    if (!one.task) sent.set(`${one.incident} ${one.item}`, (sent.get(`${one.incident} ${one.item}`) ?? 0) + Number(one.quantity));
  const found = new Map<string, ShortItem>();
  for (const row of plan.unmet) {
    if (!row.item) continue;
    const group = found.get(row.item) ?? { item: row.item, total: 0, weight: 0, incidents: [], causes: [] };
    found.set(row.item, group);
    const quantity = Number(row.quantity);
    group.total += quantity;
    const whose = group.incidents.find((one) => one.incident === row.incident);
    if (whose) {
      whose.missing += quantity;
      whose.asked += quantity;
    } else group.incidents.push({ incident: row.incident, missing: quantity, asked: (sent.get(`${row.incident} ${row.item}`) ?? 0) + quantity, severity: severity(row.incident) });
    const cause = group.causes.find((one) => one.reason === row.reason);
    const kept = cause ?? { reason: row.reason, quantity: 0, cures: [], stores: [], tasks: [] };
    if (!cause) group.causes.push(kept);
    kept.quantity += quantity;
    if (row.cure && !kept.cures.some((one) => one.zh === row.cure!.zh)) kept.cures.push(row.cure);
    kept.stores.push(...units(row.facts?.stores).filter(([store]) => !kept.stores.some(([other]) => other === store)));
    kept.tasks.push(...listed(row.facts?.tasks).filter((task) => !kept.tasks.includes(task)));
  }
  for (const one of found.values()) {
    one.incidents.sort((a, b) => gain(b) - gain(a));
    one.weight = one.incidents.reduce((sum, whose) => sum + gain(whose) * whose.missing, 0);
  }
  return [...found.values()].sort((a, b) => b.weight - a.weight);
}

/** What one more unit takes off the unmet need, weighted by severity. */
export const gain = (one: ShortOf): number => one.severity / one.asked;

export function shortTasks(plan: Plan, severity: (incident: string) => number): ShortTask[] {
  return plan.unmet
    .filter((row) => !row.item)
    .map((row) => ({ row, capability: String(row.facts?.capability ?? ""), severity: severity(row.incident) }))
    .sort((a, b) => b.severity - a.severity);
}
