import { JobsError } from "./error.js";

export interface ClientOptions {
  /** A token (JWT), sent as `Authorization: Bearer`. One of `token` and `apiKey`. A function is asked before each request. */
  token?: string | (() => string | Promise<string>);
  /** An API key, sent as `X-API-Key`. */
  apiKey?: string;
  /** How often a request is repeated that cannot do anything twice (GET, or with an idempotency key) and met 429, 503 or no connection. Default 3. */
  retries?: number;
  /** Milliseconds that a request may take, waiting calls aside. Default 30,000. */
  timeout?: number;
  /** Instead of the global `fetch`. */
  fetch?: typeof fetch;
}

export interface Sent {
  method?: string;
  query?: object;
  body?: unknown;
  headers?: Record<string, string>;
  /** It may be sent again. A GET always may. */
  repeatable?: boolean;
  /** Milliseconds; 0 for none. */
  timeout?: number;
  signal?: AbortSignal;
}

const firstPause = 200;
const longestPause = 10_000;

/** Sends requests: credentials, time limits, repetition, errors. */
export class Transport {
  readonly #base: string;
  readonly #options: ClientOptions;

  constructor(baseUrl: string, options: ClientOptions) {
    if (!/^https?:\/\//.test(baseUrl)) {
      throw new TypeError(`baseUrl: expected an http:// or https:// address; got '${baseUrl}'`);
    }
    if ((options.token === undefined) === (options.apiKey === undefined)) {
      throw new TypeError("options: expected one of token and apiKey");
    }
    this.#base = baseUrl.replace(/\/+$/, "");
    this.#options = options;
  }

  async json<T>(path: string, sent: Sent = {}): Promise<T> {
    const response = await this.send(path, sent);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  /** The answer, when it is a success. */
  async send(path: string, sent: Sent = {}): Promise<Response> {
    const method = sent.method ?? "GET";
    const tries = method === "GET" || sent.repeatable === true ? 1 + (this.#options.retries ?? 3) : 1;
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#once(path, method, sent);
      if (failure instanceof Response) {
        return failure;
      }
      const again = failure instanceof JobsError ? failure.status === 429 || failure.status === 503 : failure instanceof TypeError;
      if (!again || attempt >= tries || sent.signal?.aborted === true) {
        throw failure;
      }
      const told = failure instanceof JobsError ? failure.retryAfter : undefined;
      const pause = told === undefined ? firstPause * 2 ** (attempt - 1) * (0.5 + Math.random() / 2) : told * 1000;
      await new Promise((resolve) => setTimeout(resolve, Math.min(pause, longestPause)));
    }
  }

  async #once(path: string, method: string, sent: Sent): Promise<unknown> {
    const limit = sent.timeout ?? this.#options.timeout ?? 30_000;
    const aborted = new AbortController();
    const abort = (): void => aborted.abort(sent.signal?.reason);
    sent.signal?.addEventListener("abort", abort, { once: true });
    const timer = limit > 0 ? setTimeout(() => aborted.abort(new Error(`${method} ${path} took longer than ${limit} ms`)), limit) : undefined;
    try {
      sent.signal?.throwIfAborted();
      const headers: Record<string, string> = { Accept: "application/json", ...(await this.#credentials()), ...sent.headers };
      const request: RequestInit = { method, headers, signal: aborted.signal };
      if (sent.body !== undefined) {
        headers["Content-Type"] = "application/json";
        request.body = JSON.stringify(sent.body);
      }
      const response = await (this.#options.fetch ?? fetch)(this.#base + path + query(sent.query), request);
      return response.ok ? response : await JobsError.of(response);
    } catch (error) {
      return error;
    } finally {
      clearTimeout(timer);
      // a body that is still being read goes on listening
      if (limit > 0) {
        sent.signal?.removeEventListener("abort", abort);
      }
    }
  }

  async #credentials(): Promise<Record<string, string>> {
    const { token, apiKey } = this.#options;
    return apiKey !== undefined ? { "X-API-Key": apiKey } : { Authorization: `Bearer ${typeof token === "function" ? await token() : token}` };
  }
}

/** Arrays are repeated, what is undefined is left out. */
function query(given: object | undefined): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(given ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) {
        parameters.append(name, String(one));
      }
    }
  }
  const text = parameters.toString();
  return text.length === 0 ? "" : `?${text}`;
}
