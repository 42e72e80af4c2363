import { setTimeout as delay } from 'node:timers/promises';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { addInBatches } from './batches.mjs';

/** graphile-worker deletes a job that has ended and keeps no result, so the end is recorded when no job is left. */
export async function start(concurrency) {
  const connectionString = process.env.JOBSYSTEM_BENCH_POSTGRES_URL;
  // Its log of every job would only slow it down
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ connectionString, logger });
  await utils.migrate();
  const pool = new pg.Pool({ connectionString, max: 1 });
  let left = 0;
  let done;
  const echo = async ({ number }) => {
    if (--left === 0) {
      done();
    }
    return number;
  };
  const tuning = concurrency && { concurrency, maxPoolSize: concurrency + 2 };
  const runner = await run({ connectionString, logger, taskList: { echo }, noHandleSignals: true, ...tuning });

  return {
    async round(jobs) {
      left = jobs;
      const end = new Promise(resolve => { done = resolve; });
      const began = performance.now();
      await addInBatches(jobs, numbers => utils.addJobs(numbers.map(number => ({ identifier: 'echo', payload: { number } }))));
      await end;
      await empty(pool);
      return (performance.now() - began) / 1000;
    },
    async stop() {
      await runner.stop();
      await utils.release();
      await pool.end();
    },
  };
}

async function empty(pool) {
  const query = 'select exists (select from graphile_worker._private_jobs) as left';
  while ((await pool.query(query)).rows[0].left) {
    await delay(10);
  }
}
