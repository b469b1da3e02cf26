// What desks have in common when they write and read: one key for one entry, troubles in the service's words, papers.
import { ref } from "vue";
import { useI18n } from "vue-i18n";
import { onceKey, type Problem, Trouble } from "../api/client";
import { said } from "./said";

/** A read: `busy` while it runs, `trouble` in words where it failed. */
export function useRead() {
  const busy = ref(false);
  const trouble = ref("");
  let last = 0;
  /** Where a later read has begun, the answer of this one is dropped. */
  async function read<T>(ask: () => Promise<T>, then: (found: T) => void): Promise<void> {
    const mine = ++last;
    busy.value = true;
    trouble.value = "";
    try {
      const found = await ask();
      if (mine === last) then(found);
    } catch (cause) {
      if (mine === last) trouble.value = said(cause)[0]!;
    } finally {
      if (mine === last) busy.value = false;
    }
  }
  return { busy, trouble, read };
}

/** A write. Its key is kept until it has succeeded, so that the same entry sent again is entered once. */
export function useWrite() {
  const { t } = useI18n();
  const busy = ref(false);
  const troubles = ref<string[]>([]);
  const code = ref("");
  const unanswered = ref(false); // what was sent may have been done
  let key = onceKey();

  async function write(send: (headers: { "Idempotency-Key": string }) => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    troubles.value = [];
    code.value = "";
    try {
      await send({ "Idempotency-Key": key });
      key = onceKey();
      unanswered.value = false;
      return true;
    } catch (cause) {
      troubles.value = said(cause, t("no_service_kept"));
      code.value = cause instanceof Trouble ? (cause.problem?.code ?? "") : "";
      if (cause instanceof Trouble && cause.saysNo) unanswered.value = false;
      else if (!(cause instanceof Trouble) || cause.status === 0 || cause.status >= 500) unanswered.value = true;
      if (code.value === "KeyReused") key = onceKey(); // another entry has it
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, troubles, code, unanswered, write };
}

/** Keeps an answer as a file, under the name the service gave it. */
export async function keepFile(asked: Promise<{ data?: unknown; error?: unknown; response: Response }>): Promise<void> {
  let answer;
  try {
    answer = await asked;
  } catch (cause) {
    throw new Trouble(String(cause), null, true);
  }
  if (!answer.response.ok) {
    const problem = answer.error as Problem | undefined;
    throw new Trouble(problem?.detail ?? answer.response.statusText, problem ?? null);
  }
  const said = answer.response.headers.get("Content-Disposition") ?? "";
  const name = /filename\*=UTF-8''([^;]+)/.exec(said)?.[1];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(answer.data as Blob);
  link.download = name ? decodeURIComponent(name) : (/filename="([^"]+)"/.exec(said)?.[1] ?? "wuding");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
