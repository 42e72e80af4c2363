import { Queue, Worker } from 'bullmq';
import { addInBatches } from './batches.mjs';

/** BullMQ: a job has ended when its worker says "completed", which it does after Redis has recorded it, with its result. */
export async function start(concurrency) {
  const [host, port] = process.env.JOBSYSTEM_BENCH_REDIS.split(':');
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const queue = new Queue('bench', { connection });
  const worker = new Worker('bench', async job => job.data.number, { connection, ...(concurrency && { concurrency }) });
  let total = 0;
  let completed = 0;
  let done;
  worker.on('completed', () => {
    if (++completed === total) {
      done();
    }
  });
  worker.on('failed', (_, error) => { throw error; });
  await worker.waitUntilReady();
  await queue.waitUntilReady();

  return {
    async round(jobs) {
      total += jobs;
      const end = new Promise(resolve => { done = resolve; });
      const began = performance.now();
      await addInBatches(jobs, numbers => queue.addBulk(numbers.map(number => ({ name: 'echo', data: { number } }))));
      await end;
      const seconds = (performance.now() - began) / 1000;
      await check(queue, total);
      return seconds;
    },
    async stop() {
      await worker.close();
      await queue.close();
    },
  };
}

async function check(queue, total) {
  const recorded = await queue.getCompletedCount();
  const sample = await queue.getCompleted(0, 49);
  if (recorded !== total || sample.some(job => job.returnvalue !== job.data.number)) {
    throw new Error(`${total} jobs were added and ${recorded} are completed, or a job has another result than its own`);
  }
}
