import type { Job, JobError, JobStatus, Problem } from "./types.js";

/** What is known about a call that failed. */
export interface Failure {
  code: string;
  status?: number;
  problem?: Problem;
  retryAfter?: number;
  cause?: unknown;
}

/** A call was refused or failed. `message` says why, and what to do. */
export class JobsError extends Error {
  override readonly name: string = "JobsError";
  /** What went wrong, for programs: one of the codes of docs/errors.md, or `unreachable`, `timeout`, `redirected` or `unexpected_answer` of the client. */
  readonly code: string;
  /** HTTP status; undefined if there was no answer. */
  readonly status: number | undefined;
  /** The messages by field of a request that was not valid; empty if there are none. */
  readonly errors: Readonly<Record<string, readonly string[]>>;
  /** Finds the request in logs and traces. */
  readonly traceId: string | undefined;
  /** Seconds after which the request may be repeated; undefined if the answer does not say. */
  readonly retryAfter: number | undefined;
  /** The whole answer; undefined if it is not one of JobSystem's. */
  readonly problem: Problem | undefined;

  constructor(message: string, failure: Failure) {
    super(message, { cause: failure.cause });
    this.code = failure.code;
    this.status = failure.status;
    this.errors = failure.problem?.errors ?? {};
    this.traceId = failure.problem?.trace_id;
    this.retryAfter = failure.retryAfter;
    this.problem = failure.problem;
  }
}

/** JobSystem, or a part of it, could not be reached for as long as `patience` says, or did not answer in time. */
export class JobsUnavailableError extends JobsError {
  override readonly name: string = "JobsUnavailableError";
}

/** A job whose result is wanted ended without one: it failed, exceeded its time limit, was cancelled, or expired. */
export class JobFailedError extends JobsError {
  override readonly name: string = "JobFailedError";
  readonly jobId: string;
  readonly jobStatus: JobStatus;
  /** Why the last attempt failed; undefined if none did. */
  readonly error: JobError | undefined;

  constructor(message: string, jobId: string, jobStatus: JobStatus, error: JobError | undefined, failure: Failure) {
    super(message, failure);
    this.jobId = jobId;
    this.jobStatus = jobStatus;
    this.error = error;
  }

  /** The error of a job that has ended without success. */
  static from(job: Job): JobFailedError {
    const reason = (job.status === "cancelled" ? job.cancel_reason : job.error?.message) ?? "no reason was given";
    return new JobFailedError(`Job ${job.id} (${job.task_name}) ended as ${job.status}: ${reason}`, job.id, job.status, job.error ?? undefined, { code: `job_${job.status}` });
  }
}

const unavailable = ["service_unavailable", "bad_gateway", "gateway_timeout", "request_timeout"];

const advice: Record<string, string> = {
  unauthorized: " Check apiKey or token: keys are issued in the dashboard, or with POST /api/v1/api-keys.",
  forbidden: " Use a key or token that has it.",
  task_not_found: " No worker has announced this task: start a worker that has it, or correct task_name.",
  task_version_not_found: " Start a worker with this version, or correct version.",
};

/** The error of an answer that is none of success. `call` names the request: method, path and address. */
export function refused(response: Response, text: string, call: string): JobsError {
  const { status } = response;
  if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
    const to = response.headers.get("Location") ?? "another address";
    return new JobsError(`${call} is redirected to ${to}. Use the address that it leads to as baseUrl.`, { code: "redirected", status });
  }
  const problem = read(response, text);
  if (problem?.code === undefined) {
    return notFromApi(call, status);
  }
  const { code } = problem;
  const seconds = Number(response.headers.get("Retry-After") ?? NaN);
  const failure: Failure = { code, status, problem, ...(Number.isFinite(seconds) && { retryAfter: seconds }) };
  const message = `${problem.detail ?? problem.title ?? code}${advice[code] ?? ""}`;
  if (status === 422 && problem.job_id !== undefined) {
    return new JobFailedError(message, problem.job_id, problem.job_status as JobStatus, problem.error, failure);
  }
  return unavailable.includes(code) ? new JobsUnavailableError(message, failure) : new JobsError(message, failure);
}

export function notFromApi(call: string, status: number, cause?: unknown): JobsError {
  const failure = { code: "unexpected_answer", status, cause };
  const message = `${call} was answered with ${status}, but not as JobSystem answers. Check that baseUrl is its address, with its path base if it has one.`;
  // a proxy in front of JobSystem
  return [502, 503, 504].includes(status) ? new JobsUnavailableError(message, failure) : new JobsError(message, failure);
}

function read(response: Response, text: string): Problem | undefined {
  if (response.headers.get("Content-Type")?.startsWith("application/problem+json") !== true) {
    return undefined;
  }
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return undefined;
  }
}
