import { createRouter, createWebHistory } from "vue-router";
import { useMe } from "./me";

declare module "vue-router" {
  interface RouteMeta {
    needs?: string;
    open?: boolean;
    bare?: boolean; // without the bar, for a wall
  }
}

export const router = createRouter({
  history: createWebHistory("/console/"),
  routes: [
    { path: "/", component: () => import("./desks/Home.vue") },
    { path: "/sign-in", component: () => import("./desks/SignIn.vue"), meta: { open: true } },
    { path: "/stock", component: () => import("./desks/stock/StockDesk.vue"), meta: { needs: "stock.read" } },
    { path: "/dispatch", component: () => import("./desks/dispatch/DispatchDesk.vue"), meta: { needs: "incidents.read" } },
    { path: "/wall", component: () => import("./desks/dispatch/WallScreen.vue"), meta: { needs: "incidents.read", bare: true } },
    { path: "/:rest(.*)", redirect: "/" },
  ],
});

router.beforeEach((to) => {
  const { me, may } = useMe();
  if (!me && !to.meta.open) return { path: "/sign-in", query: to.path === "/" ? {} : { to: to.fullPath } };
  if (me && to.path === "/sign-in") return "/";
  if (to.meta.needs && !may.has(to.meta.needs)) return "/";
  return true;
});
