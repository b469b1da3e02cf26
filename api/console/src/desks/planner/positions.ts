// Where towns are: as stated, else as the register of divisions has it under the town's division code.
import { api, got } from "../../api/client";
import type { Place } from "../../parts/map/ground";

const PAGE = 100;
interface Stated {
  code: string;
  lat?: number | null;
  lon?: number | null;
}
const known = new Map<string, Place | null>();

/** A town's code may be its division code, of 9 or 12 digits. */
const division = (code: string): string | null => (/^\d{9}(000)?$/.test(code) ? code.padEnd(12, "0") : null);

/** Codes of towns -> (lon, lat) of those that are known. A register that cannot be asked leaves towns out. */
export async function positions(towns: Stated[], mayAsk: boolean): Promise<Map<string, Place>> {
  const found = new Map<string, Place>();
  const asked = new Map<string, string>();
  for (const one of towns) {
    const code = division(one.code);
    if (one.lat != null && one.lon != null) found.set(one.code, [one.lon, one.lat]);
    else if (code) asked.set(code, one.code);
  }
  const unknown = [...asked.keys()].filter((code) => !known.has(code));
  for (let from = 0; mayAsk && from < unknown.length; from += PAGE) {
    const code = unknown.slice(from, from + PAGE);
    try {
      const page = await got(api.GET("/api/v1/places", { params: { query: { code, limit: PAGE, field: ["code", "lat", "lon"] } } }));
      for (const one of page.items) known.set(one.code!, one.lat == null || one.lon == null ? null : [one.lon, one.lat]);
    } catch {
      break;
    }
  }
  for (const [code, town] of asked) {
    const at = known.get(code);
    if (at) found.set(town, at);
  }
  return found;
}
