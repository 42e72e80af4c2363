using System.Globalization;
using System.Text;
using JobSystem.Bench.Load;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;
using JobSystem.Worker;

namespace JobSystem.Bench.Scenarios;

/// <summary>
/// One worker on the broker and one over HTTP through the gateway, with the same task and as many slots, in turns: each has a queue of its own.
/// </summary>
public sealed class TransportScenario(BenchStack stack, BenchOptions options)
{
    const string TaskName = "bench_echo";
    const int Singles = 200;
    static readonly Floor Ratio = Floor.Min(0.6);
    static readonly Floor Later = Floor.Max(10);

    public async Task<Section> Run(CancellationToken ct)
    {
        Console.Error.WriteLine($"transports: {options.Jobs} jobs a turn");
        using var client = new JobsClient(stack.Env, options.Submitters);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task[] workers =
        [
            Worker("bus", stop.Token, "JOBSYSTEM_RABBITMQ", new UriBuilder(stack.Env.RabbitMq) { UserName = "executor" }.Uri.ToString()),
            Worker("http", stop.Token, "JOBSYSTEM_URL", stack.Env.Url.ToString(), "JOBSYSTEM_API_KEY", stack.Env.AdminKey),
        ];
        await Announced(client, ct);
        var (bus, http) = (new List<double>(), new List<double>());
        for (var round = 0; round < options.WarmUps + options.Rounds; round++)
        {
            var (one, other) = (await Turn(client, "bus", ct), await Turn(client, "http", ct));
            Console.Error.WriteLine($"  {(round < options.WarmUps ? "warm-up" : "round")}: broker {one:F0}, HTTP {other:F0} jobs/s");
            if (round >= options.WarmUps)
            {
                bus.Add(one);
                http.Add(other);
            }
        }
        var (waitsBus, waitsHttp) = (await Waits(client, "bus", ct), await Waits(client, "http", ct));
        await stop.CancelAsync();
        await Task.WhenAll(workers);
        var ratios = http.Zip(bus, (x, y) => x / y).ToList();
        return new Section(
            $"a worker over HTTP and one on the broker in turns, {options.Slots} slots each, {options.Jobs} jobs a turn in batches of {options.Batch}")
            .Add("http_to_broker", "HTTP : broker, median of the rounds' ratios", Percentiles.Median(ratios), "", Ratio, Range(ratios))
            .Add("broker_jobs_per_second", "jobs/s on the broker, median", Percentiles.Median(bus), "jobs/s", null, Range(bus))
            .Add("http_jobs_per_second", "jobs/s over HTTP, median", Percentiles.Median(http), "jobs/s", null, Range(http))
            .Add("broker_wait_ms", "created to started, one at a time, on the broker, p50", waitsBus, "ms")
            .Add("http_wait_ms", "created to started, one at a time, over HTTP, p50", waitsHttp, "ms")
            .Add("http_later_ms", "over HTTP later by", waitsHttp - waitsBus, "ms", Later);
    }

    /// <summary>Runs until the token is cancelled, in this process: an idle worker costs nothing of note.</summary>
    async Task Worker(string queue, CancellationToken ct, params string[] settings)
    {
        var slots = options.Slots.ToString(CultureInfo.InvariantCulture);
        var all = settings.Concat(["JOBSYSTEM_QUEUES", queue, "JOBSYSTEM_WORKER_NAME", $"bench-{queue}", "JOBSYSTEM_SLOTS", slots]);
        var builder = JobWorker.CreateBuilder([.. all.Chunk(2).Select(x => $"--{x[0]}={x[1]}")]);
        if (queue == "bus")
        {
            builder.UseRabbitMq();
        }
        builder.MapTask(TaskName, (string text) => Task.FromResult(text));
        await builder.Build().RunAsync(ct);
    }

    static async Task Announced(JobsClient client, CancellationToken ct)
    {
        for (var found = 0; found < 2; await Task.Delay(200, ct))
        {
            using var workers = await client.Get("/api/v1/workers", ct);
            found = workers.RootElement.GetProperty("items").EnumerateArray()
                .Count(x => x.GetProperty("name").GetString()!.StartsWith("bench-", StringComparison.Ordinal));
        }
        await Task.Delay(2000, ct);
    }

    async Task<double> Turn(JobsClient client, string queue, CancellationToken ct)
    {
        var bodies = Enumerable.Repeat(Job(queue), options.Jobs).Chunk(options.Batch)
            .Select(x => Encoding.UTF8.GetBytes($$"""{"jobs":[{{string.Join(',', x)}}]}""")).ToList();
        var start = TimeProvider.System.GetTimestamp();
        await Parallel.ForEachAsync(bodies, new ParallelOptions { MaxDegreeOfParallelism = options.Submitters, CancellationToken = ct },
            async (body, token) => await client.Post("/api/v1/jobs/batch", body, token));
        while (await client.Count($"queue_name={queue}&status=pending&status=reserved&status=running&status=retrying", ct) > 0)
        {
            await Task.Delay(20, ct);
        }
        return options.Jobs / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    static async Task<double> Waits(JobsClient client, string queue, CancellationToken ct)
    {
        var body = Encoding.UTF8.GetBytes(Job(queue));
        var waits = new List<double>();
        for (var i = 0; i < Singles; i++)
        {
            var id = EchoJobs.IdOfJob(await client.Post("/api/v1/jobs", body, ct));
            using var ended = await client.Get($"/api/v1/jobs/{id}/wait?timeout=30", ct);
            var job = ended.RootElement;
            waits.Add((job.GetProperty("started_at").GetDateTimeOffset() - job.GetProperty("created_at").GetDateTimeOffset()).TotalMilliseconds);
        }
        return Percentiles.Median(waits);
    }

    static string Job(string queue) => $$"""{"task_name":"{{TaskName}}","args":["hello"],"queue_name":"{{queue}}"}""";

    static string Range(List<double> values) => $"{values.Min():0.##} to {values.Max():0.##}";
}
