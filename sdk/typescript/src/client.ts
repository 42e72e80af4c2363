import { JobsError } from "./error.js";
import { events } from "./stream.js";
import { Transport, type ClientOptions } from "./transport.js";
import type * as T from "./types.js";

const api = "/api/v1";
const finals: readonly T.JobStatus[] = ["completed", "failed", "cancelled", "timeout", "expired"];

/** True when a job with this status does not go on by itself. */
export function isFinal(status: T.JobStatus): boolean {
  return finals.includes(status);
}

/**
 * Client of JobSystem. Every method answers with what the API answers, as documented in its OpenAPI document; what it refuses is thrown as
 * {@link JobsError}, whose `detail` says why.
 */
export class JobsClient {
  readonly #http: Transport;

  /**
   * @param baseUrl Where the gateway is, such as `https://jobs.example.com`.
   * @param credentials A token, or options with `token` or `apiKey`.
   */
  constructor(baseUrl: string, credentials: string | ClientOptions) {
    this.#http = new Transport(baseUrl, typeof credentials === "string" ? { token: credentials } : credentials);
  }

  // Jobs

  listJobs(filters: T.JobFilters = {}): Promise<T.JobPage> {
    return this.#http.json(`${api}/jobs`, { query: filters });
  }

  /** Every job that fits, page by page, the newest first unless the filters say otherwise. */
  async *jobs(filters: Omit<T.JobFilters, "cursor" | "offset" | "order_by"> = {}): AsyncGenerator<T.Job> {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page: T.JobPage = await this.listJobs(cursor === undefined ? filters : { ...filters, cursor });
      yield* page.items;
      cursor = page.next_cursor;
    }
  }

  getJob(jobId: string): Promise<T.Job> {
    return this.#http.json(this.#job(jobId));
  }

  /** With an idempotency key a request whose answer was lost is sent again by itself. */
  createJob(job: T.JobRequest): Promise<T.Job> {
    return this.#http.json(`${api}/jobs`, { method: "POST", body: job, repeatable: typeof job.idempotency_key === "string" });
  }

  /** All or none. The ids are in the order of the jobs. */
  createJobs(jobs: T.JobRequest[]): Promise<{ ids: string[] }> {
    return this.#http.json(`${api}/jobs/batch`, { method: "POST", body: { jobs }, repeatable: jobs.every((x) => typeof x.idempotency_key === "string") });
  }

  cancelJob(jobId: string, reason?: string): Promise<T.Job> {
    return this.#http.json(`${this.#job(jobId)}/cancel`, { method: "POST", body: { reason } });
  }

  /** @param delay Seconds from now. */
  retryJob(jobId: string, delay?: number): Promise<T.Job> {
    return this.#http.json(`${this.#job(jobId)}/retry`, { method: "POST", body: { delay } });
  }

  cloneJob(jobId: string, changes: T.CloneRequest = {}): Promise<T.Job> {
    return this.#http.json(`${this.#job(jobId)}/clone`, { method: "POST", body: changes });
  }

  async deleteJob(jobId: string): Promise<void> {
    await this.#http.json(this.#job(jobId), { method: "DELETE" });
  }

  /**
   * Runs a job and answers with what its task returned.
   * @throws JobsError 422 when the job failed, 504 when it has not ended in `wait_timeout` (default 60 s); it goes on then.
   */
  runJobSync<R>(job: T.SyncJobRequest): Promise<R> {
    return this.#http.json(`${api}/jobs/run-sync`, { method: "POST", body: job, timeout: 1000 * (15 + (job.wait_timeout ?? 60)) });
  }

  /**
   * Waits until the job has ended, however long that takes.
   * @param signal Ends the waiting, not the job.
   */
  async waitForJob(jobId: string, signal?: AbortSignal): Promise<T.Job> {
    for (;;) {
      const job = await this.#http.json<T.Job>(`${this.#job(jobId)}/wait`, { query: { timeout: 30 }, timeout: 45_000, ...(signal && { signal }) });
      if (isFinal(job.status)) {
        return job;
      }
    }
  }

  getJobEvents(jobId: string, page: T.Page = {}): Promise<T.JobEventPage> {
    return this.#http.json(`${this.#job(jobId)}/events`, { query: page });
  }

  getJobLogs(jobId: string, page: T.Page & { attempt?: number } = {}): Promise<T.JobLogPage> {
    return this.#http.json(`${this.#job(jobId)}/logs`, { query: page });
  }

  explainJob(jobId: string): Promise<T.Explanation> {
    return this.#http.json(`${this.#job(jobId)}/explain`);
  }

  /** Each step that the job has taken and takes, until it has ended. A connection that is lost is taken up where it was. */
  async *followJob(jobId: string, signal?: AbortSignal): AsyncGenerator<T.JobEvent> {
    for (let last = ""; ; ) {
      const response = await this.#http.send(`${this.#job(jobId)}/stream`, {
        headers: { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) },
        timeout: 0,
        ...(signal && { signal }),
      });
      if (response.status === 204 || response.body === null) {
        return;
      }
      try {
        for await (const event of events(response.body)) {
          last = event.id;
          if (event.event !== "reset") {
            yield JSON.parse(event.data) as T.JobEvent;
          }
        }
      } catch (error) {
        if (signal?.aborted === true || error instanceof JobsError) {
          throw error;
        }
      }
    }
  }

  getJobStats(): Promise<T.JobStats> {
    return this.#http.json(`${api}/jobs/stats`);
  }

  cancelJobs(which: T.BulkCancelRequest): Promise<T.BulkAnswer> {
    return this.#http.json(`${api}/jobs/bulk/cancel`, { method: "POST", body: which });
  }

  retryJobs(which: T.BulkRetryRequest): Promise<T.BulkAnswer> {
    return this.#http.json(`${api}/jobs/bulk/retry`, { method: "POST", body: which });
  }

  deleteJobs(which: T.BulkRequest): Promise<T.BulkAnswer> {
    return this.#http.json(`${api}/jobs/bulk/delete`, { method: "POST", body: which });
  }

  // Schedules

  listSchedules(filters: T.ScheduleFilters = {}): Promise<T.SchedulePage> {
    return this.#http.json(`${api}/schedules`, { query: filters });
  }

  getSchedule(scheduleId: string): Promise<T.Schedule> {
    return this.#http.json(this.#schedule(scheduleId));
  }

  createSchedule(schedule: T.ScheduleRequest): Promise<T.Schedule> {
    return this.#http.json(`${api}/schedules`, { method: "POST", body: schedule });
  }

  /** Replaces it; without a name, a task or a time it keeps those that it has. */
  updateSchedule(scheduleId: string, schedule: T.ScheduleChange): Promise<T.Schedule> {
    return this.#http.json(this.#schedule(scheduleId), { method: "PUT", body: schedule });
  }

  async deleteSchedule(scheduleId: string): Promise<void> {
    await this.#http.json(this.#schedule(scheduleId), { method: "DELETE" });
  }

  pauseSchedule(scheduleId: string): Promise<T.Schedule> {
    return this.#http.json(`${this.#schedule(scheduleId)}/pause`, { method: "POST" });
  }

  resumeSchedule(scheduleId: string): Promise<T.Schedule> {
    return this.#http.json(`${this.#schedule(scheduleId)}/resume`, { method: "POST" });
  }

  /** One run now, beside those that are planned. */
  runSchedule(scheduleId: string): Promise<T.ScheduleRun> {
    return this.#http.json(`${this.#schedule(scheduleId)}/run`, { method: "POST" });
  }

  getNextRuns(scheduleId: string, count = 10): Promise<T.NextRuns> {
    return this.#http.json(`${this.#schedule(scheduleId)}/next`, { query: { count } });
  }

  /** When a cron expression would run, without making a schedule. */
  previewSchedule(cronExpression: string, timezone = "UTC", count = 10): Promise<T.PreviewedRuns> {
    return this.#http.json(`${api}/schedules/preview`, { query: { cron_expression: cronExpression, timezone, count } });
  }

  // Queues

  listQueues(page: T.Page = {}): Promise<T.QueuePage> {
    return this.#http.json(`${api}/queues`, { query: page });
  }

  getQueue(name: string): Promise<T.Queue> {
    return this.#http.json(this.#queue(name));
  }

  /** Creates it, or changes its limits; null removes one. */
  putQueue(name: string, settings: T.QueueSettings): Promise<T.Queue> {
    return this.#http.json(this.#queue(name), { method: "PUT", body: settings, repeatable: true });
  }

  /** Nothing of it starts until it is resumed. */
  async pauseQueue(name: string): Promise<void> {
    await this.#http.json(`${this.#queue(name)}/pause`, { method: "POST", repeatable: true });
  }

  async resumeQueue(name: string): Promise<void> {
    await this.#http.json(`${this.#queue(name)}/resume`, { method: "POST", repeatable: true });
  }

  /** Cancels every job that waits in it. */
  async clearQueue(name: string): Promise<void> {
    await this.#http.json(`${this.#queue(name)}/clear`, { method: "POST" });
  }

  // Tasks and workers

  listTasks(page: T.Page = {}): Promise<T.TaskPage> {
    return this.#http.json(`${api}/tasks`, { query: page });
  }

  /** The newest version unless one is given. */
  getTask(name: string, version?: string): Promise<T.Task> {
    return this.#http.json(`${api}/tasks/${encodeURIComponent(name)}`, { query: { version } });
  }

  listWorkers(filters: T.WorkerFilters = {}): Promise<T.WorkerPage> {
    return this.#http.json(`${api}/workers`, { query: filters });
  }

  getWorker(workerId: string): Promise<T.Worker> {
    return this.#http.json(`${api}/workers/${encodeURIComponent(workerId)}`);
  }

  #job(id: string): string {
    return `${api}/jobs/${encodeURIComponent(id)}`;
  }

  #schedule(id: string): string {
    return `${api}/schedules/${encodeURIComponent(id)}`;
  }

  #queue(name: string): string {
    return `${api}/queues/${encodeURIComponent(name)}`;
  }
}
