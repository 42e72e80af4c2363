import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { JobsClient } from "@jobsystem/client";

export const program = fileURLToPath(new URL("../../../../artifacts/bin/Standalone/release/JobSystem.Standalone.dll", import.meta.url));

/** The whole system as one process on a free port, with nothing kept. */
export class Standalone {
  private constructor(
    readonly url: string,
    readonly apiKey: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<Standalone> {
    const url = `http://127.0.0.1:${await freePort()}`;
    const child = spawn("dotnet", [program, "--urls", url, "--ephemeral"], { stdio: ["ignore", "pipe", "inherit"] });
    const apiKey = await new Promise<string>((resolve, reject) => {
      let printed = "";
      child.stdout.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
        const key = /API key\s+(\S+)/.exec(printed)?.[1];
        if (key !== undefined) {
          resolve(key);
        }
      });
      child.once("exit", (code) => reject(new Error(`standalone ended with ${code}: ${printed}`)));
    });
    // its worker announces the tasks a moment after the start
    for (let announced = 0; announced === 0; ) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      announced = (await new JobsClient(url, { apiKey }).listTasks()).total;
    }
    return new Standalone(url, apiKey, child);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGTERM");
    await ended;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
