import { onBeforeUnmount, onMounted, type Ref } from "vue";
import { single } from "../../parts/keys";

/** Keys of a list: “/” to the search field, arrows from row to row; Enter is the row's own button or link. */
export function useListKeys(list: Ref<HTMLElement | null>, search: Ref<HTMLElement | null>): void {
  function pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const at = event.target as HTMLElement;
    const writing = at.matches("input, select, textarea");
    if (event.key === "/" && single.value && !writing) {
      event.preventDefault();
      search.value?.focus();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    if (writing && at !== search.value) return;
    const rows = [...(list.value?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    const now = rows.indexOf(at);
    // from elsewhere the page scrolls as ever
    if (now < 0 && at !== search.value && at !== document.body) return;
    const next = rows[now < 0 ? 0 : now + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next && now === 0) search.value?.focus();
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
  onMounted(() => document.addEventListener("keydown", pressed));
  onBeforeUnmount(() => document.removeEventListener("keydown", pressed));
}
