// Answers of reads that a village room needs, kept as they were last seen and shown, as such, when there is no network.
import type { Middleware } from "openapi-fetch";
import { ref } from "vue";
import { fromRooms } from "./rooms";
import { type Answer, store } from "./store";

const API = "/api/v1/";
const KEPT =
  /^(stock|stock\/(card|available|labels)|stores|items|bins|lots|places|custodians|files|transfers|transfers\/[^/]+|counts|counts\/[^/]+|five-fixed\/(tasks|board|findings|scores|maintenance))$/;
const GATEWAY = [502, 503, 504]; // a proxy whose service is down or being started
/** Header of an answer that does not come from the service: since when it is as old as it says. */
export const SEEN = "X-Seen-At";
const JSON_TYPE = "application/json";

/** Since when what is shown is as old as it says; null: what is shown comes from the service. */
export const seenAt = ref<string | null>(null);

/** The same address as a file is another answer. */
function keyOf(request: Request): string {
  const { pathname, search } = new URL(request.url);
  const wanted = request.headers.get("Accept")?.split(",")[0] ?? "";
  return (wanted === "" || wanted === "*/*" || wanted === JSON_TYPE ? "" : `${wanted} `) + pathname + search;
}
function kept(request: Request): boolean {
  const { pathname } = new URL(request.url);
  return request.method === "GET" && pathname.startsWith(API) && KEPT.test(pathname.slice(API.length));
}

/** What was kept of an answer; none: nothing was. */
export async function seen(request: Request): Promise<Response | undefined> {
  if (!kept(request)) return undefined;
  const found = await (await store()).get("answers", keyOf(request));
  const ready = keyOf(request).startsWith("/") ? await fromRooms(new URL(request.url), found?.at) : null;
  const one: Answer | undefined = ready ?? found;
  if (!one) return undefined;
  const headers = { "Content-Type": one.type ?? JSON_TYPE, [SEEN]: one.at, ...(one.named && { "Content-Disposition": one.named }) };
  return new Response(one.body, { status: 200, headers });
}

export const remember: Middleware = {
  async onResponse({ request, response }) {
    if (!kept(request)) return undefined;
    if (GATEWAY.includes(response.status) && !response.headers.get("Content-Type")?.includes("problem")) {
      const found = await seen(request);
      if (!found) return undefined;
      seenAt.value = found.headers.get(SEEN);
      return found;
    }
    if (!response.ok) return undefined;
    seenAt.value = response.headers.get(SEEN);
    if (seenAt.value) return undefined;
    const type = response.headers.get("Content-Type") ?? JSON_TYPE;
    const body = type.startsWith(JSON_TYPE) ? await response.clone().text() : await response.clone().blob();
    const named = response.headers.get("Content-Disposition") ?? undefined;
    await keepAnswer(keyOf(request), { body, type, at: new Date().toISOString(), ...(named && { named }) });
    return undefined;
  },
  onError: ({ request }) => seen(request),
};

/** What is there after a write, so that it is not older than what the person has just seen. A full disk is no fault of
 * the one who reads. */
export async function keepAnswer(key: string, answer: Answer): Promise<void> {
  await store().then((base) => base.put("answers", answer, key)).catch(() => undefined);
}
export const keepSeen = (path: string, found: unknown): Promise<void> => keepAnswer(path, { body: JSON.stringify(found), at: new Date().toISOString() });

/** When somebody signs out, nothing of what they saw stays. */
export async function forget(): Promise<void> {
  seenAt.value = null;
  const base = await store().catch(() => null);
  await base?.clear("answers");
  await base?.clear("rooms");
}
