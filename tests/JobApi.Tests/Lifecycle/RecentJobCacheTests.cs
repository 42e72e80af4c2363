using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Tests.Lifecycle;

public sealed class RecentJobCacheTests
{
    readonly RecentJobCache hot = new();

    [Fact]
    public void Take_WhatWasKept_AsItIsLoaded()
    {
        var job = Job();
        (job.Args, job.Result, job.Error, job.Fingerprint) = ("[1]", "2", "{}", "f");
        job.NewSteps.Add(job.ToEvent("created", default));
        job.NewLogs.Add(new(job.CorrelationId, 1, default, "info", "line"));
        hot.Add(job);

        var row = hot.Get(job.CorrelationId)!;
        Assert.Equal(("[1]", null, null, null, true), (row.Args, row.Result, row.Error, row.Fingerprint, row.IsFromMemory));
        Assert.Empty(row.NewSteps);
        Assert.Empty(row.NewLogs);
        Assert.Equal("2", job.Result);

        hot.Remove(job.CorrelationId);
        Assert.Null(hot.Get(job.CorrelationId));
    }

    [Fact]
    public void Keep_ThatHasGrownTooLarge_ForgetsTheEarlierOne()
    {
        var job = Job();
        hot.Add(job);
        job.Description = new('x', 20_000);
        hot.Add(job);
        Assert.Null(hot.Get(job.CorrelationId));
    }

    /// <summary>20,000 rows of 16 KB would be 320 MB.</summary>
    [Fact]
    public void Keep_ManyLargeRows_BoundsBytes_OldestGoFirst()
    {
        var ids = new List<Guid>();
        for (var n = 0; n < 20_000; n++)
        {
            var job = Job();
            job.Kwargs = new('x', 8_000);
            hot.Add(job);
            ids.Add(job.CorrelationId);
        }

        var kept = ids.Count(x => hot.Get(x) is not null);
        Assert.InRange(kept, 3_000, 4_200);
        Assert.NotNull(hot.Get(ids[^1]));
        Assert.Null(hot.Get(ids[0]));
    }

    [Fact]
    public void Keep_ManySmallRows_BoundsTheirNumber()
    {
        var ids = Enumerable.Range(0, 25_000).Select(_ => Job()).Select(x =>
        {
            hot.Add(x);
            return x.CorrelationId;
        }).ToList();

        Assert.Equal(20_000, ids.Count(x => hot.Get(x) is not null));
    }

    static JobState Job() => new() { CorrelationId = Guid.CreateVersion7(), TaskName = "echo", QueueName = "default", Owner = "ann" };
}
