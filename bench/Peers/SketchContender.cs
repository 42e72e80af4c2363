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
    /// <summary>Relative to the repository.</summary>
    const string DefaultFolder = "../shared/reference/BatchedLifecycle";
    const int SketchRounds = 8;
    const int Slots = 200;

    static readonly string[] queues = ["sketch-lifecycle", "sketch-jobs", "sketch-inbox"];
    static readonly BrokerLeftovers leftovers = new(queues, queues);

    string program = "";

    public string Name => "sketch";
    public string Title => "sketch BatchedLifecycle";
    public Setting Setting => Setting.Tuned;
    public int Jobs => options.Jobs;

    public string Conditions => $"one process without API, history and results, {Slots} slots; inserted one by one by 200 tasks; "
        + "ended when its state machine has handled the end, before that commits";

    string Folder => Path.GetFullPath(options.Sketch ?? Path.Combine(BenchStack.RepositoryRoot(), DefaultFolder));

    public async Task<string?> Prepare(CancellationToken ct)
    {
        if (options.WarmUps + 2 > SketchRounds)
        {
            return $"it runs {SketchRounds} rounds, so at most {SketchRounds - 2} --warm-ups";
        }
        var projects = Directory.Exists(Folder) ? Directory.GetFiles(Folder, "*.csproj") : [];
        if (projects.Length != 1)
        {
            return $"there is no project of the sketch in {options.Sketch ?? DefaultFolder} (--sketch DIR)";
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

    /// <summary>Starts the sketch, returns the figure of its round with that number, counted from 1, and ends it.</summary>
    async Task<(double JobsPerSecond, double CpuMsPerJob)> Round(PeerDatabase database, int jobs, int number, CancellationToken ct)
    {
        await DeclareQueues(ct);
        string[] arguments =
        [
            program, database.ConnectionString, stack.Env.RabbitMq.ToString(),
            jobs.ToString(CultureInfo.InvariantCulture), Slots.ToString(CultureInfo.InvariantCulture),
        ];
        await using var process = PeerProcess.Start(new ProgramToRun("dotnet", arguments));
        for (var i = 1; i < number; i++)
        {
            await Figure(process, ct);
        }
        var (speed, cpu) = await TurnMeter.Warm(jobs, () => Figure(process, ct));
        await process.Kill();
        return (speed, cpu);
    }

    /// <summary>
    /// Declares the queues just as the sketch does itself. It begins to send before its own declarations are through, and what is sent to
    /// an exchange without a queue is lost, so that its first round would never end.
    /// </summary>
    async Task DeclareQueues(CancellationToken ct)
    {
        await leftovers.Remove(stack.Env);
        using var broker = new BrokerMeter(stack.Env);
        var vhost = BrokerLeftovers.VirtualHost(stack.Env);
        foreach (var name in queues)
        {
            var kept = name == "sketch-inbox" ? "\"durable\":false,\"auto_delete\":true" : "\"durable\":true,\"auto_delete\":false";
            var arguments = name == "sketch-jobs" ? "{\"x-max-priority\":4}" : "{}";
            await broker.Declare(HttpMethod.Put, $"/api/exchanges/{vhost}/{name}", $$"""{"type":"fanout",{{kept}}}""", ct);
            await broker.Declare(HttpMethod.Put, $"/api/queues/{vhost}/{name}", $$"""{{{kept}},"arguments":{{arguments}}}""", ct);
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
