import type { components, operations } from "./api.js";
import type { CallOptions } from "./transport.js";

type Schemas = components["schemas"];
type Query<Operation extends keyof operations> = NonNullable<operations[Operation]["parameters"]["query"]>;

/** A job. `R` is what its task returns. */
export type Job<R = unknown> = Omit<Schemas["Job"], "result"> & {
  /** What the task returned; null until then. */
  result: R | null;
};
export type JobPage<R = unknown> = Omit<Schemas["JobPage"], "items"> & { items: Job<R>[] };
export type JobStatus = Schemas["JobStatus"];
export type JobError = Schemas["JobError"];
export type Priority = Schemas["Priority"];
export type JobRequest = Schemas["JobRequest"];
export type SyncJobRequest = Schemas["SyncJobRequest"];
export type CloneRequest = Schemas["CloneRequest"];
export type ForceCompleteRequest = Schemas["ForceCompleteRequest"];
export type CleanUpRequest = Schemas["CleanUpRequest"];
export type CleanUpAnswer = Schemas["CleanUpAnswer"];
export type JobIds = Schemas["JobIds"];
export type JobEvent = Schemas["JobEvent"];
export type JobEventPage = Schemas["JobEventPage"];
export type JobLogPage = Schemas["JobLogPage"];
export type JobStats = Schemas["JobStats"];
export type Explanation = Schemas["Explanation"];
export type BulkAnswer = Schemas["BulkAnswer"];
export type BulkRequest = Schemas["BulkRequest"];
export type BulkCancelRequest = Schemas["BulkCancelRequest"];
export type BulkRetryRequest = Schemas["BulkRetryRequest"];
export type Failures = Schemas["FailurePage"];
export type Schedule = Schemas["Schedule"];
export type SchedulePage = Schemas["SchedulePage"];
export type ScheduleRequest = Schemas["ScheduleRequest"];
export type ScheduleChange = Schemas["ScheduleChange"];
export type ScheduleRun = Schemas["ScheduleRun"];
export type NextRuns = Schemas["NextRuns"];
export type PreviewedRuns = Schemas["PreviewedRuns"];
export type Queue = Schemas["Queue"];
export type QueuePage = Schemas["QueuePage"];
export type QueueSettings = Schemas["QueueSettings"];
export type ClearAnswer = Schemas["ClearAnswer"];
export type QueueHealth = Schemas["QueueHealth"];
export type Task = Schemas["Task"];
export type TaskPage = Schemas["TaskPage"];
export type Worker = Schemas["Worker"];
export type WorkerPage = Schemas["WorkerPage"];
export type WorkerRequest = Schemas["WorkerRequest"];
export type WorkerAnswer = Schemas["WorkerAnswer"];
export type BroadcastRequest = Schemas["BroadcastRequest"];
export type BroadcastAnswer = Schemas["BroadcastAnswer"];
export type WorkerSession = Schemas["WorkerSession"];
export type CreateWorkerSessionRequest = Schemas["CreateWorkerSessionRequest"];
export type ClaimAttemptsRequest = Schemas["ClaimAttemptsRequest"];
export type ClaimedAttempts = Schemas["ClaimedAttempts"];
export type ReportAttemptsRequest = Schemas["ReportAttemptsRequest"];
export type ReportsAnswer = Schemas["ReportsAnswer"];
export type EnqueueFromAttemptRequest = Schemas["EnqueueFromAttemptRequest"];
export type EnqueuedJob = Schemas["EnqueuedJob"];
export type SessionHeartbeatRequest = Schemas["SessionHeartbeatRequest"];
export type SessionNews = Schemas["SessionNews"];
export type ApiKey = Schemas["ApiKey"];
export type ApiKeyPage = Schemas["ApiKeyPage"];
export type ApiKeyRequest = Schemas["ApiKeyRequest"];
export type IssuedApiKey = Schemas["IssuedApiKey"];
export type AuditPage = Schemas["AuditPage"];
export type AuditVerdict = Schemas["AuditVerdict"];
export type History = Schemas["History"];
export type Totals = Schemas["TotalPage"];
export type AlertList = Schemas["AlertList"];
export type HealthReport = Schemas["HealthReport"];
export type MetricsDocument = Schemas["MetricsDocument"];
export type ServiceInfo = Schemas["ServiceInfo"];
export type Me = Schemas["Me"];
export type Problem = Schemas["Problem"];

export type Page = Query<"ListQueues">;
export type JobFilters = Query<"ListJobs">;
export type ScheduleFilters = Query<"ListSchedules">;
export type ScheduleJobFilters = Query<"ListJobsOfSchedule">;
export type WorkerFilters = Query<"ListWorkers">;
export type LogFilters = Query<"GetJobLogs">;
export type AuditFilters = Query<"ListAudit">;
export type HistoryFilters = Query<"GetHistory">;
export type FailureFilters = Query<"ListFailures">;
export type EventFilters = Query<"StreamEvents"> & {
  /** The id of the last event that was seen, to go on after it. Default: from now on. */
  after?: string;
};

export interface WaitOptions extends CallOptions {
  /** Seconds to wait at most. Default: until the job has ended. */
  wait?: number | undefined;
}

/** Something that happened to a job, or `reset`: what happened meanwhile was missed, for the `reason`. */
export type StreamedEvent = StreamedStep | { id: string; event: "reset"; reason: string };

/** A step of a job, with what the job is. */
export interface StreamedStep {
  /** Where the stream is: `after` goes on after it. */
  id: string;
  event: JobEvent["event"];
  job_id: string;
  at: string;
  /** The attempt that it belongs to; 0 before the first. */
  attempt: number;
  worker_id: string | null;
  task_name: string;
  queue_name: string;
  priority: Priority;
  owner: string;
  /** Seconds that the job waited, when it starts and when it ends. */
  wait_seconds: number | null;
  /** Seconds that the job ran, when it ends. */
  run_seconds: number | null;
  /** What belongs to this kind of step. */
  details: Record<string, unknown> | null;
}
