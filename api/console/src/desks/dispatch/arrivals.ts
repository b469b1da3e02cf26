// When the first help reaches each incident by a plan, and within which response tier.
import type { Incident, Plan } from "./service";

/** met: within a tier; late: within none; coming: no response time counts (under way before, or goods alone); none. */
export type Met = "met" | "late" | "coming" | "none";
export interface Arrival {
  incident: Incident;
  met: Met;
  minutes: number | null;
  bands: number; // how many tiers it is within: all of them where the tightest is met
  short: boolean; // something it needs is not met
}

export function arrivals(plan: Plan | null, incidents: Incident[]): Arrival[] {
  if (!plan) return [];
  const tiers = [...((plan.parameters?.tiers ?? []) as { id: string | number; limit_s: number }[])].sort((a, b) => a.limit_s - b.limit_s);
  const found = new Map<string, Arrival>();
  const byCode = new Map(incidents.map((one) => [one.code!, one]));
  const take = (code: string, seconds: number, met: Met, bands: number): void => {
    const incident = byCode.get(code);
    const minutes = Math.ceil(seconds / 60);
    const before = found.get(code);
    if (incident && (before?.minutes == null || minutes < before.minutes)) found.set(code, { incident, met, minutes, bands, short: false });
  };
  for (const { stops } of plan.team_orders)
    for (const stop of stops) {
      const at = tiers.findIndex((one) => String(one.id) === String(stop.tier_met));
      take(stop.incident, stop.arrive_s, stop.response_s === null ? "coming" : at < 0 ? "late" : "met", at < 0 ? 0 : tiers.length - at);
    }
  const bySomebody = new Set(found.keys());
  for (const one of plan.shipments) if (!bySomebody.has(one.incident)) take(one.incident, one.arrive_s, "coming", 0);
  for (const one of plan.unmet) {
    const incident = byCode.get(one.incident);
    const there = found.get(one.incident);
    if (there) there.short = true;
    else if (incident) found.set(one.incident, { incident, met: "none", minutes: null, bands: 0, short: true });
  }
  return [...found.values()];
}
