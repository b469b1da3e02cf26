// Words of the console out of src/**/texts.csv (key,zh,en), the one source of both languages.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const SOURCE = fileURLToPath(new URL("./src", import.meta.url));
const VOCABULARIES = fileURLToPath(new URL("./vocabularies.json", import.meta.url));
const NAME = "virtual:texts/";

export function rows(text: string): string[][] {
  const found: string[][] = [[]];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quoted) {
      if (sign === '"' && text[at + 1] === '"') cell += text[++at];
      else if (sign === '"') quoted = false;
      else cell += sign;
    } else if (sign === '"') quoted = true;
    else if (sign === ",") {
      found.at(-1)!.push(cell);
      cell = "";
    } else if (sign === "\n") {
      found.at(-1)!.push(cell);
      cell = "";
      found.push([]);
    } else if (sign !== "\r") cell += sign;
  }
  return found.filter((row) => row.length > 1);
}

/** Words of the product that stand in its own vocabularies (states, kinds, reasons), written by the service. */
function vocabularies(lang: string): Record<string, string> {
  const known: Record<string, Record<string, [string, string]>> = JSON.parse(readFileSync(VOCABULARIES, "utf8"));
  const found: Record<string, string> = {};
  for (const [name, words] of Object.entries(known))
    for (const [code, said] of Object.entries(words)) found[`${name}.${code}`] = said[lang === "zh" ? 0 : 1];
  return found;
}

export function texts(): Plugin {
  return {
    name: "texts",
    resolveId: (id) => (id.startsWith(NAME) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${NAME}`)) return undefined;
      const lang = id.slice(NAME.length + 1);
      const words = vocabularies(lang);
      for (const name of readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).sort()) {
        if (!name.endsWith("texts.csv")) continue;
        this.addWatchFile(`${SOURCE}/${name}`);
        const [head, ...body] = rows(readFileSync(`${SOURCE}/${name}`, "utf8"));
        const column = head!.indexOf(lang);
        for (const row of body) {
          if (words[row[0]!] !== undefined) this.error(`${name}: ${row[0]} stands twice`);
          if (!row[column]) this.error(`${name}: ${row[0]} has no ${lang}`);
          words[row[0]!] = row[column]!;
        }
      }
      return `export default ${JSON.stringify(words)}`;
    },
  };
}
