import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { JobFailedError, JobsClient, JobsError, isFinal, type Job, type StreamedEvent, type paths } from "@jobsystem/client";
import createClient from "openapi-fetch";
import { Standalone } from "./standalone.js";

let system: Standalone;
let client: JobsClient;

before(async () => {
  system = await Standalone.start();
  client = new JobsClient(system.url, { apiKey: system.apiKey });
});

after(() => system.stop());

async function refusal(call: Promise<unknown>): Promise<JobsError> {
  const error = await call.then(
    () => assert.fail("was not refused"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof JobsError, String(error));
  return error;
}

test("a job is created, runs, and is found again", async () => {
  const job = await client.createJob({ task_name: "echo", args: [42, "test"], kwargs: { format: "json" }, priority: "high", tags: ["data"], metadata: { source: "test" } });
  assert.equal(job.status, "pending");
  const done = await client.waitForJob(job.id);
  assert.equal(done.status, "completed");
  assert.deepEqual(done.result, { args: [42, "test"], kwargs: { format: "json" } });
  assert.deepEqual((await client.getJob(job.id)).metadata, { source: "test" });
  assert.equal((await client.getJobEvents(job.id)).items.at(0)?.event, "created");
  assert.equal((await client.explainJob(job.id)).code, "finished");
  await client.deleteJob(job.id);
  assert.equal((await refusal(client.getJob(job.id))).status, 404);
});

test("lists are filtered, and read page by page to the end", async () => {
  const { ids } = await client.createJobs(Array.from({ length: 7 }, (_, i) => ({ task_name: "echo", kwargs: { i }, tags: ["pages"] })));
  await Promise.all(ids.map((id) => client.waitForJob(id)));
  const first = await client.listJobs({ status: ["completed", "failed"], tags: ["pages"], queue_name: ["default"], priority: ["normal"], limit: 3 });
  assert.equal(first.total, 7);
  assert.equal(first.items.length, 3);
  const all: Job[] = [];
  for await (const job of client.listAllJobs({ tags: ["pages"], limit: 3 })) {
    all.push(job);
  }
  assert.deepEqual(new Set(all.map((x) => x.id)), new Set(ids));
});

test("a waiting job is cancelled with its reason, and run again", async () => {
  const job = await client.createJob({ task_name: "echo", delay: 3600 });
  const cancelled = await client.cancelJob(job.id, "No longer wanted");
  assert.equal(cancelled.status, "cancelled");
  assert.equal(cancelled.cancel_reason, "No longer wanted");
  assert.ok(isFinal(cancelled.status));
  assert.equal((await refusal(client.cancelJob(job.id))).status, 409);
  await client.retryJob(job.id);
  assert.equal((await client.waitForJob(job.id)).status, "completed");
});

test("a task is run while its caller waits", async () => {
  assert.deepEqual(await client.runJobSync<{ args: number[] }>({ task_name: "echo", args: [1] }), { args: [1], kwargs: {} });
  const failed = await refusal(client.runJobSync({ task_name: "fail", kwargs: { message: "as asked" }, max_retries: 0 }));
  assert.ok(failed instanceof JobFailedError);
  assert.deepEqual([failed.status, failed.jobStatus, failed.error?.attempt], [422, "failed", 1]);
  assert.match(failed.message, /as asked/);
  const slow = await refusal(client.runJobSync({ task_name: "sleep", kwargs: { seconds: 60 }, wait_timeout: 0.1 }));
  assert.equal(slow.status, 504);
  await client.cancelJob(slow.problem!.job_id!);
});

test("a job is followed step by step to its end", async () => {
  const job = await client.createJob({ task_name: "sleep", kwargs: { seconds: 0.3 } });
  const words: string[] = [];
  for await (const step of client.streamJob(job.id)) {
    words.push(step.event);
  }
  assert.equal(words.at(0), "created");
  assert.equal(words.at(-1), "completed");
  assert.ok(words.includes("running"));
});

test("the same idempotency key is the same job", async () => {
  const first = await client.createJob({ task_name: "echo", idempotency_key: "once" });
  assert.equal((await client.createJob({ task_name: "echo", idempotency_key: "once" })).id, first.id);
  assert.equal((await refusal(client.createJob({ task_name: "sleep", kwargs: { seconds: 1 }, idempotency_key: "once" }))).status, 409);
});

test("a schedule is made, changed, paused, run and removed", async () => {
  const schedule = await client.createSchedule({ name: "Daily report", task_name: "echo", cron_expression: "0 0 * * *", args: ["daily"], kwargs: { format: "pdf" }, queue_name: "reports" });
  assert.equal(schedule.status, "active");
  assert.equal((await client.getNextRuns(schedule.id, 3)).items.length, 3);
  assert.equal((await client.previewSchedule("0 6 * * MON-FRI", "Europe/Berlin", 2)).items.length, 2);
  const changed = await client.updateSchedule(schedule.id, { name: "Hourly report", interval: { hours: 1 } });
  assert.deepEqual([changed.name, changed.cron_expression, changed.interval?.hours], ["Hourly report", null, 1]);
  assert.equal((await client.pauseSchedule(schedule.id)).status, "paused");
  const run = await client.runSchedule(schedule.id);
  assert.equal((await client.waitForJob(run.job_id)).schedule_id, schedule.id);
  assert.equal((await client.resumeSchedule(schedule.id)).status, "active");
  assert.equal((await client.listSchedules({ q: "Hourly" })).total, 1);
  await client.deleteSchedule(schedule.id);
  assert.equal((await refusal(client.getSchedule(schedule.id))).code, "schedule_not_found");
});

test("a queue is made, paused, cleared and resumed", async () => {
  const queue = await client.putQueue("letters", { description: "Post", max_concurrency: 2 });
  assert.equal(queue.limits.max_concurrency, 2);
  await client.pauseQueue("letters");
  const job = await client.createJob({ task_name: "echo", queue_name: "letters" });
  assert.equal((await client.getQueue("letters")).is_paused, true);
  assert.equal((await client.explainJob(job.id)).code, "queue_paused");
  await client.clearQueue("letters");
  assert.equal((await client.getJob(job.id)).status, "cancelled");
  await client.resumeQueue("letters");
  assert.ok((await client.listQueues()).items.some((x) => x.name === "letters" && !x.is_paused));
});

test("many jobs are counted before they are touched", async () => {
  await client.createJobs([1, 2, 3].map(() => ({ task_name: "echo", delay: 3600, tags: ["bulk"] })));
  const which = { filter: { tags: ["bulk"] } };
  assert.equal((await client.cancelJobs({ ...which, dry_run: true })).matched, 3);
  assert.equal((await client.listJobs({ tags: ["bulk"], status: ["pending"] })).total, 3);
  assert.equal((await client.cancelJobs(which)).cancelled, 3);
  assert.equal((await client.retryJobs({ ...which, delay: 3600 })).retried, 3);
  await client.cancelJobs(which);
  assert.equal((await client.deleteJobs(which)).deleted, 3);
});

test("tasks and workers are listed", async () => {
  assert.ok((await client.listTasks()).items.some((x) => x.name === "echo"));
  assert.equal((await client.getTask("sleep")).name, "sleep");
  const worker = (await client.listWorkers({ status: ["running"] })).items.at(0);
  assert.equal((await client.getWorker(worker!.id)).is_healthy, true);
  assert.ok((await client.getJobStats()).total_jobs > 0);
});

test("errors carry the detail, the code and the fields", async () => {
  const unknown = await refusal(client.createJob({ task_name: "no_such_task" }));
  assert.equal(unknown.code, "task_not_found");
  assert.equal(unknown.problem?.detail, "Failed to create job: Task not found: no_such_task");
  assert.ok(unknown.message.startsWith(unknown.problem!.detail!) && unknown.message.endsWith("or correct task_name."));
  const invalid = await refusal(client.createJob({ task_name: "echo", max_retries: -1 }));
  assert.equal(invalid.code, "validation_failed");
  assert.ok(invalid.errors["max_retries"]?.[0]?.includes("whole number"));
  assert.match(invalid.traceId ?? "", /^[0-9a-f]{32}$/);
  const stranger = await refusal(new JobsClient(system.url, { apiKey: "js_wrong" }).listJobs());
  assert.equal(stranger.status, 401);
});

test("a result is waited for, and a reason is what comes instead", async () => {
  const job = await client.createJob({ task_name: "echo", kwargs: { name: "Ada" } });
  const { kwargs } = await client.waitForResult<{ kwargs: { name: string } }>(job.id);
  assert.equal(kwargs.name, "Ada");
  const failing = await client.createJob({ task_name: "fail", kwargs: { message: "as asked" }, max_retries: 0 });
  const failed = await refusal(client.waitForResult(failing.id));
  assert.ok(failed instanceof JobFailedError);
  assert.deepEqual([failed.jobId, failed.jobStatus], [failing.id, "failed"]);
  assert.match(failed.message, /as asked/);
});

test("waiting ends with its time or its signal, and the job goes on", async () => {
  const job = await client.createJob({ task_name: "sleep", kwargs: { seconds: 60 } });
  assert.ok(!isFinal((await client.waitForJob(job.id, { wait: 0.1 })).status));
  await assert.rejects(client.waitForJob(job.id, { signal: AbortSignal.timeout(200) }), { name: "TimeoutError" });
  assert.equal((await client.getJob(job.id)).status, "running");
  await client.cancelJob(job.id);
});

test("the events of all jobs are followed until the signal ends it", async () => {
  const ending = new AbortController();
  const seen: StreamedEvent[] = [];
  const follow = async (): Promise<void> => {
    for await (const event of client.streamEvents({ task_name: ["echo"], event: ["completed"] }, { signal: ending.signal })) {
      seen.push(event);
      ending.abort(new Error("seen enough"));
    }
  };
  const following = assert.rejects(follow(), /seen enough/);
  // the stream begins with what happens now, so jobs are made until one is seen
  for (let made = 0; seen.length === 0 && made < 200; made++) {
    await client.runJobSync({ task_name: "echo" });
  }
  await following;
  const event = seen[0]!;
  assert.ok(event.event === "completed" && event.id !== "");
  assert.deepEqual([event.task_name, event.priority, event.owner, event.attempt], ["echo", "normal", (await client.getMe()).owner, 1]);
});

test("a key is issued, used, and revoked; the audit trail has it", async () => {
  const issued = await client.createApiKey({ name: "billing" });
  const billing = new JobsClient(system.url, { apiKey: issued.key });
  assert.equal((await billing.getMe()).owner, (await client.getApiKey(issued.id)).owner);
  await client.revokeApiKey(issued.id);
  const { items } = await client.listAudit({ object_id: issued.id });
  assert.deepEqual(items.map((x) => x.object_id), items.map(() => issued.id));
  assert.ok(items.length >= 2);
  assert.equal((await client.verifyAudit()).valid, true);
});

test("the system says how it is", async () => {
  assert.equal((await client.getInfo()).product, "JobSystem");
  assert.ok(["healthy", "degraded"].includes((await client.getHealth()).status));
  assert.ok(Array.isArray((await client.listAlerts()).items));
  assert.ok((await client.getHistory({ step: "minute" })).items.length > 0);
  assert.ok((await client.listFailures()).items.some((x) => x.task_name === "fail"));
  const worker = (await client.listWorkers()).items[0]!;
  assert.equal((await client.pingWorker(worker.id)).status, "running");
});

test("a client of others, made of the types that openapi-typescript generates, works too", async () => {
  const api = createClient<paths>({ baseUrl: system.url, headers: { "X-API-Key": system.apiKey } });
  const created = await api.POST("/api/v1/jobs", { body: { task_name: "echo", kwargs: { name: "Ada" }, tags: ["generated"] } });
  assert.equal(created.response.status, 201);
  const id = created.data!.id;
  const waited = await api.GET("/api/v1/jobs/{job_id}/wait", { params: { path: { job_id: id }, query: { timeout: 30 } } });
  assert.deepEqual(waited.data!.result, { args: [], kwargs: { name: "Ada" } });
  const listed = await api.GET("/api/v1/jobs", { params: { query: { tags: ["generated"], status: ["completed"] } } });
  assert.deepEqual(listed.data!.items.map((x) => x.id), [id]);
  const refused = await api.POST("/api/v1/jobs", { body: { task_name: "no_such_task" } });
  assert.equal(refused.error!.code, "task_not_found");
});
