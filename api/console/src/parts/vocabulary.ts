import { i18n, lang } from "../i18n";

/** The codes of a vocabulary, in its own order, as its words stand among the texts: `state` -> serviceable, damaged … */
export function codes(vocabulary: string): string[] {
  const head = `${vocabulary}.`;
  const words = Object.keys(i18n.global.getLocaleMessage(lang()));
  return words.filter((key) => key.startsWith(head) && !key.slice(head.length).includes(".")).map((key) => key.slice(head.length));
}

/** The word for a code; an office may have codes of its own, which stand for themselves. */
export const worded = (vocabulary: string, code: string): string => (i18n.global.te(`${vocabulary}.${code}`) ? i18n.global.t(`${vocabulary}.${code}`) : code);
