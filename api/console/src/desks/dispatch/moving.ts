// Where teams are at a moment of a plan: along their routes as evenly as the crow counts metres.
import type { Plan } from "./service";

type Place = [number, number];

function along(line: Place[], share: number): Place {
  const steps = line.slice(1).map((to, at) => Math.hypot((to[0] - line[at]![0]) * Math.cos((to[1] * Math.PI) / 180), to[1] - line[at]![1]));
  let left = share * steps.reduce((sum, one) => sum + one, 0);
  for (const [at, step] of steps.entries()) {
    if (left <= step && step > 0) {
      const part = left / step;
      return [line[at]![0] + part * (line[at + 1]![0] - line[at]![0]), line[at]![1] + part * (line[at + 1]![1] - line[at]![1])];
    }
    left -= step;
  }
  return line.at(-1)!;
}

/** On the road or at work; who has not left or is done is not shown. */
export function whereabouts(plan: Plan, seconds: number): Place[] {
  const found: Place[] = [];
  for (const { stops } of plan.team_orders) {
    const stop = stops.find((one) => (one.depart_s ?? 0) <= seconds && seconds <= one.finish_s);
    const line = (stop?.route as { coordinates?: Place[] } | null | undefined)?.coordinates;
    if (!stop || !line?.length) continue;
    const begin = stop.depart_s ?? 0;
    found.push(along(line, stop.arrive_s > begin ? Math.min(1, (seconds - begin) / (stop.arrive_s - begin)) : 1));
  }
  return found;
}

/** When the last team is done. */
export const lasts = (plan: Plan | null): number => Math.max(0, ...(plan?.team_orders ?? []).flatMap((one) => one.stops.map((stop) => stop.finish_s)));
