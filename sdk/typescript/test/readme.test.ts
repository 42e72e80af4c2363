import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Standalone } from "./standalone.js";

const run = promisify(execFile);
const here = fileURLToPath(new URL("../..", import.meta.url));

test("the readme's code compiles and runs, block after block", async () => {
  const code = [...readFileSync(join(here, "README.md"), "utf8").matchAll(/```ts\n(.*?)```/gs)].map((x) => x[1]!);
  assert.equal(code.length, 4);
  const folder = join(here, "dist", "readme");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "readme.ts"), code.join("\n"));
  const tsc = join(here, "node_modules", "typescript", "bin", "tsc");
  const options = ["--target", "ES2022", "--module", "NodeNext", "--strict", "--skipLibCheck", "--types", "node"];
  await run(process.execPath, [tsc, join(folder, "readme.ts"), ...options], { cwd: here }).catch((error: { stdout: string }) => assert.fail(error.stdout));
  const system = await Standalone.start();
  try {
    const env = { ...process.env, JOBSYSTEM_URL: system.url, JOBSYSTEM_API_KEY: system.apiKey };
    const lines = (await run(process.execPath, [join(folder, "readme.js")], { env })).stdout.trim().split("\n");
    assert.equal(lines[0], "Ada");
    assert.match(lines[1]!, / Ada$/);
    assert.match(lines[2]!, /^created /);
    assert.match(lines.at(-3)!, /^completed /);
    assert.match(lines.at(-2)!, / failed /);
    assert.equal(lines.at(-1), "TimeoutError");
  } finally {
    await system.stop();
  }
});
