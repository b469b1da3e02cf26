import "element-plus/theme-chalk/base.css";
import "element-plus/theme-chalk/dark/css-vars.css";
import "element-plus/theme-chalk/el-message.css";
import "./look.css";
import { createPinia } from "pinia";
import { createApp } from "vue";
import App from "./App.vue";
import { i18n, speak, startLang } from "./i18n";
import { router } from "./router";
import { useMe } from "./me";

const app = createApp(App);
app.use(createPinia());
await speak(startLang());
await useMe().start();
if (import.meta.env.PROD && "serviceWorker" in navigator) void navigator.serviceWorker.register("/console/sw.js", { scope: "/console/" });
app.use(i18n).use(router).mount("#app");
