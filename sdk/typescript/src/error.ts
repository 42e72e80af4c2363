import type { Problem } from "./types.js";

/** The API refused or failed. `message` is the `detail` of its answer. */
export class JobsError extends Error {
  /** HTTP status. */
  readonly status: number;
  /** What went wrong, for programs: one of the codes of docs/errors.md. */
  readonly code: string;
  /** What went wrong, for people. */
  readonly detail: string;
  /** The messages by field of a request that was not valid. */
  readonly errors: Record<string, string[]>;
  /** Finds the request in logs and traces. */
  readonly traceId: string | undefined;
  /** The whole answer. */
  readonly problem: Problem;
  /** Seconds after which the request may be repeated; undefined when the answer does not say. */
  readonly retryAfter: number | undefined;

  constructor(status: number, problem: Problem, retryAfter?: number) {
    super(problem.detail ?? `API error: ${status}`);
    this.name = "JobsError";
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.detail = this.message;
    this.errors = problem.errors ?? {};
    this.traceId = problem.trace_id;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  static async of(response: Response): Promise<JobsError> {
    const text = await response.text();
    const seconds = Number(response.headers.get("Retry-After") ?? NaN);
    let problem: Problem;
    try {
      problem = JSON.parse(text) as Problem;
    } catch {
      // a proxy before the API
      problem = { detail: text.slice(0, 500) || `API error: ${response.status}` } as Problem;
    }
    return new JobsError(response.status, problem, Number.isFinite(seconds) ? seconds : undefined);
  }
}
