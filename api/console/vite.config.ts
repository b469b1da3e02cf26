import vue from "@vitejs/plugin-vue";
import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import components from "unplugin-vue-components/vite";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { texts } from "./texts.ts";

export default defineConfig({
  base: "/console/",
  plugins: [
    vue(), components({ dts: "src/components.d.ts", resolvers: [ElementPlusResolver({ importStyle: "css" })] }), texts(),
    VitePWA({
      registerType: "autoUpdate",
      injectRegister: false,
      manifest: {
        name: "五定调度 Wuding", short_name: "五定 Wuding", lang: "zh-CN", start_url: "/console/", scope: "/console/", display: "standalone",
        background_color: "#f2f3f5", theme_color: "#1f4e79",
        icons: [
          { src: "icon.svg", sizes: "any", type: "image/svg+xml", purpose: "any" },
          // for systems that take no drawings; to the edge, where the system cuts its own shape
          ...[192, 512].map((size) => ({ src: `icon-${size}.png`, sizes: `${size}x${size}`, type: "image/png", purpose: "any" as const })),
          { src: "icon-maskable.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
        ],
      },
      // the page itself opens without a network; what it shows then is kept by src/offline
      workbox: { globPatterns: ["**/*.{js,css,html,svg}"], navigateFallback: "/console/index.html", maximumFileSizeToCacheInBytes: 1 << 20, sourcemap: false },
    }),
  ],
  build: { outDir: "dist", target: "es2022", chunkSizeWarningLimit: 1024, modulePreload: { polyfill: false } },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
});
