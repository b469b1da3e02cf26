/** The pages of the planner's desk, in the order of the work. */
export const PLACES = [
  { path: "towns", title: "planner.towns" },
  { path: "coefficients", title: "planner.coefficients" },
  { path: "share", title: "planner.share" },
  { path: "roster", title: "planner.roster" },
  { path: "patrol", title: "planner.patrol" },
  { path: "grids", title: "planner.grids" },
  { path: "desk", title: "planner.desk" },
  { path: "studies", title: "planner.studies" },
  { path: "compare", title: "planner.compare" },
] as const;
