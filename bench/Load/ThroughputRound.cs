using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Load;

/// <summary>How a round hands its jobs in: in batches, or each with a request of its own.</summary>
public sealed record Submission(string Path, byte[][] Bodies, int Parallel, Func<byte[], IEnumerable<string>> Ids)
{
    public static Submission Batches(int jobs, int batch, int parallel) =>
        new("/api/v1/jobs/batch", EchoJobs.Batches(jobs, batch), parallel, EchoJobs.IdsOfBatch);

    public static Submission Singles(int jobs, int connections) =>
        new("/api/v1/jobs", [.. Enumerable.Range(0, jobs).Select(EchoJobs.One)], connections, answer => [EchoJobs.IdOfJob(answer)]);
}

/// <summary>Hands in a number of echo jobs, waits until all have ended, and checks that every one has.</summary>
public sealed class ThroughputRound(StackEnv env, Submission submission, int jobs) : IDisposable
{
    const int Sampled = 50;
    readonly JobsClient client = new(env, submission.Parallel);

    public async Task<RoundTime> Run(CancellationToken ct)
    {
        var counter = new EndCounter(client);
        var since = EndCounter.Since();
        var answers = new byte[submission.Bodies.Length][];
        var start = TimeProvider.System.GetTimestamp();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = submission.Parallel, CancellationToken = ct };
        await Parallel.ForAsync(0, answers.Length, parallel,
            async (i, token) => answers[i] = await client.Post(submission.Path, submission.Bodies[i], token));
        var submitted = TimeProvider.System.GetElapsedTime(start);
        var end = await counter.WaitForEnd(since, ct);
        var elapsed = TimeProvider.System.GetElapsedTime(start, end);
        await Verify(counter, since, [.. answers.SelectMany(submission.Ids)], ct);
        return new RoundTime(elapsed, submitted);
    }

    public void Dispose() => client.Dispose();

    /// <summary>Every job is completed, and a sample has the results of its own arguments.</summary>
    async Task Verify(EndCounter counter, DateTimeOffset since, string[] ids, CancellationToken ct)
    {
        var completed = await counter.Completed(since, ct);
        var different = ids.Distinct().Count();
        if (different != jobs || completed != jobs)
        {
            throw new InvalidOperationException($"{jobs} jobs were submitted, {different} ids came back, {completed} jobs completed");
        }
        for (var number = 0; number < ids.Length; number += Math.Max(1, ids.Length / Sampled))
        {
            using var view = await client.Get("/api/v1/jobs/" + ids[number], ct);
            if (!EchoJobs.IsResultOf(number, view.RootElement))
            {
                throw new InvalidOperationException($"job {ids[number]} has another result than its own: {view.RootElement}");
            }
        }
    }
}

/// <summary>How long a round took to its last end, and how long until everything was handed in.</summary>
public sealed record RoundTime(TimeSpan Elapsed, TimeSpan Submitted)
{
    public double JobsPerSecond(int jobs) => jobs / Elapsed.TotalSeconds;
}
