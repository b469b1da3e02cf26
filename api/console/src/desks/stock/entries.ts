/** Entries of the ledger made at this desk, and the reasons each may have. */
export const REASONS = {
  receive: ["PURCHASE", "DONATION", "ALLOCATION", "OPENING"],
  issue: ["RESCUE", "RELIEF", "DRILL", "PLAN"],
  move: [],
  return: [],
  state: ["DAMAGE", "REPAIR", "REPAIRED", "QUARANTINE", "RELEASED", "RECALL", "EXPIRY", "RETIREMENT", "CORRECTION"],
  write_off: ["RETIREMENT", "LOSS", "EXPIRY", "DAMAGE"],
} as const;

export type Entry = keyof typeof REASONS;

/** The state a reason leads to, offered first. */
export const LEADS_TO: Record<string, string> = {
  DAMAGE: "damaged", REPAIR: "repair", REPAIRED: "serviceable", QUARANTINE: "quarantined", RELEASED: "serviceable",
  RECALL: "recalled", EXPIRY: "expired", RETIREMENT: "retired",
};
