/** What a label says: the kind of thing it is on, and the parts of its code, such as item and lot. */
export interface Label {
  kind: "store" | "bin" | "lot" | "asset" | "order" | "text";
  parts: string[];
}

const PARTS: Record<string, number> = { store: 1, bin: 2, lot: 2, asset: 1, order: 1 };

/** `WD:LOT:M001:L2024-03` as the labels of this product have it; null for any other text. */
export function labelOf(text: string): Label | null {
  // a hand-held reader types through whatever input method is on
  const [head, kind, ...parts] = text.trim().replaceAll("：", ":").split(":");
  const named = kind?.toLowerCase() ?? "";
  if (head?.toUpperCase() !== "WD" || PARTS[named] !== parts.length || parts.some((one) => !one)) return null;
  return { kind: named as Label["kind"], parts: parts.map((one) => one.replace(/%3A|%25/g, (sign) => (sign === "%3A" ? ":" : "%"))) };
}
