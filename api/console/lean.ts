// MapLibre GL comes as one file, just above the mebibyte that a committed file may have. Programs of the graphics card
// for layers that our maps have not (relief, heat, globe …) are left out of it.
import type { Plugin } from "vite";

const FILE = /maplibre-gl-dev\.mjs$/; // not minified: what is in it can be told apart, and the build minifies it
const UNUSED = /^\t(heatmap|heatmapTexture|hillshade\w*|colorRelief|fillExtrusion\w*|projectionGlobe|terrain\w*|atmosphere): prepare\(.*\)(,?)$/gm;
const EXPECTED = 11;

export function lean(): Plugin {
  return {
    name: "lean",
    enforce: "pre",
    config: () => ({ resolve: { alias: [{ find: /^maplibre-gl$/, replacement: "maplibre-gl/dist/maplibre-gl-dev.mjs" }] } }),
    transform(code, id) {
      if (!FILE.test(id)) return undefined;
      let found = 0;
      const lean = code.replace(UNUSED, (_, name: string, end: string) => {
        found++;
        return `\t${name}: prepare("void main() {}", "layout(location=0) in vec2 a_pos;void main() {}")${end}`;
      });
      if (found < EXPECTED) this.error(`maplibre-gl: ${found} programs found; its layout has changed`);
      return { code: lean, map: null };
    },
  };
}
