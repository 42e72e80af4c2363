// One peer as a process of its own: says "ready", answers each line "round JOBS" with "done SECONDS", and ends with its input.
import { createInterface } from 'node:readline';

const peers = { bullmq: './bullmq.mjs', 'graphile-worker': './graphile-worker.mjs' };
const [name, concurrency] = process.argv.slice(2);
if (!peers[name]) {
  throw new Error(`there is no peer '${name}': ${Object.keys(peers).join(', ')}`);
}
const { start } = await import(peers[name]);
const peer = await start(concurrency ? Number(concurrency) : undefined);
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  console.log(`done ${await peer.round(Number(line.split(' ')[1]))}`);
}
await peer.stop();
