// Pages by the part after #: #/review/ID?state=auto. Works from any folder and needs nothing of the server.
import { createStore } from "./state/store";

export interface Route {
  /** "review" of #/review/ID */
  page: string;
  /** ["ID"] of #/review/ID */
  rest: string[];
  query: Record<string, string>;
}

function parse(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  return { page: parts[0] ?? "", rest: parts.slice(1), query: Object.fromEntries(new URLSearchParams(search)) };
}

export const route = createStore<Route>(parse(location.hash));
let changedAt = 0;
/** When the present page was asked for, as performance.now() counts. */
export const navigatedAt = (): number => changedAt;

function show(hash: string): void {
  changedAt = performance.now();
  route.set(() => parse(hash));
}
addEventListener("hashchange", () => show(location.hash));

export function href(page: string, rest: string[] = [], query: Record<string, string> = {}): string {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  return `#/${[page, ...rest].map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}

/** replace: no entry of its own in the browser's history. */
export function navigate(to: string, replace = false): void {
  if (to === location.hash) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  show(to);
}
