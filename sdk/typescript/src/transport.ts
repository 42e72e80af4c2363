import { JobsError, JobsUnavailableError, notFromApi, refused } from "./errors.js";

export interface ClientOptions {
  /** A token (JWT), sent as `Authorization: Bearer`. One of `token` and `apiKey`. A function is asked before each request. */
  token?: string | (() => string | Promise<string>);
  /** An API key, sent as `X-API-Key`. */
  apiKey?: string;
  /**
   * Milliseconds for which a call is repeated while JobSystem cannot be reached, or answers that it should be repeated later. A call that might be carried out
   * twice is not repeated. Default: 60,000; 0 for not at all.
   */
  patience?: number;
  /** Milliseconds that one request may take; waiting for a job counts from the end of the time that it waits. Default: 30,000. */
  timeout?: number;
  /** Sends the requests. Default: the global `fetch`. */
  fetch?: typeof fetch;
}

/** What can be said about each call. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason. What the server has begun it may finish. */
  signal?: AbortSignal | undefined;
  /** Milliseconds that one request may take. Default: what the client's options say. */
  timeout?: number | undefined;
}

/** A request below `/api/v1`. */
export interface Request {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  path: readonly string[];
  query?: object | undefined;
  body?: unknown;
  /** Carrying it out twice is the same as once. Default: true for GET and PUT. */
  repeatable?: boolean;
  /** Seconds that the server may take on purpose. */
  serverWait?: number;
  /** Where a stream goes on. */
  lastEventId?: string | undefined;
}

interface Try {
  answer?: Response;
  text?: string;
  error?: unknown;
  /** It may be sent again. */
  again: boolean;
}

const firstPause = 200;
const longestPause = 5_000;
/** How Node.js names what happens before a request is sent. Browsers do not say. */
const notSent = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"];

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

  /** The JSON of the answer; undefined if it has none. */
  async json<T>(request: Request, options: CallOptions = {}): Promise<T> {
    const { answer, text } = await this.#send(request, options, false);
    if (text === undefined || text === "") {
      return undefined as T;
    }
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw notFromApi(this.#name(request), answer.status, error);
    }
  }

  /** The body of the answer, to be read while it comes; null if there is nothing to follow. */
  async stream(request: Request, options: CallOptions): Promise<Response["body"]> {
    const { answer } = await this.#send(request, options, true);
    return answer.status === 204 ? null : answer.body;
  }

  async #send(request: Request, options: CallOptions, isStream: boolean): Promise<{ answer: Response; text?: string }> {
    const patience = this.#options.patience ?? 60_000;
    const began = Date.now();
    for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
      const { answer, text, error, again } = await this.#try(request, options, isStream);
      if (answer !== undefined) {
        return text === undefined ? { answer } : { answer, text };
      }
      const asked = error instanceof JobsError && error.retryAfter !== undefined ? 1000 * error.retryAfter : pause * (0.5 + Math.random() / 2);
      if (!again || Date.now() - began + asked >= patience) {
        throw error;
      }
      await sleep(asked, options.signal);
    }
  }

  async #try(request: Request, options: CallOptions, isStream: boolean): Promise<Try> {
    const { signal } = options;
    signal?.throwIfAborted();
    const url = this.#url(request);
    const late = new AbortController();
    const init = await this.#init(request, isStream, signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]));
    const limit = (options.timeout ?? this.#options.timeout ?? 30_000) + 1000 * (request.serverWait ?? 0);
    const timer = setTimeout(() => late.abort(), limit);
    try {
      const answer = await (this.#options.fetch ?? fetch)(url, init);
      if (isStream && answer.ok) {
        return { answer, again: false };
      }
      // an answer that breaks off is a lost one
      const text = await answer.text();
      return answer.ok ? { answer, text, again: false } : this.#refused(request, refused(answer, text, this.#name(request)));
    } catch (error) {
      signal?.throwIfAborted();
      return this.#lost(request, error, late.signal.aborted ? limit : undefined);
    } finally {
      clearTimeout(timer);
    }
  }

  #refused(request: Request, error: JobsError): Try {
    // a job that is run while its caller waits goes on after its 504
    const over = error.status === 504 && request.method === "POST" && request.serverWait !== undefined;
    return { error, again: error.status === 429 || (isRepeatable(request) && !over && [408, 502, 503, 504].includes(error.status ?? 0)) };
  }

  #lost(request: Request, cause: unknown, limit: number | undefined): Try {
    const name = this.#name(request);
    if (limit !== undefined) {
      const error = new JobsUnavailableError(`${name} was not answered within ${limit} ms. Check JobSystem's health, or set timeout higher.`, { code: "timeout", cause });
      return { error, again: isRepeatable(request) };
    }
    // fetch reports each failure of the network as a TypeError; others are not the network's
    if (!(cause instanceof TypeError)) {
      return { error: cause, again: false };
    }
    const { code, message } = (cause.cause ?? {}) as { code?: string; message?: string };
    const reason = message || code || cause.message;
    const error = new JobsUnavailableError(`${name} cannot be reached: ${reason}. Check that JobSystem runs there, and that baseUrl is right.`, { code: "unreachable", cause });
    return { error, again: isRepeatable(request) || notSent.includes(code ?? "") };
  }

  async #init(request: Request, isStream: boolean, signal: AbortSignal): Promise<RequestInit> {
    const headers: Record<string, string> = { Accept: isStream ? "text/event-stream" : "application/json", ...(await this.#credentials()) };
    if (request.lastEventId !== undefined && request.lastEventId !== "") {
      headers["Last-Event-ID"] = request.lastEventId;
    }
    // a redirect is not followed: it would take the credential elsewhere, and would make a POST a GET
    const init: RequestInit = { method: request.method ?? "GET", headers, signal, redirect: "manual" };
    if (request.body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(request.body);
    }
    return init;
  }

  async #credentials(): Promise<Record<string, string>> {
    const { token, apiKey } = this.#options;
    return apiKey !== undefined ? { "X-API-Key": apiKey } : { Authorization: `Bearer ${typeof token === "function" ? await token() : token}` };
  }

  #url(request: Request): string {
    return `${this.#base}${pathOf(request)}${queryOf(request.query)}`;
  }

  #name(request: Request): string {
    return `${request.method ?? "GET"} ${pathOf(request)} at ${this.#base}`;
  }
}

function isRepeatable(request: Request): boolean {
  return request.repeatable ?? (request.method === undefined || request.method === "GET" || request.method === "PUT");
}

/** Checks each part, because an empty one or `..` would lead to another address. */
function pathOf(request: Request): string {
  const parts = request.path.map((part) => {
    if (typeof part !== "string" || part === "" || part === "." || part === "..") {
      throw new RangeError(`expected an id or a name; got '${part}'`);
    }
    return encodeURIComponent(part);
  });
  return `/api/v1/${parts.join("/")}`;
}

/** Arrays are repeated, what is undefined or null is left out. */
function queryOf(given: object | undefined): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(given ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) {
        parameters.append(name, one instanceof Date ? one.toISOString() : String(one));
      }
    }
  }
  const text = parameters.toString();
  return text.length === 0 ? "" : `?${text}`;
}

/** Rejects with the signal's reason if it is aborted meanwhile. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    if (signal?.aborted === true) {
      abort();
    }
    signal?.addEventListener("abort", abort, { once: true });
  });
}
