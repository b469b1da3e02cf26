// The first steps of somebody new: what they may do, what of it they have done, and which one is shown just now. Kept
// in this browser, for each account; a step counts when the service has done it, whichever way one came there.
import type { Middleware } from "openapi-fetch";
import { defineStore } from "pinia";
import { computed, reactive, ref, watch } from "vue";
import { api } from "../api/client";
import { useMe } from "../me";

export type Target = { words: string } | { css: string };
export interface Step {
  name: string;
  to: string;
  needs: readonly string[];
  counts: RegExp; // method and path of the write that does it
  at: readonly Target[]; // where to click, the last thing first
}

export const STEPS: readonly Step[] = [
  {
    name: "report", to: "/dispatch", needs: ["incidents.read", "incidents.report"], counts: /^POST \/situations\/[^/]+\/incidents$/,
    at: [{ css: "main aside form fieldset:has(:invalid)" }, { css: "main aside form [type=submit]" }, { words: "dispatch.report" }, { words: "dispatch.tab.incidents" }],
  },
  {
    name: "plan", to: "/dispatch", needs: ["incidents.read", "plans.make"], counts: /^POST \/situations\/[^/]+\/solve$/,
    at: [{ words: "plan.make" }, { words: "plan.again" }, { words: "dispatch.tab.plan" }],
  },
  {
    name: "approve", to: "/dispatch", needs: ["incidents.read", "plans.approve"], counts: /^POST \/situations\/[^/]+\/drafts\/\d+\/approve$/,
    at: [{ words: "plan.approve" }, { words: "plan.make" }, { words: "plan.again" }, { words: "dispatch.tab.plan" }],
  },
  {
    name: "issue", to: "/stock", needs: ["stock.read", "stock.write"], counts: /^POST \/stock\/issue$/,
    at: [{ css: "main aside form.entry [type=submit]" }, { words: "stock.act.issue" }, { css: "main [data-row]" }],
  },
  {
    name: "task", to: "/stock/tasks", needs: ["stock.read", "care.read", "care.do"], counts: /^POST \/five-fixed\/tasks\/\d+\/done$/,
    at: [{ css: "main aside form.entry [type=submit]" }, { css: "main [data-row]" }],
  },
  {
    name: "size", to: "/planner/towns", needs: ["staffing.read", "staffing.make"], counts: /^POST \/staffing\/size$/,
    at: [{ css: "main form.options [type=submit]:not(:disabled)" }, { words: "planner.example_district" }],
  },
];

const KEPT = "wuding.tour.";
interface Kept {
  done: string[];
  away: boolean;
}

export const useTour = defineStore("tour", () => {
  const me = useMe();
  const kept = reactive<Kept>({ done: [], away: false });
  const now = ref<Step | null>(null);
  const steps = computed(() => STEPS.filter((one) => one.needs.every((each) => me.may.has(each))));
  const left = computed(() => steps.value.filter((one) => !kept.done.includes(one.name)));

  watch(() => me.me?.name, (name) => {
    now.value = null;
    const found: Partial<Kept> = JSON.parse((name && localStorage.getItem(KEPT + name)) || "{}");
    kept.done = found.done ?? [];
    kept.away = found.away ?? false;
  }, { immediate: true });

  function save(): void {
    if (me.me) localStorage.setItem(KEPT + me.me.name, JSON.stringify(kept));
  }

  function did(what: string): void {
    const step = steps.value.find((one) => one.counts.test(what));
    if (!step || kept.done.includes(step.name)) return;
    kept.done.push(step.name);
    save();
  }

  function show(step: Step | null): void {
    now.value = step;
  }

  function putAway(): void {
    kept.away = true;
    now.value = null;
    save();
  }

  /** From the beginning. */
  function again(): void {
    kept.done = [];
    kept.away = false;
    save();
  }

  const noticed: Middleware = {
    onResponse({ request, response }) {
      if (request.method !== "GET" && response.ok) did(`${request.method} ${new URL(request.url).pathname.replace("/api/v1", "")}`);
      return undefined;
    },
  };
  api.use(noticed);

  return { kept, now, steps, left, show, putAway, again };
});
