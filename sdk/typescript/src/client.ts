import { JobFailedError } from "./errors.js";
import { readEvents, type ServerSentEvent } from "./stream.js";
import { Transport, sleep, type CallOptions, type ClientOptions, type Request } from "./transport.js";
import type * as T from "./types.js";

const finals: readonly T.JobStatus[] = ["completed", "failed", "cancelled", "timeout", "expired"];
/** Seconds that one request waits for a job. */
const longestWait = 30;
const pageOfAll = 500;

/** True if a job with this status does not go on by itself. */
export function isFinal(status: T.JobStatus): boolean {
  return finals.includes(status);
}

/**
 * Client of JobSystem. Each method is one operation of its OpenAPI document, with the name that the operation has there, unless it says otherwise. What the API
 * refuses is thrown as {@link JobsError}. Calls that cannot do anything twice are repeated while JobSystem is away; what makes a job gets an idempotency key
 * of its own for that, unless it has one.
 */
export class JobsClient {
  readonly #http: Transport;

  /**
   * @param baseUrl Where JobSystem is, such as `https://jobs.example.com`.
   * @param credentials A token, or options with `token` or `apiKey`.
   */
  constructor(baseUrl: string, credentials: string | ClientOptions) {
    this.#http = new Transport(baseUrl, typeof credentials === "string" ? { token: credentials } : credentials);
  }

  // Jobs

  listJobs<R = unknown>(filters: T.JobFilters = {}, options?: CallOptions): Promise<T.JobPage<R>> {
    return this.#http.json({ path: ["jobs"], query: filters }, options);
  }

  /** Every job that fits, page by page, the newest first. No operation of its own. */
  async *listAllJobs<R = unknown>(filters: Omit<T.JobFilters, "cursor" | "offset" | "order_by" | "order_dir"> = {}, options?: CallOptions): AsyncGenerator<T.Job<R>> {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page: T.JobPage<R> = await this.listJobs<R>({ limit: pageOfAll, ...filters, ...(cursor !== undefined && { cursor }) }, options);
      yield* page.items;
      cursor = page.next_cursor;
    }
  }

  getJob<R = unknown>(jobId: string, options?: CallOptions): Promise<T.Job<R>> {
    return this.#http.json({ path: ["jobs", jobId] }, options);
  }

  createJob<R = unknown>(job: T.JobRequest, options?: CallOptions): Promise<T.Job<R>> {
    return this.#http.json({ method: "POST", path: ["jobs"], body: withKey(job), repeatable: true }, options);
  }

  /** 1 to 1,000 jobs, all or none. The ids are in the order of the jobs. */
  createJobs(jobs: readonly T.JobRequest[], options?: CallOptions): Promise<T.JobIds> {
    return this.#http.json({ method: "POST", path: ["jobs", "batch"], body: { jobs: jobs.map(withKey) }, repeatable: true }, options);
  }

  /** A copy of a job, but for the changes. */
  cloneJob<R = unknown>(jobId: string, changes: T.CloneRequest = {}, options?: CallOptions): Promise<T.Job<R>> {
    return this.#http.json({ method: "POST", path: ["jobs", jobId, "clone"], body: withKey(changes), repeatable: true }, options);
  }

  /**
   * Runs a job and answers with what its task returned.
   * @throws JobFailedError if the job ends without success, JobsError with the code `job_still_running` if it has not ended in `wait_timeout` (default 60 s);
   * it goes on then, and `problem.job_id` names it.
   */
  runJobSync<R = unknown>(job: T.SyncJobRequest, options?: CallOptions): Promise<R> {
    const request: Request = { method: "POST", path: ["jobs", "run-sync"], body: withKey(job), repeatable: true, serverWait: job.wait_timeout ?? 60 };
    return this.#http.json(request, options);
  }

  /** Waits until the job has ended, however long that takes, or for the seconds of `wait`: then `isFinal` says whether it has ended. */
  async waitForJob<R = unknown>(jobId: string, options: T.WaitOptions = {}): Promise<T.Job<R>> {
    for (let left = options.wait ?? Infinity; ; left -= longestWait) {
      const timeout = Math.max(0, Math.min(left, longestWait));
      const job = await this.#http.json<T.Job<R>>({ path: ["jobs", jobId, "wait"], query: { timeout }, serverWait: timeout }, options);
      if (isFinal(job.status) || left <= longestWait) {
        return job;
      }
    }
  }

  /**
   * Waits until the job has ended, and answers with what its task returned. No operation of its own.
   * @throws JobFailedError if it ends without success.
   */
  async waitForResult<R = unknown>(jobId: string, options?: CallOptions): Promise<R> {
    const job = await this.waitForJob<R>(jobId, { ...options });
    if (job.status !== "completed") {
      throw JobFailedError.from(job);
    }
    return job.result as R;
  }

  /** A job that waits ends at once; one that runs is asked to stop. */
  cancelJob(jobId: string, reason?: string, options?: CallOptions): Promise<T.Job> {
    return this.#http.json({ method: "POST", path: ["jobs", jobId, "cancel"], body: { reason } }, options);
  }

  /**
   * Runs a job again that ended without success.
   * @param delay Seconds from now.
   */
  retryJob(jobId: string, delay?: number, options?: CallOptions): Promise<T.Job> {
    return this.#http.json({ method: "POST", path: ["jobs", jobId, "retry"], body: { delay } }, options);
  }

  /** Completes a job whose work was done by hand. */
  forceCompleteJob(jobId: string, request: T.ForceCompleteRequest = {}, options?: CallOptions): Promise<T.Job> {
    return this.#http.json({ method: "POST", path: ["jobs", jobId, "force-complete"], body: request }, options);
  }

  deleteJob(jobId: string, options?: CallOptions): Promise<void> {
    return this.#http.json({ method: "DELETE", path: ["jobs", jobId] }, options);
  }

  /** The steps that a job has taken, the oldest first. */
  getJobEvents(jobId: string, page: T.Page = {}, options?: CallOptions): Promise<T.JobEventPage> {
    return this.#http.json({ path: ["jobs", jobId, "events"], query: page }, options);
  }

  getJobLogs(jobId: string, filters: T.LogFilters = {}, options?: CallOptions): Promise<T.JobLogPage> {
    return this.#http.json({ path: ["jobs", jobId, "logs"], query: filters }, options);
  }

  /** Why a job is not running now. */
  explainJob(jobId: string, options?: CallOptions): Promise<T.Explanation> {
    return this.#http.json({ path: ["jobs", jobId, "explain"] }, options);
  }

  /** Each step that the job has taken and takes, until it has ended. A connection that is lost is taken up where it was. */
  async *streamJob(jobId: string, options?: CallOptions): AsyncGenerator<T.JobEvent> {
    for await (const event of this.#stream({ path: ["jobs", jobId, "stream"] }, options)) {
      // all steps follow once more after it
      if (event.event !== "reset") {
        yield JSON.parse(event.data) as T.JobEvent;
      }
    }
  }

  getJobStats(owner?: string, options?: CallOptions): Promise<T.JobStats> {
    return this.#http.json({ path: ["jobs", "stats"], query: { owner } }, options);
  }

  /** The failed jobs in groups of the same error. */
  listFailures(filters: T.FailureFilters = {}, options?: CallOptions): Promise<T.Failures> {
    return this.#http.json({ path: ["failures"], query: filters }, options);
  }

  cancelJobs(which: T.BulkCancelRequest, options?: CallOptions): Promise<T.BulkAnswer> {
    return this.#http.json({ method: "POST", path: ["jobs", "bulk", "cancel"], body: which }, options);
  }

  retryJobs(which: T.BulkRetryRequest, options?: CallOptions): Promise<T.BulkAnswer> {
    return this.#http.json({ method: "POST", path: ["jobs", "bulk", "retry"], body: which }, options);
  }

  deleteJobs(which: T.BulkRequest, options?: CallOptions): Promise<T.BulkAnswer> {
    return this.#http.json({ method: "POST", path: ["jobs", "bulk", "delete"], body: which }, options);
  }

  /** Removes jobs that ended long ago. */
  cleanUpJobs(request: T.CleanUpRequest = {}, options?: CallOptions): Promise<T.CleanUpAnswer> {
    return this.#http.json({ method: "POST", path: ["jobs", "cleanup"], body: request }, options);
  }

  // Schedules

  listSchedules(filters: T.ScheduleFilters = {}, options?: CallOptions): Promise<T.SchedulePage> {
    return this.#http.json({ path: ["schedules"], query: filters }, options);
  }

  getSchedule(scheduleId: string, options?: CallOptions): Promise<T.Schedule> {
    return this.#http.json({ path: ["schedules", scheduleId] }, options);
  }

  /** It is not repeated if the answer is lost, because there would be two. */
  createSchedule(schedule: T.ScheduleRequest, options?: CallOptions): Promise<T.Schedule> {
    return this.#http.json({ method: "POST", path: ["schedules"], body: schedule }, options);
  }

  /** Replaces it; without a name, a task or a time it keeps those that it has. */
  updateSchedule(scheduleId: string, schedule: T.ScheduleChange, options?: CallOptions): Promise<T.Schedule> {
    return this.#http.json({ method: "PUT", path: ["schedules", scheduleId], body: schedule }, options);
  }

  /** Its jobs stay. */
  deleteSchedule(scheduleId: string, options?: CallOptions): Promise<void> {
    return this.#http.json({ method: "DELETE", path: ["schedules", scheduleId] }, options);
  }

  pauseSchedule(scheduleId: string, options?: CallOptions): Promise<T.Schedule> {
    return this.#http.json({ method: "POST", path: ["schedules", scheduleId, "pause"], repeatable: true }, options);
  }

  resumeSchedule(scheduleId: string, options?: CallOptions): Promise<T.Schedule> {
    return this.#http.json({ method: "POST", path: ["schedules", scheduleId, "resume"], repeatable: true }, options);
  }

  /** The same as `resumeSchedule`. */
  enableSchedule(scheduleId: string, options?: CallOptions): Promise<T.Schedule> {
    return this.#http.json({ method: "POST", path: ["schedules", scheduleId, "enable"], repeatable: true }, options);
  }

  /** The same as `pauseSchedule`. */
  disableSchedule(scheduleId: string, options?: CallOptions): Promise<T.Schedule> {
    return this.#http.json({ method: "POST", path: ["schedules", scheduleId, "disable"], repeatable: true }, options);
  }

  /** One run now, beside those that are planned. */
  runSchedule(scheduleId: string, options?: CallOptions): Promise<T.ScheduleRun> {
    return this.#http.json({ method: "POST", path: ["schedules", scheduleId, "run"] }, options);
  }

  getNextRuns(scheduleId: string, count?: number, options?: CallOptions): Promise<T.NextRuns> {
    return this.#http.json({ path: ["schedules", scheduleId, "next"], query: { count } }, options);
  }

  /**
   * When a cron expression would run, without making a schedule.
   * @param timezone IANA name. Default: UTC.
   */
  previewSchedule(cronExpression: string, timezone?: string, count?: number, options?: CallOptions): Promise<T.PreviewedRuns> {
    return this.#http.json({ path: ["schedules", "preview"], query: { cron_expression: cronExpression, timezone, count } }, options);
  }

  listJobsOfSchedule<R = unknown>(scheduleId: string, filters: T.ScheduleJobFilters = {}, options?: CallOptions): Promise<T.JobPage<R>> {
    return this.#http.json({ path: ["schedules", scheduleId, "jobs"], query: filters }, options);
  }

  // Queues

  listQueues(page: T.Page = {}, options?: CallOptions): Promise<T.QueuePage> {
    return this.#http.json({ path: ["queues"], query: page }, options);
  }

  getQueue(name: string, options?: CallOptions): Promise<T.Queue> {
    return this.#http.json({ path: ["queues", name] }, options);
  }

  /** Creates it, or changes its limits; null removes one. */
  putQueue(name: string, settings: T.QueueSettings, options?: CallOptions): Promise<T.Queue> {
    return this.#http.json({ method: "PUT", path: ["queues", name], body: settings }, options);
  }

  /** Nothing of it starts until it is resumed. */
  pauseQueue(name: string, options?: CallOptions): Promise<void> {
    return this.#http.json({ method: "POST", path: ["queues", name, "pause"], repeatable: true }, options);
  }

  resumeQueue(name: string, options?: CallOptions): Promise<void> {
    return this.#http.json({ method: "POST", path: ["queues", name, "resume"], repeatable: true }, options);
  }

  /** Cancels every job that waits in it. It answers with a count if that goes on after the call. */
  clearQueue(name: string, options?: CallOptions): Promise<T.ClearAnswer | undefined> {
    return this.#http.json({ method: "POST", path: ["queues", name, "clear"], repeatable: true }, options);
  }

  getQueueHealth(name: string, options?: CallOptions): Promise<T.QueueHealth> {
    return this.#http.json({ path: ["health", "queues", name] }, options);
  }

  // Tasks and workers

  /** Each version by itself. */
  listTasks(page: T.Page = {}, options?: CallOptions): Promise<T.TaskPage> {
    return this.#http.json({ path: ["tasks"], query: page }, options);
  }

  /** The newest version unless one is given. */
  getTask(name: string, version?: string, options?: CallOptions): Promise<T.Task> {
    return this.#http.json({ path: ["tasks", name], query: { version } }, options);
  }

  listWorkers(filters: T.WorkerFilters = {}, options?: CallOptions): Promise<T.WorkerPage> {
    return this.#http.json({ path: ["workers"], query: filters }, options);
  }

  /** @param workerId Its id or its name. */
  getWorker(workerId: string, options?: CallOptions): Promise<T.Worker> {
    return this.#http.json({ path: ["workers", workerId] }, options);
  }

  /** Asks a worker whether it is there. */
  pingWorker(workerId: string, request: T.WorkerRequest = {}, options?: CallOptions): Promise<T.WorkerAnswer> {
    return this.#http.json({ method: "POST", path: ["workers", workerId, "ping"], body: request, serverWait: request.timeout ?? 5 }, options);
  }

  /** It takes no more jobs until it is resumed. */
  pauseWorker(workerId: string, request: T.WorkerRequest = {}, options?: CallOptions): Promise<T.WorkerAnswer> {
    return this.#http.json({ method: "POST", path: ["workers", workerId, "pause"], body: request, serverWait: request.timeout ?? 5 }, options);
  }

  resumeWorker(workerId: string, request: T.WorkerRequest = {}, options?: CallOptions): Promise<T.WorkerAnswer> {
    return this.#http.json({ method: "POST", path: ["workers", workerId, "resume"], body: request, serverWait: request.timeout ?? 5 }, options);
  }

  /** It reads its settings again. */
  reloadWorker(workerId: string, request: T.WorkerRequest = {}, options?: CallOptions): Promise<T.WorkerAnswer> {
    return this.#http.json({ method: "POST", path: ["workers", workerId, "reload"], body: request, serverWait: request.timeout ?? 5 }, options);
  }

  /** It ends. */
  shutdownWorker(workerId: string, request: T.WorkerRequest = {}, options?: CallOptions): Promise<T.WorkerAnswer> {
    return this.#http.json({ method: "POST", path: ["workers", workerId, "shutdown"], body: request, serverWait: request.timeout ?? 5 }, options);
  }

  /** A command for all workers, or for those of a queue. */
  broadcastToWorkers(request: T.BroadcastRequest, options?: CallOptions): Promise<T.BroadcastAnswer> {
    return this.#http.json({ method: "POST", path: ["workers", "broadcast"], body: request, serverWait: request.timeout ?? 5 }, options);
  }

  // Worker sessions: how a worker runs jobs over HTTP (docs/worker-protocol.md)

  createWorkerSession(request: T.CreateWorkerSessionRequest, options?: CallOptions): Promise<T.WorkerSession> {
    return this.#http.json({ method: "POST", path: ["worker-sessions"], body: request }, options);
  }

  claimAttempts(sessionId: string, request: T.ClaimAttemptsRequest, options?: CallOptions): Promise<T.ClaimedAttempts> {
    return this.#http.json({ method: "POST", path: ["worker-sessions", sessionId, "claims"], body: request, serverWait: request.wait ?? 30 }, options);
  }

  reportAttempts(sessionId: string, request: T.ReportAttemptsRequest, options?: CallOptions): Promise<T.ReportsAnswer> {
    return this.#http.json({ method: "POST", path: ["worker-sessions", sessionId, "reports"], body: request, repeatable: true }, options);
  }

  /** For a task whose attempt runs. Repeated if the job has an idempotency key. */
  enqueueFromAttempt(sessionId: string, request: T.EnqueueFromAttemptRequest, options?: CallOptions): Promise<T.EnqueuedJob> {
    return this.#http.json(
      { method: "POST", path: ["worker-sessions", sessionId, "jobs"], body: request, repeatable: request.job?.idempotency_key != null },
      options,
    );
  }

  sendHeartbeat(sessionId: string, request: T.SessionHeartbeatRequest, options?: CallOptions): Promise<T.SessionNews> {
    return this.#http.json(
      { method: "POST", path: ["worker-sessions", sessionId, "heartbeat"], body: request, repeatable: true, serverWait: request.wait ?? 0 },
      options,
    );
  }

  endWorkerSession(sessionId: string, options?: CallOptions): Promise<void> {
    return this.#http.json({ method: "DELETE", path: ["worker-sessions", sessionId] }, options);
  }

  // Keys and audit trail

  listApiKeys(page: T.Page = {}, options?: CallOptions): Promise<T.ApiKeyPage> {
    return this.#http.json({ path: ["api-keys"], query: page }, options);
  }

  /** Without the key itself. */
  getApiKey(keyId: string, options?: CallOptions): Promise<T.ApiKey> {
    return this.#http.json({ path: ["api-keys", keyId] }, options);
  }

  /** It is not repeated if the answer is lost, because there would be two. */
  createApiKey(key: T.ApiKeyRequest, options?: CallOptions): Promise<T.IssuedApiKey> {
    return this.#http.json({ method: "POST", path: ["api-keys"], body: key }, options);
  }

  revokeApiKey(keyId: string, options?: CallOptions): Promise<void> {
    return this.#http.json({ method: "DELETE", path: ["api-keys", keyId] }, options);
  }

  /** The latest first. */
  listAudit(filters: T.AuditFilters = {}, options?: CallOptions): Promise<T.AuditPage> {
    return this.#http.json({ path: ["audit"], query: filters }, options);
  }

  /**
   * Whether an entry was changed or removed.
   * @param after The entry after which to begin. Default: the beginning.
   */
  verifyAudit(after?: { id: number; hash: string }, options?: CallOptions): Promise<T.AuditVerdict> {
    return this.#http.json({ path: ["audit", "verify"], query: { after_id: after?.id, after_hash: after?.hash } }, options);
  }

  // The system

  /** Counts and durations, step by step. */
  getHistory(filters: T.HistoryFilters = {}, options?: CallOptions): Promise<T.History> {
    return this.#http.json({ path: ["history"], query: filters }, options);
  }

  /** Counts that only grow, for each queue, task and priority. */
  getTotals(page: T.Page = {}, options?: CallOptions): Promise<T.Totals> {
    return this.#http.json({ path: ["history", "totals"], query: page }, options);
  }

  /** What is wrong now, and what was before. */
  listAlerts(options?: CallOptions): Promise<T.AlertList> {
    return this.#http.json({ path: ["alerts"] }, options);
  }

  getHealth(options?: CallOptions): Promise<T.HealthReport> {
    return this.#http.json({ path: ["health"] }, options);
  }

  getMetrics(options?: CallOptions): Promise<T.MetricsDocument> {
    return this.#http.json({ path: ["metrics.json"] }, options);
  }

  getInfo(options?: CallOptions): Promise<T.ServiceInfo> {
    return this.#http.json({ path: ["info"] }, options);
  }

  /** Who is calling, and what the caller may do. */
  getMe(options?: CallOptions): Promise<T.Me> {
    return this.#http.json({ path: ["me"] }, options);
  }

  /**
   * The steps of all jobs that the caller may see, from now on. A connection that is lost is taken up where it was; if something was missed, the next event is
   * `reset`. It does not end by itself.
   */
  async *streamEvents({ after, ...query }: T.EventFilters = {}, options?: CallOptions): AsyncGenerator<T.StreamedEvent> {
    for await (const { id, event, data } of this.#stream({ path: ["events", "stream"], query, lastEventId: after }, options)) {
      yield { ...(JSON.parse(data) as object), id, event } as T.StreamedEvent;
    }
  }

  async *#stream(request: Request, options: CallOptions = {}): AsyncGenerator<ServerSentEvent> {
    for (let { lastEventId } = request; ; ) {
      const body = await this.#http.stream({ ...request, lastEventId }, options);
      if (body === null) {
        return;
      }
      try {
        for await (const event of readEvents(body)) {
          lastEventId = event.id;
          yield event;
        }
      } catch {
        // the connection broke off, or the caller has ended it
        options.signal?.throwIfAborted();
      }
      // what ends at once, again and again, must not be asked for in a tight loop
      await sleep(200, options.signal);
    }
  }
}

/** With it a job whose answer is lost can be asked for again. */
function withKey<Q extends { idempotency_key?: string | null }>(job: Q): Q {
  return { ...job, idempotency_key: job.idempotency_key ?? newKey() };
}

/** 128 random bits. `crypto.randomUUID` is missing on pages without https. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (x) => x.toString(16).padStart(2, "0")).join("");
}
