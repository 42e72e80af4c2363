using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;
using JobSystem.Support;
using Npgsql;
using Xunit.Abstractions;

namespace JobSystem.Journeys.Monitoring;

[Collection(Stack.Name)]
public sealed class When_monitoring_dies(SharedStack stack, ITestOutputHelper output) : Journey(stack)
{
    const string Victim = "monitoring-1";
    const int Batch = 500;
    const string Later = "later";

    /// <summary>What the history counts, and the step of a job that it counts.</summary>
    static readonly (string Count, string Step)[] counted =
    [
        ("submitted", "created"), ("started", "running"), ("completed", "completed"), ("failed", "failed"), ("timeout", "timeout"), ("retried", "retrying"), ("cancelled", "cancelled"), ("rescued", "lease_lost"),
    ];

    readonly SharedStack stack = stack;

    /// <summary>10,000 jobs that complete, fail, are tried again, cancelled and retried by hand, while Monitoring is killed and comes back: its figures are those of the table and of what really ran.</summary>
    [Fact]
    public async Task Should_show_what_the_table_and_the_ledger_have()
    {
        var queue = Deployment.Label("mixed")[^32..];
        for (var batch = 0; batch < 20; batch++)
        {
            await stack.Client.SubmitBatch([.. Enumerable.Range(batch * Batch, Batch).Select(n => NextJob(queue, n))]);
            await (batch switch { 7 => stack.Kill(Victim), 14 => stack.Start(Victim), _ => Task.CompletedTask });
        }
        await Bulk("cancel", new { filter = new { tags = new[] { Later }, queue_name = queue } });
        await Quiet(queue);
        await Bulk("retry", new { filter = new { queue_name = queue, status = new[] { "failed" } } });
        await Quiet(queue);
        await stack.Ready(Victim);

        var totals = new JsonElement();
        await Eventually.Passes(async () =>
        {
            totals = (await Get($"api/v1/history?queue_name={queue}")).GetProperty("totals");
            Assert.Equal(20 * Batch, totals.GetProperty("submitted").GetInt32());
            foreach (var (count, step) in counted)
            {
                Assert.Equal($"{count} {await Steps(queue, step)}", $"{count} {totals.GetProperty(count).GetInt64()}");
            }
        }, TimeSpan.FromSeconds(20));
        output.WriteLine(totals.GetRawText());
        Assert.Equal(stack.Ledger.All.Count(x => x.Label.StartsWith(queue, StringComparison.Ordinal)), totals.GetProperty("started").GetInt32());
        Assert.Equal((6000 + 1000, 2000, 1000), (await Jobs(queue, "completed"), await Jobs(queue, "failed"), await Jobs(queue, "cancelled")));
        Assert.Equal(2000, (await Get($"api/v1/failures?queue_name={queue}")).GetProperty("items").EnumerateArray().Sum(x => x.GetProperty("count").GetInt64()));
        // Statistics are kept for some seconds
        await Eventually.Passes(async () =>
        {
            var shown = (await Get("api/v1/jobs/stats")).GetProperty("by_queue").GetProperty(queue);
            Assert.Equal((10_000, 0), (shown.GetProperty("total_jobs").GetInt32(), shown.GetProperty("pending_jobs").GetInt32()));
        }, TimeSpan.FromSeconds(30));
    }

    [Fact]
    [Trait(Length.Name, Length.Long)]
    public async Task Should_neither_slow_jobs_nor_stop_them()
    {
        const int Pairs = 4;
        var (with, without) = (new List<TimeSpan>(), new List<TimeSpan>());
        await Time();
        for (var pair = 0; pair < Pairs; pair++)
        {
            with.Add(await Time());
            await stack.Kill(Victim);
            without.Add(await Time());
            await stack.Start(Victim);
            await stack.Ready(Victim);
        }
        output.WriteLine($"2,000 jobs with Monitoring {string.Join(", ", with.Select(Seconds))} s, without {string.Join(", ", without.Select(Seconds))} s");
        Assert.True(without.Order().ElementAt(Pairs / 2) <= 1.25 * with.Order().ElementAt(Pairs / 2), "without Monitoring jobs are slower");
    }

    static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("F2", CultureInfo.InvariantCulture);

    async Task<TimeSpan> Time()
    {
        var queue = Deployment.Label("timed")[^32..];
        var clock = Stopwatch.StartNew();
        for (var batch = 0; batch < 4; batch++)
        {
            await stack.Client.SubmitBatch([.. Enumerable.Range(0, Batch).Select(n => JobRequest.Echo(n) with { QueueName = queue })]);
        }
        await Quiet(queue);
        Assert.Equal(4 * Batch, await Jobs(queue, "completed"));
        return clock.Elapsed;
    }

    JobRequest NextJob(string queue, int number)
    {
        var label = $"{queue}-{number}";
        var job = (number % 10) switch
        {
            < 6 => JobRequest.Call(stack.Ledger.Url(label)),
            < 8 => JobRequest.Call(stack.Ledger.Url(label, 0, 500)) with { MaxRetries = 1, RetryDelay = 0.5 },
            8 => JobRequest.Call(stack.Ledger.Url(label, 0, 500, 200)) with { MaxRetries = 2, RetryDelay = 0.5 },
            _ => JobRequest.Echo(number) with { Delay = 3600, Tags = [Later] },
        };
        return job with { QueueName = queue };
    }

    Task Quiet(string queue) => Eventually.Passes(async () =>
        Assert.Equal(0, (await stack.Client.List($"queue_name={queue}&status=pending&status=reserved&status=running&status=retrying&limit=1")).Total), TimeSpan.FromMinutes(3));

    Task<long> Jobs(string queue, string state) => Sql("select count(*) from jobs where queue_name = $1 and state = $2", queue, state);

    /// <summary>How often a step stands in the histories of the table.</summary>
    Task<long> Steps(string queue, string step) =>
        Sql("select coalesce(sum((length(history) - length(replace(history, $2, ''))) / length($2)), 0)::bigint from jobs where queue_name = $1", queue, $"\"event\":\"{step}\"");

    async Task<long> Sql(string query, params string[] parameters)
    {
        var server = new Uri(stack["JOBSYSTEM_POSTGRES"]);
        var login = server.UserInfo.Split(':');
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder { Host = server.Host, Port = server.Port, Username = login[0], Password = login[1], Database = server.AbsolutePath.Trim('/') });
        await using var command = source.CreateCommand(query);
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }
        return (long)(await command.ExecuteScalarAsync())!;
    }

    async Task Bulk(string verb, object what)
    {
        bool finished;
        do
        {
            using var answer = await stack.Client.Raw(HttpMethod.Post, $"api/v1/jobs/bulk/{verb}", what);
            finished = (await JobsClient.Read<JsonElement>(answer, verb)).GetProperty("finished").GetBoolean();
        }
        while (!finished);
    }

    async Task<JsonElement> Get(string path)
    {
        using var answer = await stack.Client.Raw(HttpMethod.Get, path);
        return await JobsClient.Read<JsonElement>(answer, path);
    }
}
