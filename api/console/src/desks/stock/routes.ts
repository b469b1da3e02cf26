import type { RouteRecordRaw } from "vue-router";

/** Pages of the desk, below /stock. Each is fetched when it is opened. */
export const STOCK: RouteRecordRaw[] = [
  { path: "", component: () => import("./StockSearch.vue") },
  { path: "transfers", component: () => import("./Transfers.vue") },
  { path: "transfers/:number", component: () => import("./TransferPage.vue"), props: true },
  { path: "counts", component: () => import("./Counts.vue") },
  { path: "counts/:number", component: () => import("./CountPage.vue"), props: true },
  { path: "board", component: () => import("./Board.vue"), meta: { needs: "care.read" } },
  { path: "findings", component: () => import("./Findings.vue"), meta: { needs: "care.read" } },
  { path: "tasks", component: () => import("./Tasks.vue"), meta: { needs: "care.read" } },
  { path: "report", component: () => import("./report/ReportPage.vue"), meta: { needs: "care.read" } },
  { path: "replenish", component: () => import("./Replenish.vue") },
  { path: "import", component: () => import("./import/ImportPage.vue"), meta: { needs: "files.write" } },
  { path: "offline", component: () => import("../../offline/ReadyPage.vue") },
];

export const TABS: { path: string; title: string; needs: string }[] = [
  { path: "/stock", title: "stock.tab.search", needs: "stock.read" },
  { path: "/stock/transfers", title: "stock.tab.transfers", needs: "stock.read" },
  { path: "/stock/counts", title: "stock.tab.counts", needs: "stock.read" },
  { path: "/stock/board", title: "stock.tab.board", needs: "care.read" },
  { path: "/stock/findings", title: "stock.tab.findings", needs: "care.read" },
  { path: "/stock/tasks", title: "stock.tab.tasks", needs: "care.read" },
  { path: "/stock/report", title: "stock.tab.report", needs: "care.read" },
  { path: "/stock/replenish", title: "stock.tab.replenish", needs: "stock.read" },
  { path: "/stock/import", title: "stock.tab.import", needs: "files.write" },
  { path: "/stock/offline", title: "offline.tab", needs: "stock.read" },
];
