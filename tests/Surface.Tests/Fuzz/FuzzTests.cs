using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using CsCheck;
using JobSystem.Support;
using Xunit.Abstractions;

namespace JobSystem.Surface.Tests.Fuzz;

/// <summary>Requests made from the document, right, at the limits and wrong, on whatever earlier ones have left.</summary>
public abstract class FuzzTests(SurfaceHost host, ITestOutputHelper output)
{
    /// <summary>None takes so long on a machine that has nothing else to do.</summary>
    static readonly TimeSpan slow = TimeSpan.FromSeconds(2);

    static readonly TimeSpan longest = TimeSpan.FromSeconds(10);
    readonly ConcurrentQueue<string> late = [];

    /// <summary>What earlier calls have left (a paused queue, a schedule that is gone) may keep a few operations from ever succeeding.</summary>
    const int FewRefused = 8;

    protected abstract int Requests { get; }

    [Fact]
    public async Task Requests_FromTheDocument_AreAnsweredAsDescribed()
    {
        var known = await Known.Of(host);
        var statuses = new ConcurrentDictionary<(string Operation, int Status), int>();
        await new Calls(host.Spec, known).Any.SampleAsync(async call =>
        {
            var answer = await Check(call);
            statuses.AddOrUpdate((call.Operation.Id, answer.Status), 1, (_, count) => count + 1);
            if (answer is { Status: 201, Location: { } location })
            {
                known.Learn(location.ToString());
            }
        }, iter: Requests, threads: 4);
        Report(statuses);
        Assert.True(late.Count <= Requests / 1000, string.Join('\n', late));
        var refused = statuses.GroupBy(x => x.Key.Operation).Where(x => x.All(y => y.Key.Status >= 300)).Select(x => x.Key).ToList();
        Assert.True(refused.Count <= FewRefused, $"never succeeded, so that only refusals were tested: {string.Join(", ", refused)}");
    }

    [Fact]
    public async Task Lists_WithInjections_RefuseOrAnswer()
    {
        var known = await Known.Of(host);
        await new Calls(host.Spec, known).Lists.SampleAsync(async call =>
        {
            var answer = await Check(call);
            Assert.True(answer.Status is 200 or 400 or 404, $"{call}: {answer.Status} {answer.Json}");
        }, iter: Requests / 5, threads: 4);
    }

    [Fact]
    public async Task WorkerRequests_FromTheDocument_AreAnsweredAsDescribed()
    {
        var known = await Known.Of(host);
        known.Add("session_id", await host.Make("session"));
        var statuses = new ConcurrentDictionary<(string Operation, int Status), int>();
        await new Calls(host.Spec, known).Worker.SampleAsync(async call =>
        {
            var answer = await Check(call);
            statuses.AddOrUpdate((call.Operation.Id, answer.Status), 1, (_, count) => count + 1);
            if (answer is { Status: 201, Location: { } location })
            {
                known.Learn(location.ToString());
            }
        }, iter: Requests / 2, threads: 4);
        Report(statuses);
        await host.EndSessions();
        Assert.Equal(["ClaimAttempts", "CreateWorkerSession", "EndWorkerSession", "ReportAttempts", "SendHeartbeat"],
            statuses.Keys.Where(x => x.Status < 300).Select(x => x.Operation).Distinct().Order());
    }

    async Task<Answer> Check(Call call)
    {
        var clock = Stopwatch.StartNew();
        using var request = call.Request();
        Answer answer;
        try
        {
            answer = await host.Send(request, call.Stranger);
        }
        catch (JsonException error)
        {
            throw new InvalidOperationException($"{call}: the answer is not JSON: {error.Message}", error);
        }
        Assert.True(clock.Elapsed < longest, $"{call}: took {clock.Elapsed}");
        // A pause waits for what was reserved before; the sessions of another test may have left jobs that nobody starts
        if (clock.Elapsed > slow && !call.Operation.Id.Contains("Pause", StringComparison.Ordinal))
        {
            late.Enqueue($"{call}: took {clock.Elapsed}");
        }
        Assert.True(answer.Status < 500 || (answer.Status == 504 && call.Operation.Node["responses"]!["504"] is not null), $"{call}: {answer.Status} {answer.Json}");
        Assert.True(!call.Stranger || answer.Status == 401, $"{call}: a stranger got {answer.Status}");
        var fault = host.Spec.Fault(call.Operation, answer.Status, answer.ContentType, answer.Json);
        Assert.True(fault is null, $"{call}: {fault}\n{answer.Status} {answer.Json}");
        return answer;
    }

    void Report(ConcurrentDictionary<(string Operation, int Status), int> statuses)
    {
        foreach (var operation in statuses.GroupBy(x => x.Key.Operation).OrderBy(x => x.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{operation.Key}: {string.Join(", ", operation.OrderBy(x => x.Key.Status).Select(x => $"{x.Key.Status} × {x.Value}"))}");
        }
    }
}

public sealed class SqliteFuzzTests(SurfaceHost host, ITestOutputHelper output) : FuzzTests(host, output), IClassFixture<SurfaceHost>
{
    protected override int Requests => 2_000;
}

public sealed class PostgresFuzzTests(PostgresFuzzTests.Host host, ITestOutputHelper output) : FuzzTests(host, output), IClassFixture<PostgresFuzzTests.Host>
{
    protected override int Requests => 5_000;

    /// <summary>
    /// The same system on PostgreSQL. Its log must not know of a statement that failed, but for ids and keys that are taken: the insert finds that out.
    /// </summary>
    public sealed class Host : SurfaceHost
    {
        static readonly string[] taken = ["pk_jobs", "ux_jobs_idempotency_key"];
        PostgresServer server = null!;
        int atStart;

        public override async Task InitializeAsync()
        {
            await base.InitializeAsync();
            // a first migration asks for tables that are not there
            atStart = (await server.Log()).Length;
        }

        protected override async Task<Dictionary<string, string?>> Settings()
        {
            server = await PostgresServer.StartPrivate();
            return new() { ["JOBSYSTEM_POSTGRES"] = (await server.CreateDatabase()).Url };
        }

        public override async Task DisposeAsync()
        {
            await base.DisposeAsync();
            var errors = (await server.Log())[atStart..].Split('\n')
                .Where(x => x.Contains("ERROR:", StringComparison.Ordinal) && !taken.Any(name => x.EndsWith($"duplicate key value violates unique constraint \"{name}\"", StringComparison.Ordinal)))
                .ToList();
            await server.DisposeAsync();
            Assert.True(errors.Count == 0, string.Join('\n', errors.Take(20)));
        }
    }
}
