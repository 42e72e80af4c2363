import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { JobsClient, JobsError, isFinal, type Job } from "../src/index.js";
import { Standalone } from "./standalone.js";

let system: Standalone;
let client: JobsClient;

before(async () => {
  system = await Standalone.start();
  client = new JobsClient(system.url, { apiKey: system.apiKey });
  // the worker announces its tasks a moment after the start
  for (let tasks = 0; tasks === 0; tasks = (await client.listTasks()).total) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
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
  for await (const job of client.jobs({ tags: ["pages"], limit: 3 })) {
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
  assert.equal(failed.status, 422);
  assert.match(failed.detail, /as asked/);
  const slow = await refusal(client.runJobSync({ task_name: "sleep", kwargs: { seconds: 60 }, wait_timeout: 0.1 }));
  assert.equal(slow.status, 504);
  await client.cancelJob(slow.problem.job_id!);
});

test("a job is followed step by step to its end", async () => {
  const job = await client.createJob({ task_name: "sleep", kwargs: { seconds: 0.3 } });
  const words: string[] = [];
  for await (const step of client.followJob(job.id)) {
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
  assert.equal(unknown.detail, "Failed to create job: Task not found: no_such_task");
  assert.equal(unknown.message, unknown.detail);
  const invalid = await refusal(client.createJob({ task_name: "echo", max_retries: -1 }));
  assert.equal(invalid.code, "validation_failed");
  assert.ok(invalid.errors["max_retries"]?.[0]?.includes("whole number"));
  assert.match(invalid.traceId ?? "", /^[0-9a-f]{32}$/);
  const stranger = await refusal(new JobsClient(system.url, { apiKey: "js_wrong" }).listJobs());
  assert.equal(stranger.status, 401);
  assert.throws(() => new JobsClient("localhost:8080", "token"), TypeError);
});

test("a request that may be repeated is, after the time that the answer names", async () => {
  const calls: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    calls.push(request.method);
    if (calls.length % 2 === 1) {
      response.writeHead(503, { "Content-Type": "application/problem+json", "Retry-After": "0" }).end(JSON.stringify({ detail: "away", code: "service_unavailable" }));
    } else {
      response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const flaky = new JobsClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { token: () => "token" });
  await flaky.getJob("a");
  assert.deepEqual(calls, ["GET", "GET"]);
  await flaky.createJob({ task_name: "echo", idempotency_key: "k" });
  assert.deepEqual(calls, ["GET", "GET", "POST", "POST"]);
  const once = await refusal(flaky.createJob({ task_name: "echo" }));
  assert.equal(once.status, 503);
  assert.equal(calls.length, 5);
  server.close();
});
