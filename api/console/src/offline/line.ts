// Whether the service answers, and what its clock says: that of an old PC may be hours off.
import { computed, ref } from "vue";

const KEPT = "wuding.clock";
const NEAR_MS = 5_000;
const ASK_MS = 10_000;
const FAR_MS = 120_000;

let first = true; // answer since the page was opened: the clock may have been set meanwhile
const ahead = ref(Number(localStorage.getItem(KEPT) ?? "0")); // of the service, against this computer
const answers = ref(true);
const joined = ref(navigator.onLine);
addEventListener("online", () => (joined.value = answers.value = true));
addEventListener("offline", () => (joined.value = false));

/** False: the last request got no answer, or this computer is on no network. */
export const reached = computed(() => joined.value && answers.value);
/** By how many milliseconds the clock of this computer is off, where that is worth telling. */
export const clockOff = computed(() => (Math.abs(ahead.value) > FAR_MS ? -ahead.value : null));

/** Of every answer of the service. `Date` is in whole seconds and a little old when it comes: the largest difference
 * seen is the nearest to the truth, and never beyond it. */
export function heard(answer: Response): void {
  answers.value = true;
  const said = Date.parse(answer.headers.get("Date") ?? "");
  if (Number.isNaN(said)) return;
  const found = said - Date.now();
  if (first || found > ahead.value || found < ahead.value - NEAR_MS) {
    first = false;
    ahead.value = found;
    localStorage.setItem(KEPT, String(found));
  }
}

/** Of a request without an answer. From here on it is asked for now and then, so that the page knows when it is back. */
export function unheard(): void {
  if (answers.value) setTimeout(ask, ASK_MS);
  answers.value = false;
}

async function ask(): Promise<void> {
  if (answers.value) return;
  try {
    const answer = await fetch("/health/live", { signal: AbortSignal.timeout(ASK_MS), cache: "no-store" });
    if (answer.ok) return heard(answer);
  } catch {
    // still away
  }
  setTimeout(ask, ASK_MS);
}

/** The moment by the clock of the service. */
export const nowThere = (): Date => new Date(Date.now() + ahead.value);
