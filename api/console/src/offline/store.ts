// What this browser keeps for when there is no network: answers that were seen, and entries that wait to be sent.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

export interface Waiting {
  id?: number;
  /** Who made it: nobody else's session sends it. */
  actor: string;
  path: string;
  body: Record<string, unknown>;
  /** Sent again under the same key it is entered once. */
  key: string;
  at: string;
  /** Why the service refused it, in its words; a person has to decide. */
  refused?: string[];
}

interface Kept extends DBSchema {
  answers: { key: string; value: { body: string; at: string } };
  outbox: { key: number; value: Waiting };
}

let opened: Promise<IDBPDatabase<Kept>> | null = null;

export function store(): Promise<IDBPDatabase<Kept>> {
  opened ??= openDB<Kept>("wuding", 1, {
    upgrade(base) {
      base.createObjectStore("answers");
      base.createObjectStore("outbox", { keyPath: "id", autoIncrement: true });
    },
  });
  return opened;
}
