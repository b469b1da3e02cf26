import { defineStore } from "pinia";
import { computed, ref } from "vue";
import type { Schemas } from "../../api/client";
import { i18n, lang } from "../../i18n";
import { usePlan } from "./plan";
import type { Cells } from "../../parts/tables";

export type Duty = Schemas["DutyOut"];
/** `into` takes the duty; where `other` is given, who had it takes that duty of theirs in turn. */
export interface Swap {
  duty: Duty;
  into: string;
  other: Duty | null;
}

export const slotOf = (duty: Duty): string => `${duty.day} ${duty.post} ${duty.shift} ${duty.role}`;
export const roleName = (role: string): string => (i18n.global.te(`duty_role.${role}`) ? i18n.global.t(`duty_role.${role}`) : role);
export const shiftName = (shift: string): string => i18n.global.t(`shift.${shift}`);

/** Names on a roster, and the changes asked for that are not mended yet. */
export const useDuties = defineStore("duties", () => {
  const plan = usePlan();
  const swaps = ref<Swap[]>([]);
  const named = (rows: Cells[]): Map<string, string> => new Map(rows.map((one) => [one.id ?? "", (lang() === "en" && one.name_en) || one.name || one.id || ""]));
  const people = computed(() => named(plan.given.people));
  const posts = computed(() => named(plan.given.dutyPosts));
  const roles = computed(() => new Map(plan.given.people.map((one) => [one.id ?? "", (one.roles ?? "").split("|")])));

  function away(person: string, day: string): boolean {
    return plan.given.requests.some((one) => one.person === person && one.kind === "leave" && one.first! <= day && day <= (one.last || one.first!));
  }

  /** Adds the requests and gives the roster back, to be mended from the first day concerned. */
  function ask(): void {
    if (!plan.rostered || !swaps.value.length) return;
    const requests = plan.given.requests.map((one) => ({ ...one }));
    const request = (person: string, kind: string, duty: Duty) => {
      const contrary = kind === "must" ? "must_not" : "must";
      const at = requests.findIndex((one) => one.person === person && one.kind === contrary && one.first === duty.day && (one.post ?? "") === duty.post);
      if (at >= 0) requests.splice(at, 1); // what was asked for last counts
      if (!requests.some((one) => one.person === person && one.kind === kind && one.first === duty.day && (one.post ?? "") === duty.post)) requests.push({ person, kind, first: duty.day, last: duty.day, post: duty.post });
    };
    for (const { duty, into, other } of swaps.value) {
      request(into, "must", duty);
      request(duty.person, "must_not", duty);
      if (!other) continue;
      request(duty.person, "must", other);
      request(into, "must_not", other);
    }
    const days = swaps.value.flatMap((one) => (one.other ? [one.duty.day, one.other.day] : [one.duty.day])).sort();
    plan.given.requests = requests;
    plan.given.others.roster = { ...plan.given.others.roster, roster: plan.rostered.duties, since: days[0] };
    swaps.value = [];
  }

  return {
    swaps, ask, away,
    person: (id: string) => people.value.get(id) ?? id,
    post: (id: string) => posts.value.get(id) ?? id,
    /** days of one stay in a village; three where the table does not say */
    stay: (post: string) => Number(plan.given.dutyPosts.find((one) => one.id === post)?.stay_days) || 3,
    can: (id: string, role: string) => roles.value.get(id)?.includes(role) ?? false,
    people,
  };
});
