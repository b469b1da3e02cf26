import { shallowRef } from "vue";

/** The entry just made, which can be taken back: its number, and what to look at anew when it has been. */
export const offered = shallowRef<{ operation: number; then: () => unknown } | null>(null);

/** Offers to take an entry of the ledger back by another that reverses it; 0: not sent yet, so nothing is offered. */
export function offerUndo(operation: number, then: () => unknown): void {
  offered.value = operation ? { operation, then } : null;
}
