using System.CommandLine;
using System.Text.Json;
using JobSystem.Bench.Meters;
using JobSystem.Bench.Peers;
using JobSystem.Bench.Peers.Hosted;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Scenarios;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench;

/// <summary>The command line: one verb per figure.</summary>
public static class BenchCommands
{
    static readonly Option<string?> Env = new("--env") { Description = "stack.env of a running stack; without it the bench starts one of its own and takes it down" };
    static readonly Option<Uri?> Url = new("--url") { Description = "another gateway than the one in stack.env" };
    static readonly Option<string?> Data = new("--data") { Description = "folder for the stack that is started (default: a temporary one, removed afterwards)" };
    static readonly Option<string?> Json = new("--json") { Description = "also write the report as JSON to this file, or to standard output with -" };
    static readonly Option<int> Slots = Number("--slots", 8, "slots per executor of the stack that is started, by default as installed");
    static readonly Option<int> Executors = Number("--executors", 1, "executors of the stack that is started");
    static readonly Option<int> JobApis = Number("--jobapis", 1, "JobApi instances of the stack that is started");
    static readonly Option<int> Statements = Number("--statements", 0, "list so many of the costliest database statements");
    static readonly Option<int> Jobs = Number("--jobs", 20_000, "jobs per round");
    static readonly Option<int> Batch = Number("--batch", 500, "jobs per POST /api/v1/jobs/batch");
    static readonly Option<int> Submitters = Number("--submitters", 4, "batches under way at a time");
    static readonly Option<int> Connections = Number("--connections", 64, "connections for single POSTs");
    static readonly Option<int> Rounds = Number("--rounds", 5, "measured rounds; the median counts");
    static readonly Option<int> WarmUps = Number("--warm-ups", 2, "rounds before that");
    static readonly Option<int> Rate = Number("--rate", 100, "jobs per second of the open loop");
    static readonly Option<int> DashboardRate = Number("--rate", 500, "jobs per second while the pages are open");
    static readonly Option<int> Seconds = Number("--seconds", 30, "how long");
    static readonly Option<int> IdleSeconds = Number("--seconds", 60, "how long");
    static readonly Option<int> Pending = Number("--pending", 1_000_000, "jobs to put into the table");
    static readonly Option<int> Requests = Number("--requests", 100, "list requests per filter");
    static readonly Option<int> PeerJobs = Number("--peer-jobs", 1_000, "jobs per round of the slow peers");
    static readonly Option<int> ColdJobs = Number("--cold-jobs", 1_000, "jobs that count as the first after a start");
    static readonly Option<int> RawMessages = Number("--raw-messages", 30_000, "messages per round of raw MassTransit");
    static readonly Option<bool> PeersOnly = new("--peers-only") { Description = "leave JobSystem itself out" };
    static readonly Option<string?> Peers = PeersOption();
    static readonly Option<string?> Sketch = new("--sketch")
    {
        Description = "folder with the project of the sketch; without it the sketch is left out",
    };

    static readonly Option[] Load = [Jobs, Batch, Submitters, Rounds, WarmUps];

    public static RootCommand Root()
    {
        var root = new RootCommand("Measures JobSystem on a real stack: PostgreSQL, RabbitMQ, every service its own process, and this load generator, on one machine.")
        {
            Command("throughput", "jobs/s from first submission to last end, in batches and one by one", [.. Load, Connections],
                async (stack, options, ct) => { var t = new ThroughputScenario(stack, options); return [await t.Batches(ct), await t.Singles(ct)]; }),
            Command("latency", "submit to start and submit to end at a fixed rate", [Rate, Seconds],
                async (stack, options, ct) => [await new LatencyScenario(stack, options).Run(ct)]),
            Command("backlog", "throughput and list calls with a million pending jobs", [.. Load, Pending, Requests],
                (stack, options, ct) => new BacklogScenario(stack, options).Run(ct)),
            Command("lists", "each filter of the job list with a million jobs in all states", [Pending, Requests],
                (stack, options, ct) => new ListsScenario(stack, options).Run(ct)),
            Command("dashboard", "the dashboard's Home with a million jobs, and twenty open pages under load; needs Chromium", [Pending, Requests, DashboardRate, Seconds],
                (stack, options, ct) => new DashboardScenario(stack, options).Run(ct)),
            Command("transports", "a worker over HTTP and one on the broker in turns", [.. Load],
                async (stack, options, ct) => [await new TransportScenario(stack, options).Run(ct)]),
            Command("idle", "CPU of a stack without work", [IdleSeconds],
                async (stack, options, ct) => [await new IdleScenario(stack, options).Run(ct)]),
            Command("peers", "other job systems in turns with this one on the same servers",
                [.. Load, Connections, ColdJobs, PeerJobs, RawMessages, PeersOnly, Peers, Sketch],
                (stack, options, ct) => new PeersScenario(stack, options).Run(ct)),
            PeerProcess(),
        };
        foreach (var option in (Option[])[Env, Url, Data, Json, Slots, Executors, JobApis, Statements])
        {
            option.Recursive = true;
            root.Options.Add(option);
        }
        return root;
    }

    static Command Command(string name, string description, Option[] options, Func<BenchStack, BenchOptions, CancellationToken, Task<IReadOnlyList<Section>>> scenario)
    {
        var command = new Command(name, description);
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
        command.SetAction(async (parsed, ct) =>
        {
            try
            {
                await Run(name, Read(parsed, name), scenario, ct);
                return 0;
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return 130;
            }
        });
        return command;
    }

    /// <summary>What the bench starts for a peer that it measures; nobody calls it by hand.</summary>
    static Command PeerProcess()
    {
        var peer = new Argument<string>("peer");
        var command = new Command(PeerHost.Verb, "one peer, driven over standard input") { peer };
        command.Hidden = true;
        command.SetAction((parsed, ct) => PeerHost.Run(parsed.GetValue(peer)!, ct));
        return command;
    }

    static async Task Run(string name, BenchOptions options, Func<BenchStack, BenchOptions, CancellationToken, Task<IReadOnlyList<Section>>> scenario, CancellationToken ct)
    {
        var startedAt = TimeProvider.System.GetUtcNow();
        await using var stack = await BenchStack.Open(options, ct);
        var environment = await Surroundings.Environment(stack, options, ct);
        var sections = await scenario(stack, options, ct);
        // After the run: the broker's queues come into being with the first jobs.
        var report = new BenchReport(name, startedAt, environment, await Surroundings.Durability(stack.Env, ct), sections);
        ReportTable.Write(report, options.Json == "-" ? Console.Error : Console.Out);
        if (options.Json is { } file)
        {
            var json = JsonSerializer.Serialize(report, ReportJson.Default.BenchReport);
            await (file == "-" ? Console.Out.WriteLineAsync(json) : File.WriteAllTextAsync(file, json, ct));
        }
    }

    static BenchOptions Read(ParseResult parsed, string name) => new()
    {
        EnvFile = parsed.GetValue(Env),
        Url = parsed.GetValue(Url),
        Data = parsed.GetValue(Data),
        Json = parsed.GetValue(Json),
        Slots = parsed.GetValue(Slots),
        Executors = parsed.GetValue(Executors),
        JobApis = parsed.GetValue(JobApis),
        Statements = parsed.GetValue(Statements),
        Jobs = parsed.GetValue(Jobs),
        Batch = parsed.GetValue(Batch),
        Submitters = parsed.GetValue(Submitters),
        Connections = parsed.GetValue(Connections),
        Rounds = parsed.GetValue(Rounds),
        WarmUps = parsed.GetValue(WarmUps),
        Rate = parsed.GetValue(name == "dashboard" ? DashboardRate : Rate),
        Seconds = parsed.GetValue(name == "idle" ? IdleSeconds : Seconds),
        Pending = parsed.GetValue(Pending),
        Requests = parsed.GetValue(Requests),
        PeerJobs = parsed.GetValue(PeerJobs),
        RawMessages = parsed.GetValue(RawMessages),
        PeersOnly = parsed.GetValue(PeersOnly),
        Peers = parsed.GetValue(Peers),
        Sketch = parsed.GetValue(Sketch),
        ColdJobs = parsed.GetValue(ColdJobs),
    };

    static Option<string?> PeersOption()
    {
        var option = new Option<string?>("--peers")
        {
            Description = "only these, separated by commas: " + string.Join(", ", Contenders.PeerNames),
        };
        option.Validators.Add(result =>
        {
            var names = (result.GetValueOrDefault<string?>() ?? "").Split(',', StringSplitOptions.TrimEntries);
            foreach (var name in names.Except(Contenders.PeerNames))
            {
                result.AddError($"--peers takes {string.Join(", ", Contenders.PeerNames)}, not '{name}'");
            }
        });
        return option;
    }

    static Option<int> Number(string name, int standard, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 0)
            {
                result.AddError($"{name} has to be positive");
            }
        });
        return option;
    }
}
