import type { Directive } from "vue";

/** On a phone each row of a table is a card (class `cards`): every cell then bears the name of its column. */
function label(table: HTMLElement): void {
  const names = [...table.querySelectorAll("thead th")].map((one) => one.textContent?.trim() ?? "");
  for (const row of table.querySelectorAll("tbody tr"))
    [...row.children].forEach((cell, at) => cell.setAttribute("data-label", names[at] ?? ""));
}

export const vCards: Directive<HTMLElement> = { mounted: label, updated: label };
