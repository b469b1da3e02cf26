import { defineStore } from "pinia";
import { ref } from "vue";
import { api, got } from "../../api/client";
import { useMe } from "../../me";

/** Names of custodians by their codes, for who may see them; asked for as they come into sight. */
export const usePeople = defineStore("people", () => {
  const known = ref(new Map<string, string>());
  const asked = new Set<string>();

  function learn(codes: (string | null | undefined)[]): void {
    const wanted = [...new Set(codes)].filter((one): one is string => Boolean(one) && !asked.has(one!)).slice(0, 100);
    if (!wanted.length || !useMe().may.has("people.read")) return;
    wanted.forEach((one) => asked.add(one));
    got(api.GET("/api/v1/custodians", { params: { query: { person: wanted, field: ["person", "name"], limit: 500 } } })).then(
      (page) => page.items.forEach((one) => one.name && known.value.set(one.person!, one.name)),
      () => wanted.forEach((one) => asked.delete(one)), // the code will do
    );
  }

  return { learn, name: (code: string) => known.value.get(code) ?? code };
});
