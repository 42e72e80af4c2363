import type { components, operations } from "./api.js";

type Schemas = components["schemas"];

export type Job = Schemas["Job"];
export type JobStatus = Schemas["JobStatus"];
export type Priority = Schemas["Priority"];
export type JobPage = Schemas["JobPage"];
export type JobRequest = Schemas["JobRequest"];
export type SyncJobRequest = Schemas["SyncJobRequest"];
export type CloneRequest = Schemas["CloneRequest"];
export type JobEvent = Schemas["JobEvent"];
export type JobEventPage = Schemas["JobEventPage"];
export type JobLogPage = Schemas["JobLogPage"];
export type JobStats = Schemas["JobStats"];
export type Explanation = Schemas["Explanation"];
export type BulkAnswer = Schemas["BulkAnswer"];
export type BulkRequest = Schemas["BulkRequest"];
export type BulkCancelRequest = Schemas["BulkCancelRequest"];
export type BulkRetryRequest = Schemas["BulkRetryRequest"];
export type Schedule = Schemas["Schedule"];
export type SchedulePage = Schemas["SchedulePage"];
export type ScheduleRequest = Schemas["ScheduleRequest"];
export type ScheduleChange = Schemas["ScheduleChange"];
export type ScheduleRun = Schemas["ScheduleRun"];
export type NextRuns = Schemas["NextRuns"];
export type Queue = Schemas["Queue"];
export type QueuePage = Schemas["QueuePage"];
export type QueueSettings = Schemas["QueueSettings"];
export type Task = Schemas["Task"];
export type TaskPage = Schemas["TaskPage"];
export type Worker = Schemas["Worker"];
export type WorkerPage = Schemas["WorkerPage"];
export type Problem = Schemas["Problem"];

export type JobFilters = NonNullable<operations["ListJobs"]["parameters"]["query"]>;
export type ScheduleFilters = NonNullable<operations["ListSchedules"]["parameters"]["query"]>;
export type WorkerFilters = NonNullable<operations["ListWorkers"]["parameters"]["query"]>;
export type Page = { limit?: number; offset?: number };
