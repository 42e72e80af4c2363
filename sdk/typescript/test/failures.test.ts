import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { JobFailedError, JobsClient, JobsError, JobsUnavailableError, type ClientOptions } from "@jobsystem/client";

interface Seen {
  method: string;
  url: string;
  body: string;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server that answers the first request with the first answer, and so on; the last one is for all that follow. */
async function against<R>(answers: Answer[], act: (client: (options?: Partial<ClientOptions>) => JobsClient, seen: Seen[], url: string) => Promise<R>): Promise<R> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push({ method: request.method!, url: request.url!, body });
      answers[Math.min(seen.length, answers.length) - 1]!(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return await act((options = {}) => new JobsClient(url, { token: () => "token", ...options }), seen, url);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const json = (value: unknown, status = 200): Answer => (response) => void response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
const problem = (status: number, code: string, more: object = {}, headers: Record<string, string> = {}): Answer => (response) =>
  void response.writeHead(status, { "Content-Type": "application/problem+json", ...headers }).end(JSON.stringify({ status, code, detail: `It is ${code}.`, ...more }));
const away = problem(503, "service_unavailable", {}, { "Retry-After": "0" });
const hangUp: Answer = (response) => void response.socket!.destroy();
const breakOff: Answer = (response) => {
  response.writeHead(201, { "Content-Type": "application/json", "Content-Length": "100" }).write('{"id":');
  setTimeout(() => response.socket!.destroy(), 20);
};

async function failure<E extends JobsError>(kind: new (...x: never[]) => E, call: Promise<unknown>): Promise<E> {
  const error = await call.then(() => assert.fail("did not fail"), (reason: unknown) => reason);
  assert.ok(error instanceof kind, String(error));
  return error;
}

test("what cannot do anything twice is repeated", () =>
  against([away, json({})], async (client, seen) => {
    await client().getJob("a");
    assert.deepEqual(seen.map((x) => x.method), ["GET", "GET"]);
  }));

for (const [how, lost] of Object.entries({ "503": away, "a lost connection": hangUp, "an answer that breaks off": breakOff })) {
  test(`a job is sent again after ${how}, with the same idempotency key`, () =>
    against([lost, json({ id: "a" }, 201)], async (client, seen) => {
      await client().createJob({ task_name: "echo" });
      const keys = seen.map((x) => (JSON.parse(x.body) as { idempotency_key: string }).idempotency_key);
      assert.equal(keys.length, 2);
      assert.match(keys[0]!, /^[0-9a-f]{32}$/);
      assert.equal(keys[1], keys[0]);
    }));

  test(`a schedule is not sent again after ${how}, because there might be two`, () =>
    against([lost, json({}, 201)], async (client, seen) => {
      await failure(JobsError, client().createSchedule({ name: "Daily", task_name: "echo" }));
      assert.equal(seen.length, 1);
    }));
}

test("a task's job without an idempotency key is not sent again", () =>
  against([away, json({ id: "a" }, 201)], async (client, seen) => {
    const job = { task_name: "echo", idempotency_key: null };
    await failure(JobsError, client().enqueueFromAttempt("s", { job_id: "j", attempt: 1, secret: "x", job }));
    assert.equal(seen.length, 1);
  }));

test("each job of a batch gets a key, and those that are given stay", () =>
  against([json({ ids: ["a", "b"] }, 201)], async (client, seen) => {
    await client().createJobs([{ task_name: "echo", idempotency_key: "mine" }, { task_name: "echo" }]);
    const { jobs } = JSON.parse(seen[0]!.body) as { jobs: { idempotency_key: string }[] };
    assert.equal(jobs[0]!.idempotency_key, "mine");
    assert.match(jobs[1]!.idempotency_key, /^[0-9a-f]{32}$/);
  }));

test("what came too early is sent again, whatever it is", () =>
  against([problem(429, "rate_limited", {}, { "Retry-After": "0" }), json({}, 201)], async (client, seen) => {
    await client().createSchedule({ name: "Daily", task_name: "echo" });
    assert.equal(seen.length, 2);
  }));

test("a request that was not sent is repeated until patience ends", async () => {
  const url = await against([hangUp], async (_, __, url) => url);
  let calls = 0;
  const counted: typeof fetch = (input, init) => {
    calls++;
    return fetch(input as string, init);
  };
  const nobody = new JobsClient(url, { apiKey: "js_key", patience: 700, fetch: counted });
  const error = await failure(JobsUnavailableError, nobody.createSchedule({ name: "Daily", task_name: "echo" }));
  assert.equal(error.code, "unreachable");
  assert.equal(error.status, undefined);
  assert.ok(error.message.startsWith(`POST /api/v1/schedules at ${url} cannot be reached: connect ECONNREFUSED`), error.message);
  assert.ok(calls > 1);
});

test("patience also bounds the time that the answer asks for", () =>
  against([problem(503, "service_unavailable", {}, { "Retry-After": "60" })], async (client, seen) => {
    const error = await failure(JobsUnavailableError, client({ patience: 5_000 }).getJob("a"));
    assert.equal(error.retryAfter, 60);
    assert.equal(seen.length, 1);
  }));

test("a request that is not answered in time fails, and one call can have more time", () =>
  against([(response, request) => void setTimeout(() => json({ id: "a" })(response, request), 300)], async (client) => {
    const impatient = client({ timeout: 50, patience: 0 });
    assert.equal((await failure(JobsUnavailableError, impatient.getJob("a"))).code, "timeout");
    assert.equal((await impatient.getJob("a", { timeout: 10_000 })).id, "a");
  }));

test("a signal ends the pause between two requests", () =>
  against([problem(503, "service_unavailable", {}, { "Retry-After": "30" })], async (client) => {
    const signal = AbortSignal.timeout(100);
    await assert.rejects(client().getJob("a", { signal }), { name: "TimeoutError" });
  }));

test("a job that ended without success is an error with its reason", async () => {
  const error = { type: "System.TimeoutException", message: "No answer.", stack: null, attempt: 4, at: "2030-01-31T12:00:00Z" };
  await against([problem(422, "job_failed", { job_id: "a", job_status: "failed", error })], async (client) => {
    const failed = await failure(JobFailedError, client().runJobSync({ task_name: "fail" }));
    assert.deepEqual([failed.jobId, failed.jobStatus, failed.code, failed.status, failed.error], ["a", "failed", "job_failed", 422, error]);
  });
  await against([json({ id: "a", task_name: "fail", status: "cancelled", cancel_reason: "No longer wanted", error: null })], async (client) => {
    const cancelled = await failure(JobFailedError, client().waitForResult("a"));
    assert.equal(cancelled.message, "Job a (fail) ended as cancelled: No longer wanted");
    assert.deepEqual([cancelled.code, cancelled.error], ["job_cancelled", undefined]);
  });
});

test("a job that is still running is not run again", () =>
  against([problem(504, "job_still_running", { job_id: "a" })], async (client, seen) => {
    assert.equal((await failure(JobsError, client().runJobSync({ task_name: "sleep", wait_timeout: 1 }))).problem?.job_id, "a");
    assert.equal(seen.length, 1);
  }));

test("an answer that is not JobSystem's says where to look", async () => {
  const page: Answer = (response) => void response.writeHead(404, { "Content-Type": "text/html" }).end("<h1>Welcome</h1>");
  await against([page], async (client) => {
    const error = await failure(JobsError, client().getJob("a"));
    assert.deepEqual([error.code, error.status], ["unexpected_answer", 404]);
    assert.match(error.message, /Check that baseUrl is its address/);
  });
});

test("a redirect is not followed, because the credential would go along", async () => {
  await against([(response) => void response.writeHead(307, { Location: "https://elsewhere.example.com/" }).end()], async (client, seen) => {
    const error = await failure(JobsError, client().getJob("a"));
    assert.equal(error.code, "redirected");
    assert.match(error.message, /https:\/\/elsewhere\.example\.com\//);
    assert.equal(seen.length, 1);
  });
});

test("a stream that is lost is taken up where it was", () => {
  const step = (id: string, event: string): string => `id: ${id}\nevent: ${event}\ndata: {"job_id":"a","at":"2030-01-31T12:00:00Z"}\n\n`;
  const lastIds: unknown[] = [];
  const part = (text: string): Answer => (response, request) => {
    lastIds.push(request.headers["last-event-id"]);
    response.writeHead(200, { "Content-Type": "text/event-stream" }).write(`retry: 2000\n\n: alive\n\n${text}`);
    setTimeout(() => response.socket!.destroy(), 50);
  };
  return against([part(step("e-1", "created")), part(step("e-2", "running") + 'id: e-3\nevent: reset\ndata: {"reason":"gap"}\n\n')], async (client) => {
    const seen: string[] = [];
    for await (const event of client().streamEvents({ after: "e-0", queue_name: ["default"] })) {
      seen.push(event.event === "reset" ? `${event.id} ${event.reason}` : `${event.id} ${event.event} ${event.job_id}`);
      if (event.event === "reset") {
        break;
      }
    }
    assert.deepEqual(seen, ["e-1 created a", "e-2 running a", "e-3 gap"]);
    assert.deepEqual(lastIds, ["e-0", "e-1"]);
  });
});

test("what is wrong about the client itself is said at once", async () => {
  assert.throws(() => new JobsClient("localhost:8080", "token"), /baseUrl: expected an http/);
  assert.throws(() => new JobsClient("http://localhost:8080", {}), /expected one of token and apiKey/);
  const client = new JobsClient("http://127.0.0.1:1", "token");
  await assert.rejects(client.getJob(""), /expected an id or a name; got ''/);
  await assert.rejects(client.getQueue(".."), /expected an id or a name; got '\.\.'/);
});

test("a token that cannot be got is the caller's error, and nothing is sent", async () => {
  const client = new JobsClient("http://127.0.0.1:1", { token: () => Promise.reject(new TypeError("no session")) });
  await assert.rejects(client.getMe(), /no session/);
});
