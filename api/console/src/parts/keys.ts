// Keys that are one character stand in the way of who speaks to the computer, and can be put off (WCAG 2.1.4).
import { ref, watch } from "vue";

const KEPT = "wuding.keys";
export const single = ref(localStorage.getItem(KEPT) !== "0");
watch(single, (on) => localStorage.setItem(KEPT, on ? "1" : "0"));
