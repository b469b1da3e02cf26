import { Trouble } from "../api/client";
import { i18n } from "../i18n";

/** What went wrong, in the service's words; else that it cannot be reached. */
export function said(cause: unknown, unreachable = i18n.global.t("no_service")): string[] {
  if (!(cause instanceof Trouble) || cause.offline) return [unreachable];
  return cause.problem?.errors?.length ? cause.problem.errors.map((one) => one.message) : [cause.message];
}
