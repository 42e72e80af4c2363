import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8")) as { version: string };
const tarball = join(here, "dist", `jobsystem-client-${version}.tgz`);
const tsc = join(here, "node_modules", "typescript", "bin", "tsc");

let project: string;

before(async () => {
  project = mkdtempSync(join(tmpdir(), "jobsystem-client-"));
  const installed = join(project, "node_modules", "@jobsystem", "client");
  mkdirSync(installed, { recursive: true });
  await run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  writeFileSync(join(project, "package.json"), "{}");
  const types = `
    async function use(client: JobsClient, signal: AbortSignal): Promise<string> {
      const job = await client.createJob<{ number: string }>({ task_name: "make_invoice", priority: "high" }, { signal });
      // @ts-expect-error: not a priority
      await client.createJob({ task_name: "make_invoice", priority: "urgent" });
      // @ts-expect-error: the result is not a number
      const wrong: number = (await client.waitForResult<{ number: string }>(job.id)).number;
      return (await client.waitForJob<{ number: string }>(job.id, { wait: 5 })).result?.number ?? String(wrong);
    }`;
  const print = "console.log(typeof JobsClient, new JobsError('m', { code: 'c' }) instanceof Error, isFinal('failed'), typeof use);";
  for (const name of ["consumer.mts", "consumer.cts", "consumer.ts"]) {
    writeFileSync(join(project, name), `import { JobsClient, JobsError, isFinal } from "@jobsystem/client";${types}\n${print}\n`);
  }
});

after(() => rmSync(project, { recursive: true, force: true }));

async function compile(files: string[], ...options: string[]): Promise<void> {
  const all = [...files, "--target", "ES2022", "--strict", "--exactOptionalPropertyTypes", "--lib", "ES2022,DOM", ...options];
  await run(process.execPath, [tsc, ...all], { cwd: project }).catch((error: { stdout: string }) => assert.fail(error.stdout));
}

test("the package has both builds, its licence and its readme, and nothing else", async () => {
  const { stdout } = await run("tar", ["-tzf", tarball]);
  const files = stdout.trim().split("\n").map((x) => x.replace("package/", "")).sort();
  assert.deepEqual(files.filter((x) => !x.startsWith("dist/")), ["LICENSE", "README.md", "package.json"]);
  const built = (format: string): string[] => files.filter((x) => x.startsWith(`dist/${format}/`) && !x.endsWith("package.json")).map((x) => x.split("/")[2]!);
  assert.deepEqual(built("cjs"), built("esm"));
  assert.ok(built("esm").includes("index.js") && built("esm").includes("index.d.ts") && built("esm").includes("api.d.ts"));
  assert.equal(files.filter((x) => x.startsWith("dist/")).length, 2 * built("esm").length + 1);
});

test("types resolve as node16, and both modules run", async () => {
  await compile(["consumer.mts", "consumer.cts"], "--module", "Node16", "--moduleResolution", "Node16");
  for (const program of ["consumer.mjs", "consumer.cjs"]) {
    assert.equal((await run(process.execPath, [join(project, program)])).stdout.trim(), "function true true function");
  }
});

test("types resolve for a bundler", () => compile(["consumer.ts"], "--module", "ESNext", "--moduleResolution", "Bundler", "--noEmit"));

test("types resolve as node10", () => compile(["consumer.ts"], "--module", "CommonJS", "--moduleResolution", "Node10", "--noEmit"));
