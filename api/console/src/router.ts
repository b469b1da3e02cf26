import { createRouter, createWebHistory } from "vue-router";
import { STOCK } from "./desks/stock/routes";
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
    { path: "/stock", component: () => import("./desks/stock/StockDesk.vue"), meta: { needs: "stock.read" }, children: STOCK },
    { path: "/outbox", component: () => import("./offline/Outbox.vue") },
    { path: "/dispatch", component: () => import("./desks/dispatch/DispatchDesk.vue"), meta: { needs: "incidents.read" } },
    {
      path: "/planner", component: () => import("./desks/planner/PlannerDesk.vue"), meta: { needs: "staffing.read" }, redirect: "/planner/towns",
      children: [
        { path: "towns", component: () => import("./desks/planner/TownsPage.vue") },
        { path: "coefficients", component: () => import("./desks/planner/CoefficientsPage.vue") },
        { path: "share", component: () => import("./desks/planner/SharePage.vue") },
        { path: "roster", component: () => import("./desks/planner/RosterPage.vue") },
        { path: "patrol", component: () => import("./desks/planner/PatrolPage.vue") },
        { path: "grids", component: () => import("./desks/planner/GridsPage.vue") },
        { path: "studies", component: () => import("./desks/planner/StudiesPage.vue") },
      ],
    },
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
