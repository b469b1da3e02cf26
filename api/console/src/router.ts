import { createRouter, createWebHistory } from "vue-router";
import { STOCK } from "./desks/stock/routes";
import { useMe } from "./me";

declare module "vue-router" {
  interface RouteMeta {
    needs?: string;
    open?: boolean;
    bare?: boolean; // without the bar, for a wall
    title?: string; // key of its name, where it is no desk
  }
}

export const router = createRouter({
  history: createWebHistory("/console/"),
  routes: [
    { path: "/", component: () => import("./desks/Home.vue") },
    { path: "/sign-in", component: () => import("./desks/SignIn.vue"), meta: { open: true, title: "sign_in" } },
    { path: "/account", component: () => import("./account/AccountPage.vue"), meta: { title: "account.mine" } },
    { path: "/users", component: () => import("./account/UsersPage.vue"), meta: { needs: "users.read", title: "users.title" } },
    { path: "/stock", component: () => import("./desks/stock/StockDesk.vue"), meta: { needs: "stock.read" }, children: STOCK },
    { path: "/outbox", component: () => import("./offline/Outbox.vue") },
    { path: "/dispatch", component: () => import("./desks/dispatch/DispatchDesk.vue"), meta: { needs: "incidents.read" } },
    { path: "/dispatch/after-action", component: () => import("./desks/dispatch/reasons/AfterAction.vue"), meta: { needs: "plans.read" } },
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
        { path: "compare", component: () => import("./desks/planner/ComparePage.vue") },
        { path: "desk", component: () => import("./desks/planner/DeskPage.vue") },
      ],
    },
    { path: "/wall", component: () => import("./desks/dispatch/WallScreen.vue"), meta: { needs: "incidents.read", bare: true } },
    { path: "/:rest(.*)", redirect: "/" },
  ],
});

router.beforeEach((to) => {
  const { me, may, ended } = useMe();
  // what the identity provider's answer has behind its # goes along
  if (!me && !to.meta.open) return { path: "/sign-in", hash: to.path === "/" ? to.hash : "", query: { ...(to.path === "/" ? {} : { to: to.fullPath }), ...(ended ? { ended } : {}) } };
  if (me && to.path === "/sign-in") return "/";
  if (me?.must_change && to.path !== "/account") return "/account"; // nothing else is answered before
  if (to.meta.needs && !may.has(to.meta.needs)) return "/";
  return true;
});
