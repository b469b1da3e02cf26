import { defineStore } from "pinia";
import { computed, ref } from "vue";
import { api, got, keep, onEnded, type Schemas, signedIn, Trouble } from "./api/client";
import { forget } from "./offline/answers";

const KEPT = "wuding.me";
const PATIENCE_MS = 4_000;
const SEEN_BY = "wuding.seen_by";

/** Who is signed in, and what they may do. Kept, so that a page opened without a network knows it. */
export const useMe = defineStore("me", () => {
  const me = ref<Schemas["Me"] | null>(null);
  const ended = ref<"" | "service" | "password">(""); // why, where not by the person
  const may = computed(() => new Set(me.value?.permissions ?? []));

  function take(found: Schemas["Me"] | null): void {
    me.value = found;
    if (found) localStorage.setItem(KEPT, JSON.stringify(found));
    else localStorage.removeItem(KEPT);
  }

  async function start(): Promise<void> {
    onEnded(() => {
      ended.value ||= "service";
      take(null);
    });
    if (!signedIn()) return take(null);
    try {
      // who was known a moment ago need not wait for a network that loses packets
      const signal = localStorage.getItem(KEPT) ? AbortSignal.timeout(PATIENCE_MS) : undefined;
      take(await got(api.GET("/api/v1/me", { signal })));
    } catch (cause) {
      // only the service may say that it is over: not a network, a proxy without one behind it, or one that is starting
      const status = cause instanceof Trouble ? cause.problem?.status : undefined;
      if (signedIn() && status !== 401 && status !== 403) me.value = JSON.parse(localStorage.getItem(KEPT) ?? "null");
      else take(null);
    }
  }

  async function enter(tokens: Schemas["Tokens"]): Promise<void> {
    keep(tokens);
    ended.value = "";
    const found = await got(api.GET("/api/v1/me"));
    if (localStorage.getItem(SEEN_BY) !== found.name) await forget(); // what somebody else saw is theirs
    localStorage.setItem(SEEN_BY, found.name);
    take(found);
  }

  const signIn = async (name: string, password: string) => enter(await got(api.POST("/api/v1/sign-in", { body: { name, password } })));
  const signInByCode = async (code: string) => enter(await got(api.POST("/api/v1/sign-in/oidc/token", { body: { code } })));

  /** A new password ends every session, this one as well: one is signed in again by it. */
  async function changePassword(old: string, password: string): Promise<void> {
    await got(api.PUT("/api/v1/me/password", { body: { old, new: password } }));
    await signIn(me.value!.name, password).catch(() => {
      ended.value = "password"; // it is changed all the same
      keep(null);
      take(null);
    });
  }

  async function signOut(): Promise<void> {
    await api.POST("/api/v1/sign-out").catch(() => undefined);
    keep(null);
    take(null);
    await forget();
  }

  return { me, may, ended, start, signIn, signInByCode, changePassword, signOut };
});
