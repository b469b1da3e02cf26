// The service, typed by its own OpenAPI page: tokens are renewed once for all who wait, faults become `Trouble`.
import createClient, { type Middleware } from "openapi-fetch";
import { lang } from "../i18n";
import { remember } from "../offline/answers";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];
type Tokens = Schemas["Tokens"];
const KEPT = "wuding.session";
const SPARE_MS = 60_000;

/** What the service refused, in the words it gave; `offline` where it could not be reached. */
export class Trouble extends Error {
  constructor(
    message: string,
    readonly problem: Problem | null,
    readonly offline = false,
  ) {
    super(message);
  }
}

interface Session {
  access: string;
  refresh: string;
  until: number;
}

let session: Session | null = JSON.parse(localStorage.getItem(KEPT) ?? "null");
let renewing: Promise<void> | null = null;
let ended: () => void = () => {};

export const signedIn = (): boolean => session !== null;
/** Called when the session is over, whoever ended it. */
export const onEnded = (then: () => void): void => void (ended = then);

export function keep(tokens: Tokens | null): void {
  session = tokens && { access: tokens.access_token, refresh: tokens.refresh_token, until: Date.now() + tokens.expires_in * 1000 };
  if (session) localStorage.setItem(KEPT, JSON.stringify(session));
  else localStorage.removeItem(KEPT);
}

async function renew(): Promise<void> {
  // another window may have renewed it meanwhile: a refresh token is good once
  const kept: Session | null = JSON.parse(localStorage.getItem(KEPT) ?? "null");
  if (kept && kept.refresh !== session?.refresh && kept.until > Date.now() + SPARE_MS) {
    session = kept;
    return;
  }
  const answer = await fetch("/api/v1/refresh", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refresh_token: session!.refresh }),
  });
  if (answer.ok) keep((await answer.json()) as Tokens);
  else if (answer.status === 401) {
    keep(null);
    ended();
  } else throw new Error(String(answer.status));
}

const OPEN = ["/api/v1/sign-in", "/api/v1/refresh"];

const bearer: Middleware = {
  async onRequest({ request }) {
    request.headers.set("Accept-Language", lang());
    if (OPEN.some((path) => new URL(request.url).pathname === path)) return request;
    if (session && session.until < Date.now() + SPARE_MS) {
      renewing ??= Promise.resolve(navigator.locks.request("wuding.renew", renew)).finally(() => (renewing = null));
      await renewing;
    }
    if (session) request.headers.set("Authorization", `Bearer ${session.access}`);
    return request;
  },
  async onResponse({ request, response }) {
    if (response.status === 401 && session && !OPEN.some((path) => new URL(request.url).pathname === path)) {
      keep(null);
      ended();
    }
    return response;
  },
};

export const api = createClient<paths, "application/json">({ baseUrl: "/" });
api.use(bearer, remember);

/** The content of an answer. Throws Trouble. */
export async function got<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let answer;
  try {
    answer = await asked;
  } catch (cause) {
    throw new Trouble(String(cause), null, true);
  }
  if (answer.error !== undefined) {
    const problem = answer.error as Problem;
    throw new Trouble(problem.detail ?? answer.response.statusText, problem.code ? problem : null);
  }
  return answer.data as T;
}

/** A key that makes a write safe to send again. */
export const onceKey = (): string => crypto.randomUUID();
