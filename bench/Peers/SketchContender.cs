using System.Globalization;
using JobSystem.Bench.Meters;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Peers;

/// <summary>
/// The sketch of the hot path: one process that plays API, lifecycle and executor on the same servers. It lies outside the repository, is
/// built into the data folder, and runs eight rounds of one size by itself, so the first jobs and the warm round take a process each.
/// </summary>
public sealed class SketchContender(BenchStack stack, BenchOptions options) : IContender
{
    const int SketchRounds = 8;
    const int Slots = 200;
    const int Attempts = 3;
    const string Inbox = "sketch-inbox";

    static readonly TimeSpan patience = TimeSpan.FromSeconds(60);
    static readonly string[] queues = ["sketch-lifecycle", "sketch-jobs"];
    static readonly BrokerLeftovers leftovers = new([.. queues, Inbox], [.. queues, Inbox]);

    string program = "";

    public string Name => "sketch";
    public string Title => "sketch BatchedLifecycle";
    public Setting Setting => Setting.Tuned;
    public int Jobs => options.Jobs;

    public string Conditions => $"one process without API, history and results, {Slots} slots; inserted one by one by 200 tasks; "
        + "ended when its state machine has handled the end, before that commits";

    public async Task<string?> Prepare(CancellationToken ct)
    {
        if (options.WarmUps + 2 > SketchRounds)
        {
            return $"it runs {SketchRounds} rounds, so at most {SketchRounds - 2} --warm-ups";
        }
        if (options.Sketch is not { } folder)
        {
            return "--sketch DIR tells where its project is";
        }
        var projects = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.csproj") : [];
        if (projects.Length != 1)
        {
            return $"there is no project of the sketch in {folder} (--sketch DIR)";
        }
        return await Build(projects[0], ct);
    }

    public async Task<Turn> Run(CancellationToken ct)
    {
        await using var database = await PeerDatabase.Create(stack.Env, Name, ct);
        await using var meter = await TurnMeter.Begin(stack.Env, database.ConnectionString, ct);
        try
        {
            var (cold, _) = await Round(database, options.ColdJobs, 1, ct);
            var (warm, cpu) = await Round(database, Jobs, options.WarmUps + 2, ct);
            return new Turn(cold, warm, await meter.End(options.ColdJobs + (options.WarmUps + 2) * Jobs, cpu, ct));
        }
        finally
        {
            await leftovers.Remove(stack.Env);
        }
    }

    async Task<string?> Build(string project, CancellationToken ct)
    {
        var (name, output) = (Path.GetFileNameWithoutExtension(project), Path.Combine(stack.Folder, "sketch"));
        try
        {
            string[] arguments = ["build", project, "-c", "Release", "-nologo", "-v", "q", "--artifacts-path", output];
            await Programs.Run("dotnet", arguments, stack.Folder, ct);
        }
        catch (InvalidOperationException failed)
        {
            return failed.Message;
        }
        program = Path.Combine(output, "bin", name, "release", name + ".dll");
        return File.Exists(program) ? null : $"its build has not made {name}.dll";
    }

    /// <summary>
    /// The figure of the round with that number, counted from 1. The sketch answers claims as soon as one of its consumers runs, and an
    /// answer that comes before its inbox exists is lost, so that no round ever ends; then it is started again.
    /// </summary>
    async Task<(double JobsPerSecond, double CpuMsPerJob)> Round(PeerDatabase database, int jobs, int number, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(patience * number);
            try
            {
                return await Start(database, jobs, number, limit.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                Console.Error.WriteLine($"  the sketch did not end its round within {patience.TotalSeconds} s");
                if (attempt == Attempts)
                {
                    throw new TimeoutException($"it did not end its round in {Attempts} attempts");
                }
            }
        }
    }

    /// <summary>Starts the sketch, returns the figure of one of its rounds, and ends it.</summary>
    async Task<(double JobsPerSecond, double CpuMsPerJob)> Start(PeerDatabase database, int jobs, int number, CancellationToken ct)
    {
        await DeclareQueues(ct);
        string[] arguments =
        [
            program, database.ConnectionString, stack.Env.RabbitMq.ToString(),
            jobs.ToString(CultureInfo.InvariantCulture), Slots.ToString(CultureInfo.InvariantCulture),
        ];
        await using var process = PeerProcess.Start(new ProgramToRun("dotnet", arguments));
        try
        {
            for (var i = 1; i < number; i++)
            {
                await Figure(process, ct);
            }
            return await TurnMeter.Warm(jobs, () => Figure(process, ct));
        }
        finally
        {
            await process.Kill();
        }
    }

    /// <summary>
    /// Declares the queues just as the sketch does itself. It begins to send before its own declarations are through, and what is sent to
    /// an exchange without a queue is lost, so that its first round would never end. Its inbox is exclusive, so only it can declare that.
    /// </summary>
    async Task DeclareQueues(CancellationToken ct)
    {
        await leftovers.Remove(stack.Env);
        using var broker = new BrokerMeter(stack.Env);
        var vhost = BrokerLeftovers.VirtualHost(stack.Env);
        while (await broker.Exists($"/api/queues/{vhost}/{Inbox}", ct))
        {
            // the broker has not noticed yet that the process before has ended
            await Task.Delay(100, ct);
        }
        foreach (var name in queues)
        {
            var arguments = name == "sketch-jobs" ? "{\"x-max-priority\":4}" : "{}";
            await broker.Declare(HttpMethod.Put, $"/api/exchanges/{vhost}/{name}", """{"type":"fanout","durable":true}""", ct);
            await broker.Declare(HttpMethod.Put, $"/api/queues/{vhost}/{name}", $$"""{"durable":true,"arguments":{{arguments}}}""", ct);
            await broker.Declare(HttpMethod.Post, $"/api/bindings/{vhost}/e/{name}/q/{name}", """{"routing_key":"","arguments":{}}""", ct);
        }
    }

    /// <summary>The next line that begins like <c>2500 jobs/s</c>.</summary>
    static async Task<double> Figure(PeerProcess process, CancellationToken ct)
    {
        while (true)
        {
            var words = (await process.ReadLine(ct)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is [var figure, "jobs/s", ..])
            {
                return double.Parse(figure, CultureInfo.InvariantCulture);
            }
        }
    }
}
