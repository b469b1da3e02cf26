// The service, typed by its own OpenAPI page: tokens are renewed once for all who wait, faults become `Trouble`.
import createClient, { type Middleware } from "openapi-fetch";
import { lang } from "../i18n";
import { remember, SEEN, seen } from "../offline/answers";
import { heard, unheard } from "../offline/line";
import { alone, uuid } from "../offline/plain";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];
type Tokens = Schemas["Tokens"];
const KEPT = "wuding.session";
const SPARE_MS = 60_000;
const RENEW_MS = 8_000;
const PATIENCE_MS = 6_000; // then what was seen is shown: a bad network loses packets and says nothing

/** What the service refused, in the words it gave; `offline` where it could not be reached. */
export const TRY_LATER = [401, 408, 425, 429];
const TRY_LATER_CODES = ["MustChange", "TryAgain"];

export class Trouble extends Error {
  constructor(
    message: string,
    readonly problem: Problem | null,
    readonly offline = false,
    readonly status = problem?.status ?? 0, // 0: there was no answer
  ) {
    super(message);
  }

  /** The service has said no to what was asked; else it has not been heard, or could not do it now. */
  get saysNo(): boolean {
    return !this.offline && !!this.problem && this.problem.status < 500 && !TRY_LATER.includes(this.problem.status) && !TRY_LATER_CODES.includes(this.problem.code);
  }
}

interface Session {
  access: string;
  refresh: string;
  until: number;
}

const keptSession = (): Session | null => JSON.parse(localStorage.getItem(KEPT) ?? "null");
let session = keptSession();
let renewing: Promise<boolean> | null = null;
let ended: () => void = () => {};

export const signedIn = (): boolean => session !== null;
/** Called when the session is over, whoever ended it. */
export const onEnded = (then: () => void): void => void (ended = then);

export function keep(tokens: Tokens | null): void {
  session = tokens && { access: tokens.access_token, refresh: tokens.refresh_token, until: Date.now() + tokens.expires_in * 1000 };
  if (session) localStorage.setItem(KEPT, JSON.stringify(session));
  else localStorage.removeItem(KEPT);
}

/** Whose session it is: the payload of the token says so. */
function owner(of: Session | null): string | null {
  try {
    return of && (JSON.parse(atob(of.access.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/"))) as { sub: string }).sub;
  } catch {
    return of && of.access;
  }
}

// another window renewed the session; or signed out, or somebody else in: then this window is theirs as well
addEventListener("storage", (event) => {
  if (event.key !== KEPT) return;
  const now = keptSession();
  if (now && owner(now) !== owner(session)) return location.reload();
  session = now;
  if (!now) ended();
});

/** False: the session is over. Throws where the service cannot say. */
async function renew(used: string): Promise<boolean> {
  const kept = keptSession();
  // another window may have renewed it meanwhile: a refresh token is good once
  if (kept && kept.access !== used && owner(kept) === owner(session)) {
    session = kept;
    return true;
  }
  if (!session) return false;
  const answer = await fetch("/api/v1/refresh", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refresh_token: session.refresh }),
    signal: AbortSignal.timeout(RENEW_MS),
  });
  if (answer.ok) {
    keep((await answer.json()) as Tokens);
    return true;
  }
  if (answer.status !== 401) throw new Error(String(answer.status));
  keep(null);
  ended();
  return false;
}

let renewalFailed = 0; // when
const renewed = (used: string): Promise<boolean> =>
  (renewing ??= alone("wuding.renew", () => renew(used))
    .catch((cause: unknown) => {
      renewalFailed = Date.now();
      throw cause;
    })
    .finally(() => (renewing = null)));

const OPEN = ["/api/v1/sign-in", "/api/v1/refresh"];
const SIGNED_OUT = ["NotSignedIn", "SessionOver"];

const bearer: Middleware = {
  async onRequest({ request }) {
    request.headers.set("Accept-Language", lang());
    if (OPEN.some((path) => new URL(request.url).pathname === path)) return request;
    // where it cannot be renewed now the request itself finds out, and what was seen is shown instead
    const now = Date.now();
    if (session && session.until < now + SPARE_MS && now - renewalFailed > RENEW_MS) await renewed(session.access).catch(() => undefined);
    if (session) request.headers.set("Authorization", `Bearer ${session.access}`);
    return request;
  },
};

/** The answer; after a while what was seen, where something was. */
function patient(request: Request): Promise<Response> {
  let timer = 0;
  const kept = new Promise<Response>((give) => {
    timer = window.setTimeout(() => void seen(request).then((found) => found && give(found)).catch(() => undefined), PATIENCE_MS);
  });
  return Promise.race([fetch(request), kept]).finally(() => clearTimeout(timer));
}

/** One request. Who is not known any more is renewed, once: by a wrong clock the end of a token is not seen coming. */
async function sent(request: Request): Promise<Response> {
  const used = session?.access;
  const again = used && !OPEN.some((path) => new URL(request.url).pathname === path) ? request.clone() : null;
  let answer: Response;
  try {
    answer = await (request.method === "GET" ? patient(request) : fetch(request));
  } catch (cause) {
    if (!(cause instanceof DOMException && cause.name === "AbortError")) unheard();
    throw cause;
  }
  if (answer.headers.has(SEEN)) unheard();
  else heard(answer);
  if (answer.status !== 401 || !again) return answer;
  const problem = (await answer.clone().json().catch(() => null)) as Problem | null;
  if (!problem || !SIGNED_OUT.includes(problem.code) || !(await renewed(used!))) return answer;
  again.headers.set("Authorization", `Bearer ${session!.access}`);
  return fetch(again);
}

export const api = createClient<paths, "application/json">({ baseUrl: "/", fetch: sent });
api.use(bearer, remember);

/** The content of an answer. Throws Trouble. */
export async function got<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let answer;
  try {
    answer = await asked;
  } catch (cause) {
    throw new Trouble(String(cause), null, true);
  }
  // a proxy with no service behind it may say so without a word
  if (answer.error !== undefined || !answer.response.ok) {
    const problem = answer.error as Partial<Problem> | undefined;
    const { status, statusText } = answer.response;
    throw new Trouble(problem?.detail || statusText || String(status), problem?.code ? (problem as Problem) : null, false, status);
  }
  return answer.data as T;
}

/** A key that makes a write safe to send again. */
export const onceKey = (): string => uuid();
