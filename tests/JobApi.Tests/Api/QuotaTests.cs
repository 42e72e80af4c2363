using System.Net;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tests.Access;
using JobSystem.Support;

namespace JobSystem.JobApi.Tests.Api;

public sealed class QuotaOnSqliteTests() : QuotaTests(servers: false);

public sealed class QuotaOnPostgresTests() : QuotaTests(servers: true)
{
    [Fact]
    public async Task Submit_ThroughAnotherInstance_IsCountedToo()
    {
        await using var other = await Api.Another();
        await other.As(Callers.Alice, HttpMethod.Post, "jobs", Idle);
        for (var i = 0; i < Most - 1; i++)
        {
            (await Api.As(Callers.Alice, HttpMethod.Post, "jobs", Idle)).Expect(HttpStatusCode.Created);
        }

        // What the other instance knew is a second old at most
        await Eventually.Holds(async () => (await other.As(Callers.Alice, HttpMethod.Post, "jobs/batch", $$"""{"jobs":[{{string.Join(',', Enumerable.Repeat(Idle, Most))}}]}""")).Text.Contains("has 5 waiting jobs", StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        (await other.As(Callers.Alice, HttpMethod.Post, "jobs", Idle)).Refused(HttpStatusCode.TooManyRequests, "quota_exceeded");
    }
}

/// <summary>How many jobs of one owner may wait, on both databases.</summary>
public abstract class QuotaTests(bool servers) : IAsyncLifetime
{
    protected const int Most = 5;
    protected const string Idle = """{"task_name":"echo","queue_name":"idle"}""";

    protected JobApiHost Api { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        (string, string?)[] settings = [.. Callers.Settings, ("JOBSYSTEM_QUOTA_QUEUED_JOBS", $"{Most}")];
        Api = servers ? await JobApiHost.StartOnServers(settings) : await JobApiHost.Start(settings);
    }

    public async Task DisposeAsync() => await Api.DisposeAsync();

    [Fact]
    public async Task Submit_BeyondTheQuota_Answers429UntilJobsAreGone()
    {
        var ids = new List<string>();
        for (var i = 0; i < Most; i++)
        {
            ids.Add((await Api.As(Callers.Alice, HttpMethod.Post, "jobs", Idle)).Expect(HttpStatusCode.Created).GetProperty("id").GetString()!);
        }

        foreach (var (path, json) in ((string, string)[])
            [("jobs", Idle), ("jobs/batch", $$"""{"jobs":[{{Idle}}]}"""), ("jobs/run-sync", """{"task_name":"echo"}"""), ($"jobs/{ids[0]}/clone", "{}"), ("/api/jobs/", """{"job_type":"echo","title":"x"}"""), ("/jobs", """{"task_name":"echo"}""")])
        {
            var refused = await Api.As(Callers.Alice, HttpMethod.Post, path, json);
            refused.Refused(HttpStatusCode.TooManyRequests, "quota_exceeded");
            Assert.Contains("\"alice\" has 5 waiting jobs", refused.Detail, StringComparison.Ordinal);
            Assert.NotNull(refused.Headers.RetryAfter);
        }
        (await Api.As(Callers.Bob, HttpMethod.Post, "jobs", Idle)).Expect(HttpStatusCode.Created);
        // What is wrong is said first, and managers are not limited
        (await Api.As(Callers.Alice, HttpMethod.Post, "jobs", """{"task_name":"nobody"}""")).Refused(HttpStatusCode.BadRequest, "task_not_found");
        await Task.WhenAll(Enumerable.Range(0, 2 * Most).Select(async _ => (await Api.As(Callers.Manager, HttpMethod.Post, "jobs", Idle)).Expect(HttpStatusCode.Created)));

        (await Api.As(Callers.Alice, HttpMethod.Post, $"jobs/{ids[0]}/cancel")).Expect(HttpStatusCode.OK);
        await Eventually.Holds(async () => (await Api.As(Callers.Alice, HttpMethod.Post, "jobs", Idle)).Status == HttpStatusCode.Created, TimeSpan.FromSeconds(10));
        (await Api.As(Callers.Alice, HttpMethod.Post, "jobs", Idle)).Refused(HttpStatusCode.TooManyRequests, "quota_exceeded");
    }

    /// <summary>What is on its way while the waiting jobs are counted anew is neither in the count nor forgotten.</summary>
    [Fact]
    public async Task Submit_WhileItIsCounted_LetsInNoMore()
    {
        await Task.WhenAll(Enumerable.Range(0, 60).Select(async n =>
        {
            var owner = Callers.Token($"owner-{n}");
            var created = 0;
            for (var i = 0; i < Most + 2; i++)
            {
                created += (await Api.As(owner, HttpMethod.Post, "jobs", Idle)).Status == HttpStatusCode.Created ? 1 : 0;
                await Task.Delay(i == Most - 2 ? 1100 : 0);
            }
            Assert.Equal(Most, created);
        }));
    }

    /// <summary>One instance lets in exactly as many, however many ask at once; a batch goes in whole or not at all.</summary>
    [Fact]
    public async Task Submit_ManyAtOnce_LetsInExactlyTheQuota()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Api.As(Callers.Alice, HttpMethod.Post, "jobs", Idle)));
        Assert.Equal(Most, answers.Count(x => x.Status == HttpStatusCode.Created));
        Assert.All(answers.Where(x => x.Status != HttpStatusCode.Created), x => x.Refused(HttpStatusCode.TooManyRequests, "quota_exceeded"));

        (await Api.As(Callers.Bob, HttpMethod.Post, "jobs/batch", $$"""{"jobs":[{{string.Join(',', Enumerable.Repeat(Idle, Most + 1))}}]}""")).Refused(HttpStatusCode.TooManyRequests, "quota_exceeded");
        (await Api.As(Callers.Bob, HttpMethod.Post, "jobs/batch", $$"""{"jobs":[{{string.Join(',', Enumerable.Repeat(Idle, Most))}}]}""")).Expect(HttpStatusCode.Created);
    }
}
