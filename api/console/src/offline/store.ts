// What this browser keeps for when there is no network: answers that were seen, rooms made ready, and entries that wait
// to be sent.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** A file that goes with an entry: its number once the service has it. */
export interface Photo {
  name: string;
  file: Blob;
  key: string;
  id: number | null;
}

/** What an entry is about, for people, and for what depends on it. */
export interface About {
  store?: string;
  item?: string | null;
  lot?: string | null;
  bin?: string | null;
  state?: string;
  count?: string;
  task?: { id: number; key: string; kind: string };
}

export interface Waiting {
  id?: number;
  /** Who made it: nobody else's session sends it. */
  actor: string;
  path: string;
  body: Record<string, unknown>;
  /** Sent again under the same key it is entered once. */
  key: string;
  at: string;
  about?: About;
  photos?: Photo[];
  /** It may have reached the service, so that it cannot be taken back here any more. */
  tried?: boolean;
  /** How often the service itself failed on it. */
  failures?: number;
  /** Why the service refused it, in its words; a person has to decide. */
  refused?: string[];
  code?: string;
  /** A person decided that it need not wait for what was refused before it. */
  alone?: boolean;
}

export interface Answer {
  body: string | Blob;
  at: string;
  type?: string;
  /** Content-Disposition, of a file. */
  named?: string;
}

export type Rows = Record<string, unknown>[];

/** A store made ready: its lists whole, so that they can be searched here. */
export interface Room {
  store: string;
  at: string;
  lists: Record<string, Rows>;
  /** Names by code, for searching. */
  words: Record<string, string>;
}

interface Kept extends DBSchema {
  answers: { key: string; value: Answer };
  outbox: { key: number; value: Waiting };
  rooms: { key: string; value: Room };
}

let opened: Promise<IDBPDatabase<Kept>> | null = null;

export function store(): Promise<IDBPDatabase<Kept>> {
  opened ??= openDB<Kept>("wuding", 2, {
    upgrade(base, from) {
      if (from < 1) {
        base.createObjectStore("answers");
        base.createObjectStore("outbox", { keyPath: "id", autoIncrement: true });
      }
      if (from < 2) base.createObjectStore("rooms", { keyPath: "store" });
    },
    // a newer page in another window: this one lets go, and opens it anew when it needs it
    blocking() {
      void opened?.then((base) => base.close());
      opened = null;
    },
    terminated() {
      opened = null;
    },
  });
  opened.catch(() => (opened = null));
  return opened;
}
