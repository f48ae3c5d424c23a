// One way to talk to the server: JSON in, JSON out, errors in the one form that docs/api.md gives.
import { createStore } from "../state/store";

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  query?: Query;
  body?: unknown;
  /** A version as the ETag gives it: 7 is sent as If-Match: "7". */
  ifMatch?: number;
  signal?: AbortSignal;
}

export interface Reply<T> {
  data: T;
  headers: Headers;
}

/** An error in words for people. code is one of docs/api.md, or "unreachable" when no answer came. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly body: unknown,
  ) {
    super(message);
  }
}

/** Whether the last request was answered (the shell shows a banner while it is not), and how often a request was refused
 * because nobody is signed in. */
export const connection = createStore({ online: true, unauthorized: 0 });

const userKey = "gimlet.user";
export const signature = {
  get: (): string => localStorage.getItem(userKey) ?? "",
  set: (name: string): void => localStorage.setItem(userKey, name),
};

export function apiUrl(path: string, query: Query = {}): string {
  const used = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(used.map(([key, value]) => [key, String(value)])).toString();
  return `/api${path}${text ? `?${text}` : ""}`;
}

function headersOf(method: string, options: RequestOptions): Headers {
  const headers = new Headers({ Accept: "application/json" });
  // fetch takes one character per byte: the name goes as UTF-8.
  const name = String.fromCharCode(...new TextEncoder().encode(signature.get()));
  if (name) headers.set("X-Gimlet-User", name);
  if (method !== "GET") headers.set("X-Gimlet", "1");
  if (options.ifMatch !== undefined) headers.set("If-Match", `"${options.ifMatch}"`);
  if (options.body !== undefined && !isRaw(options.body)) headers.set("Content-Type", "application/json");
  return headers;
}

function isRaw(body: unknown): body is Blob | ArrayBuffer | string {
  return body instanceof Blob || body instanceof ArrayBuffer || typeof body === "string";
}

async function send(method: string, path: string, options: RequestOptions): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(apiUrl(path, options.query), {
      method,
      headers: headersOf(method, options),
      body: options.body === undefined ? null : isRaw(options.body) ? options.body : JSON.stringify(options.body),
      signal: options.signal ?? null,
      credentials: "same-origin",
      cache: method === "GET" ? "no-cache" : "no-store",
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    connection.set({ online: false });
    throw new ApiError(0, "unreachable", "The server does not answer.", "Is gimlet serve still running?", null);
  }
  connection.set((now) => ({ online: true, unauthorized: now.unauthorized + Number(response.status === 401 && path !== "/session") }));
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function errorOf(response: Response): Promise<ApiError> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    /* no JSON: the status alone has to do */
  }
  const error = (body as { error?: { code?: string; message?: string; hint?: string } } | null)?.error;
  const message = error?.message ?? `The server answered ${response.status} ${response.statusText}.`;
  return new ApiError(response.status, error?.code ?? "internal", message, error?.hint ?? "", body);
}

async function requestJson<T>(method: string, path: string, options: RequestOptions = {}): Promise<Reply<T>> {
  const response = await send(method, path, options);
  const text = await response.text();
  return { data: (text ? JSON.parse(text) : null) as T, headers: response.headers };
}

export const http = {
  get: async <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
    (await requestJson<T>("GET", path, { ...(query ? { query } : {}), ...(signal ? { signal } : {}) })).data,
  post: async <T>(path: string, body: unknown = {}, options: RequestOptions = {}): Promise<T> =>
    (await requestJson<T>("POST", path, { ...options, body })).data,
  put: async <T>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> =>
    (await requestJson<T>("PUT", path, { ...options, body })).data,
  delete: async <T>(path: string, options: RequestOptions = {}): Promise<T> => (await requestJson<T>("DELETE", path, options)).data,
  bytes: async (path: string, query?: Query, signal?: AbortSignal): Promise<Reply<ArrayBuffer>> => {
    const response = await send("GET", path, { ...(query ? { query } : {}), ...(signal ? { signal } : {}) });
    return { data: await response.arrayBuffer(), headers: response.headers };
  },
  /** A file as body, bytes as answer. */
  postForBytes: async (path: string, body: Blob, query: Query): Promise<Reply<ArrayBuffer>> => {
    const response = await send("POST", path, { body, query });
    return { data: await response.arrayBuffer(), headers: response.headers };
  },
};
