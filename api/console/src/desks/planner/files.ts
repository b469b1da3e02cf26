// Answers as files, and questions asked at once.
import { api, got, Trouble } from "../../api/client";
import { i18n } from "../../i18n";
import { placed, type Faults } from "../../parts/tables";
import type { Made } from "./plan";

export const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
export const PDF = "application/pdf";

export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The answer to a question as a workbook or a report. */
export async function fileOf(path: "/api/v1/staffing/size" | "/api/v1/staffing/share" | "/api/v1/staffing/grids", question: unknown, media: string, name: string): Promise<void> {
  const content = await got(api.POST(path, { body: question as never, headers: { Accept: media }, parseAs: "blob" }) as Promise<{ data?: Blob; error?: unknown; response: Response }>);
  save(content, `${name}${media === PDF ? ".pdf" : ".xlsx"}`);
}

export interface Refused {
  cells: Record<string, Faults>;
  rest: string[];
}

/** What went wrong, at its cells as far as it has some. */
export function refused(cause: unknown, made: Made): Refused {
  if (!(cause instanceof Trouble) || cause.offline) return { cells: {}, rest: [i18n.global.t("no_service")] };
  return cause.problem ? placed(cause.problem, made.fields) : { cells: {}, rest: [cause.message] };
}
