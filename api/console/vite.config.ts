import vue from "@vitejs/plugin-vue";
import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import components from "unplugin-vue-components/vite";
import { defineConfig } from "vite";
import { lean } from "./lean.ts";
import { texts } from "./texts.ts";

export default defineConfig({
  base: "/console/",
  plugins: [vue(), components({ dts: "src/components.d.ts", resolvers: [ElementPlusResolver({ importStyle: "css" })] }), texts(), lean()],
  build: {
    outDir: "dist", target: "es2022", chunkSizeWarningLimit: 1024, modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "maplibre", test: /maplibre-gl-dev/ }] } } },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
});
