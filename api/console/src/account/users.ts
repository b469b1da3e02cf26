import type { Schemas } from "../api/client";

export type User = Schemas["UserOut"];
export interface Given {
  role: string;
  place: string;
  team: string;
}

export const ROLES = ["custodian", "supply_manager", "dispatcher", "team_leader", "planner", "grid_worker", "auditor", "administrator"] as const;

export const grantOf = (one: Given): Schemas["GrantIn"] => ({ role: one.role as Schemas["GrantIn"]["role"], place: one.place || null, team: one.team || null });
export const givenOf = (one: User["grants"][number]): Given => ({ role: one.role, place: one.place ?? "", team: one.team ?? "" });

/** Who somebody is at the identity provider, without the provider. */
export const numberOf = (one: User): string => one.subject?.slice(one.subject.indexOf(" ") + 1) ?? "";

/** A first password that can be read out: four groups of letters and digits that are not mistaken for each other. */
export function suggestion(): string {
  const signs = "abcdefghjkmnpqrstuvwxyz23456789";
  const drawn = crypto.getRandomValues(new Uint8Array(16));
  const text = [...drawn].map((one) => signs[one % signs.length]).join("");
  return text.match(/.{4}/g)!.join("-");
}
