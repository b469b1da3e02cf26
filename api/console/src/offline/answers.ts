// Answers of reads that a village room needs, kept as they were last seen and shown, as such, when there is no network.
import type { Middleware } from "openapi-fetch";
import { ref } from "vue";
import { store } from "./store";

const KEPT = /^\/api\/v1\/(stock|stock\/card|stores|items|bins|lots|five-fixed\/(tasks|board|findings))$/;

const SEEN = "X-Seen-At";

/** Since when what is shown is as old as it says; null: what is shown comes from the service. */
export const seenAt = ref<string | null>(null);

const keyOf = (request: Request): string => {
  const url = new URL(request.url);
  return url.pathname + url.search;
};
const kept = (request: Request): boolean => request.method === "GET" && KEPT.test(new URL(request.url).pathname);

export const remember: Middleware = {
  async onResponse({ request, response }) {
    if (!kept(request) || !response.ok) return undefined;
    seenAt.value = response.headers.get(SEEN);
    if (seenAt.value) return undefined;
    const body = await response.clone().text();
    await (await store()).put("answers", { body, at: new Date().toISOString() }, keyOf(request));
    return undefined;
  },
  async onError({ request }) {
    if (!kept(request)) return undefined;
    const found = await (await store()).get("answers", keyOf(request));
    if (!found) return undefined;
    return new Response(found.body, { status: 200, headers: { "Content-Type": "application/json", [SEEN]: found.at } });
  },
};

/** When somebody signs out, nothing of what they saw stays. */
export async function forget(): Promise<void> {
  seenAt.value = null;
  await (await store()).clear("answers");
}
