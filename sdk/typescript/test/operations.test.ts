import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { JobsClient } from "@jobsystem/client";

interface Operation {
  id: string;
  method: string;
  path: string;
  query: string[];
  body: boolean;
}

type Method = (...parameters: unknown[]) => Promise<unknown> | AsyncGenerator<unknown>;

const document = JSON.parse(readFileSync(new URL("../../../../docs/openapi.json", import.meta.url), "utf8")) as { paths: Record<string, Record<string, Described>> };
type Described = { operationId: string; parameters?: { name: string; in: string }[]; requestBody?: unknown };

const operations: Operation[] = Object.entries(document.paths)
  .filter(([path]) => path.startsWith("/api/v1/"))
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      id: described.operationId,
      method: method.toUpperCase(),
      path,
      query: (described.parameters ?? []).filter((x) => x.in === "query").map((x) => x.name),
      body: described.requestBody !== undefined,
    })),
  );

/** What comes after the ids of the path; an object unless it says otherwise. */
const parameters: Record<string, unknown[]> = {
  CreateJobs: [[{ task_name: "echo" }]],
  CancelJob: ["a reason"],
  RetryJob: [5],
  GetJobStats: ["ada"],
  GetNextRuns: [3],
  PreviewSchedule: ["* * * * *", "UTC", 1],
  GetTask: ["1"],
  VerifyAudit: [{ id: 7, hash: "a-hash" }],
  WaitForJob: [],
};

/** Helpers that are not an operation. */
const others = ["listAllJobs", "waitForResult"];

test("the client has every operation of the document, and no other", () => {
  const methods = Object.getOwnPropertyNames(JobsClient.prototype).filter((x) => x !== "constructor" && !others.includes(x));
  assert.deepEqual(methods.sort(), operations.map(nameOf).sort());
});

for (const operation of operations) {
  test(`${nameOf(operation)} sends ${operation.method} ${operation.path}, and ends with its signal`, async () => {
    const signal = new AbortController();
    let seen: { url: URL; init: RequestInit } | undefined;
    const client = new JobsClient("https://jobs.example.com/base/", {
      apiKey: "js_key",
      fetch: (url, init) => {
        seen = { url: new URL(String(url)), init: init! };
        queueMicrotask(() => signal.abort(new Error("no longer wanted")));
        return new Promise((_, reject) => init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason as Error)));
      },
    });
    const ids = operation.path.split("/").filter((x) => x.startsWith("{")).map(() => "a/ä");
    const given = parameters[operation.id] ?? (operation.body || operation.query.length > 0 ? [{}] : []);
    const last = operation.id === "WaitForJob" ? { signal: signal.signal, wait: 1 } : { signal: signal.signal };
    const called = (client[nameOf(operation) as keyof JobsClient] as Method)(...ids, ...given, last);
    await assert.rejects("next" in called ? called.next() : called, /no longer wanted/);

    const { url, init } = seen!;
    assert.equal(init.method, operation.method);
    assert.equal(url.pathname, `/base${operation.path.replaceAll(/{\w+}/g, "a%2F%C3%A4")}`);
    assert.equal(init.body !== undefined, operation.body);
    assert.equal((init.headers as Record<string, string>)["X-API-Key"], "js_key");
    for (const name of url.searchParams.keys()) {
      assert.ok(operation.query.includes(name), name);
    }
  });
}

function nameOf(operation: Operation): string {
  return operation.id.charAt(0).toLowerCase() + operation.id.slice(1);
}
