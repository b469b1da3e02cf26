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
import { watchVersion } from "./parts/version";

const app = createApp(App);
app.use(createPinia());
await Promise.all([speak(startLang()), useMe().start()]);
watchVersion(router);
app.use(i18n).use(router).mount("#app");
