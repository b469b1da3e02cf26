// The page and the service it came with: after an upgrade, parts of the old page are gone.
import { ref } from "vue";
import type { Router } from "vue-router";
import { reached } from "../offline/line";

/** "new": another version stands ready; "broken": a part of this one could not be fetched. */
export const version = ref<"" | "new" | "broken">("");
const LOOK_MS = 3_600_000;
const LATELY_MS = 10_000;
const TRIED = "wuding.reloaded";
const MISSING = /dynamically imported module|Importing a module script failed|preload CSS/i;

export function watchVersion(router: Router): void {
  let leaving = false;
  const broken = () => void setTimeout(() => { if (!leaving) version.value = "broken"; });
  addEventListener("vite:preloadError", broken);
  router.onError((cause: unknown, to) => {
    if (!MISSING.test(String(cause))) return;
    // without a network the browser has nothing to show instead
    if (!reached.value || Date.now() - Number(sessionStorage.getItem(TRIED) ?? "0") < LATELY_MS) return broken();
    leaving = true; // a newer build has taken the place of the one this page came from: its parts are opened by the new one
    sessionStorage.setItem(TRIED, String(Date.now()));
    location.assign(router.resolve(to).href);
  });
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const before = navigator.serviceWorker.controller;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (before) version.value ||= "new";
  });
  void navigator.serviceWorker.register("/console/sw.js", { scope: "/console/" }).then((found) => {
    setInterval(() => void found.update().catch(() => undefined), LOOK_MS);
  }, () => undefined); // without it the page needs a network, and works
}
