using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage;

/// <summary>
/// Submissions of one batch may want the same id or key: 50 parallel requests with one idempotency key arrive together. The first of
/// them goes into the statement; the others wait for what becomes of it. Almost always one wave is all.
/// </summary>
sealed class InsertWaves(IReadOnlyList<Submission> submissions, Func<IReadOnlyList<Submission>, Task<InsertResult[]>> insert)
{
    readonly InsertResult?[] results = new InsertResult?[submissions.Count];

    public static async Task<IReadOnlyList<InsertResult>> Run(IReadOnlyList<Submission> submissions, Func<IReadOnlyList<Submission>, Task<InsertResult[]>> insert)
    {
        var waves = new InsertWaves(submissions, insert);
        while (waves.results.Contains(null))
        {
            await waves.Next();
        }

        return waves.results!;
    }

    async Task Next()
    {
        var claims = new Dictionary<object, Claim>();
        var wave = new List<int>();
        var blocked = new List<(int Submission, int Index, Claim By)>();
        for (var n = 0; n < submissions.Count; n++)
        {
            if (results[n] is not null)
            {
                continue;
            }

            if (FirstClaimed(n, claims) is { } hit)
            {
                blocked.Add((n, hit.Index, hit.By));
            }
            else
            {
                wave.Add(n);
            }
        }

        await Insert(wave);
        foreach (var (n, index, by) in blocked)
        {
            results[n] = by.Submission == n ? new([new(index, by.Job.CorrelationId, by.IsKey)]) : FollowOf(index, by);
        }
    }

    async Task Insert(List<int> wave)
    {
        if (wave.Count == 0)
        {
            return;
        }

        var inserted = await insert([.. wave.Select(n => submissions[n])]);
        for (var i = 0; i < wave.Count; i++)
        {
            results[wave[i]] = inserted[i];
        }
    }

    /// <summary>Reserves the ids and keys of a submission, up to the first one that is taken.</summary>
    (int Index, Claim By)? FirstClaimed(int n, Dictionary<object, Claim> claims)
    {
        var added = new List<object>();
        for (var index = 0; index < submissions[n].Jobs.Count; index++)
        {
            foreach (var (wanted, claim) in Wanted(n, index))
            {
                if (claims.TryAdd(wanted, claim))
                {
                    added.Add(wanted);
                    continue;
                }

                var by = claims[wanted];
                added.ForEach(x => claims.Remove(x));
                return (index, by);
            }
        }

        return null;
    }

    IEnumerable<(object Wanted, Claim Claim)> Wanted(int n, int index)
    {
        var job = submissions[n].Jobs[index];
        if (job.IdempotencyKey is not null)
        {
            yield return ((job.Owner, job.IdempotencyKey), new(n, index, job, IsKey: true));
        }

        if (job.Key is not null)
        {
            yield return (job.CorrelationId, new(n, index, job, IsKey: false));
        }
    }

    /// <summary>Outcome of a blocked submission; null if its blocker was refused and the next wave decides.</summary>
    InsertResult? FollowOf(int index, Claim by)
    {
        if (results[by.Submission]?.Conflict is null)
        {
            return new([new(index, by.Job.CorrelationId, by.IsKey)]);
        }
        var same = results[by.Submission]!.Conflicts.FirstOrDefault(x => x.Index == by.Index && x.SameKey == by.IsKey);
        return same is null ? null : new([same with { Index = index }]);
    }

    sealed record Claim(int Submission, int Index, JobState Job, bool IsKey);
}
