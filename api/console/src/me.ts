import { defineStore } from "pinia";
import { computed, ref } from "vue";
import { api, got, keep, onEnded, type Schemas, signedIn, Trouble } from "./api/client";
import { forget } from "./offline/answers";

const KEPT = "wuding.me";

/** Who is signed in, and what they may do. Kept, so that a page opened without a network knows it. */
export const useMe = defineStore("me", () => {
  const me = ref<Schemas["Me"] | null>(null);
  const may = computed(() => new Set(me.value?.permissions ?? []));

  function take(found: Schemas["Me"] | null): void {
    me.value = found;
    if (found) localStorage.setItem(KEPT, JSON.stringify(found));
    else localStorage.removeItem(KEPT);
  }

  async function start(): Promise<void> {
    onEnded(() => take(null));
    if (!signedIn()) return take(null);
    try {
      take(await got(api.GET("/api/v1/me")));
    } catch (cause) {
      if (cause instanceof Trouble && cause.offline) me.value = JSON.parse(localStorage.getItem(KEPT) ?? "null");
      else take(null);
    }
  }

  async function signIn(name: string, password: string): Promise<void> {
    keep(await got(api.POST("/api/v1/sign-in", { body: { name, password } })));
    take(await got(api.GET("/api/v1/me")));
  }

  async function signOut(): Promise<void> {
    await api.POST("/api/v1/sign-out").catch(() => undefined);
    keep(null);
    take(null);
    await forget();
  }

  return { me, may, start, signIn, signOut };
});
