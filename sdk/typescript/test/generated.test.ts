import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { JobsClient, type Job } from "@jobsystem/client";
import { Standalone, program } from "./standalone.js";

/** Below the package, so that `@jobsystem/client` is found by its name. */
const folder = fileURLToPath(new URL("../generated/", import.meta.url));
const compiler = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
const approved = fileURLToPath(new URL("../../../../tests/Client.Tests/Generated/odd-jobs.ts", import.meta.url));

let system: Standalone;

before(async () => {
  mkdirSync(folder, { recursive: true });
  system = await Standalone.start();
});

after(() => system.stop());

/** Returns what the compiler says; empty if there is nothing wrong. */
function compile(...files: string[]): string {
  const options = ["--strict", "--module", "node16", "--target", "es2022", "--rootDir", folder, "--outDir", `${folder}js`, "--skipLibCheck", "--noUncheckedIndexedAccess"];
  try {
    return execFileSync(process.execPath, [compiler, ...options, ...files.map((x) => folder + x)], { encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test("types and functions for the tasks of a system compile and enqueue", async () => {
  const output = `${folder}jobs.ts`;
  execFileSync("dotnet", [program, "generate", "typescript", "--url", system.url, "--key", system.apiKey, "--output", output], { encoding: "utf8" });
  writeFileSync(`${folder}wrong.ts`, `
    import type { JobsClient } from "@jobsystem/client";
    import { enqueueSleep } from "./jobs.js";
    export const wrong = (client: JobsClient) => enqueueSleep(client, { seconds: "1", ignoreCancel: true });
  `);

  assert.equal(compile("jobs.ts"), "");
  assert.match(compile("wrong.ts"), /wrong\.ts.*error TS2(322|353|561|820)/);

  const { enqueueEcho } = (await import(pathToFileURL(`${folder}js/jobs.js`).href)) as {
    enqueueEcho: (client: JobsClient, kwargs: object, options?: object) => Promise<Job>;
  };
  const client = new JobsClient(system.url, { apiKey: system.apiKey });
  const job = await enqueueEcho(client, { name: "Ada" }, { tags: ["generated"] });
  assert.deepEqual(await client.waitForResult<{ kwargs: unknown }>(job.id), { args: [], kwargs: { name: "Ada" } });
  assert.deepEqual((await client.getJob(job.id)).tags, ["generated"]);
});

test("types of tasks with odd names compile", () => {
  copyFileSync(approved, `${folder}odd-jobs.ts`);

  assert.equal(compile("odd-jobs.ts"), "");
});
