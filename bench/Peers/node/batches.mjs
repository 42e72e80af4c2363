const batch = 500;
const atATime = 4;

/** Hands in jobs in batches of 500, four batches under way at a time; `add` gets the numbers of one batch. */
export async function addInBatches(jobs, add) {
  let next = 0;
  const submitter = async () => {
    while (next < jobs) {
      const from = next;
      next = Math.min(next + batch, jobs);
      await add(Array.from({ length: next - from }, (_, i) => from + i));
    }
  };
  await Promise.all(Array.from({ length: atATime }, submitter));
}
