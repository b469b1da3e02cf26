// What somebody who does not see the page needs when it turns: its name in the title and aloud, and the focus on its
// heading, unless the page has put it somewhere already.
import { nextTick, ref, watch } from "vue";
import { START_LOCATION, useRouter } from "vue-router";
import { DESKS } from "../desks/desks";
import { useTour } from "../first/tour";
import { i18n } from "../i18n";

function nameOf(path: string, meta: string | undefined): string {
  const t = i18n.global.t;
  const desk = DESKS.find((one) => path === one.path || path.startsWith(`${one.path}/`));
  const tab = document.querySelector("main nav [aria-current=page]")?.textContent?.trim();
  const heading = desk ? t(desk.title) : meta ? t(meta) : document.querySelector("main h1")?.textContent?.trim();
  return [tab, heading].filter(Boolean).join(" · ");
}

export function useTurns() {
  const router = useRouter();
  const tour = useTour();
  const announced = ref("");
  const opened = router.options.history.location;

  function name(): void {
    const now = router.currentRoute.value;
    const found = nameOf(now.path, now.meta.title);
    document.title = found ? `${found} – ${i18n.global.t("title")}` : i18n.global.t("title");
  }

  router.afterEach(async (to, from, failure) => {
    if (failure) return;
    await nextTick();
    name();
    // opened: the browser begins at its top. Somebody may have turned the page before that was done
    if (to.path === from.path || (from === START_LOCATION && (to.redirectedFrom ?? to).fullPath === opened)) return;
    announced.value = document.title;
    const at = document.activeElement;
    const heading = document.querySelector<HTMLElement>("main h1");
    if (!heading || tour.now || (at?.closest("main") && !at.matches("a, button, #content"))) return;
    heading.tabIndex = -1;
    heading.focus();
  });
  watch(i18n.global.locale, () => void nextTick(name));
  return { announced };
}
