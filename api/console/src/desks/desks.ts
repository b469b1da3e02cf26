/** The desks, in the order they stand in the bar; whoever lacks the permission does not see one. */
export const DESKS = [
  { path: "/dispatch", title: "desk.dispatch", about: "desk.dispatch.about", needs: "incidents.read" },
  { path: "/stock", title: "desk.stock", about: "desk.stock.about", needs: "stock.read" },
  { path: "/planner", title: "desk.planner", about: "desk.planner.about", needs: "staffing.read" },
] as const;
