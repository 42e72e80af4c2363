namespace JobSystem.Client.Enqueueing;

/// <summary>Divides many jobs into batches, each as large as the API takes.</summary>
static class ManyJobs
{
    /// <exception cref="JobRefusedException">A job is not valid.</exception>
    public static IEnumerable<List<PreparedJob>> InBatches(IEnumerable<IJob> jobs, JobWriter writer, Action<EnqueueOptions, int>? configure)
    {
        var batch = new List<PreparedJob>();
        var (bytes, index, sent) = (0, 0, 0);
        foreach (var job in jobs)
        {
            var place = index++;
            var prepared = Write(job, place, sent, writer, configure);
            if (batch.Count == JobBatches.MaxJobs || (batch.Count > 0 && bytes + prepared.Json.Length > JobBatches.MaxBytes))
            {
                yield return batch;
                (batch, bytes, sent) = ([], 0, place);
            }
            batch.Add(prepared);
            bytes += prepared.Json.Length;
        }
        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    static PreparedJob Write(IJob job, int place, int sent, JobWriter writer, Action<EnqueueOptions, int>? configure)
    {
        try
        {
            return writer.Write(job, configure is null ? null : x => configure(x, place));
        }
        catch (JobRefusedException refusal)
        {
            throw AtPlace(refusal, place, sent);
        }
    }

    /// <summary>The refusal of one of many jobs.</summary>
    /// <param name="place">The job's place among them.</param>
    /// <param name="sent">Jobs before it that are enqueued.</param>
    public static JobRefusedException AtPlace(JobRefusedException refusal, int place, int sent = 0) =>
        new($"Job {place}: {refusal.Message}", refusal.Code, refusal)
        {
            Errors = refusal.Errors.ToDictionary(x => $"jobs[{place}].{x.Key}", x => x.Value),
            Enqueued = sent,
        };
}
