using System.Globalization;
using JobSystem.Bench.Peers.Hosted;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Peers;

/// <summary>Who takes part, in the order of their turns: what comes without settings first, then what is tuned.</summary>
public sealed class Contenders(BenchStack stack, BenchOptions options)
{
    const int NodeConcurrency = 20;

    /// <summary>The names of the peers that <c>--peers</c> takes.</summary>
    public static readonly string[] PeerNames = ["sketch", "hangfire", "quartz", "bullmq", "graphile-worker", "masstransit"];

    /// <summary>Those that <c>--peers</c> names, or all; JobSystem is always one unless <c>--peers-only</c>.</summary>
    public List<IContender> Selected()
    {
        var wanted = options.Peers?.Split(',', StringSplitOptions.TrimEntries) ?? PeerNames;
        return [.. All().Where(c => c is JobSystemContender ? !options.PeersOnly : wanted.Contains(c.Name))];
    }

    IEnumerable<IContender> All() =>
    [
        new JobSystemContender(stack, options, Setting.AsItComes, isOneByOne: false),
        Program(Hangfire(Setting.AsItComes, PeerHost.Hangfire, HangfireSettings.Defaults)),
        Program(Quartz(Setting.AsItComes, PeerHost.Quartz, QuartzSettings.Defaults)),
        Program(BullMq(Setting.AsItComes, null)),
        Program(GraphileWorker(Setting.AsItComes, null)),
        new JobSystemContender(stack, options, Setting.Tuned, isOneByOne: false),
        new JobSystemContender(stack, options, Setting.Tuned, isOneByOne: true),
        new SketchContender(stack, options),
        Program(Hangfire(Setting.Tuned, PeerHost.HangfireTuned, HangfireSettings.Tuned)),
        Program(Quartz(Setting.Tuned, PeerHost.QuartzTuned, QuartzSettings.Tuned)),
        Program(BullMq(Setting.Tuned, NodeConcurrency)),
        Program(GraphileWorker(Setting.Tuned, NodeConcurrency)),
        Program(MassTransit()),
    ];

    ProgramContender Program(PeerProgram peer) => new(stack, options, peer);

    PeerProgram Hangfire(Setting setting, string process, HangfireSettings settings) =>
        new("hangfire", "Hangfire.PostgreSql", setting, options.PeerJobs)
        {
            Conditions = settings.Describe(),
            Program = Hosted(process),
            NeedsDatabase = true,
        };

    PeerProgram Quartz(Setting setting, string process, QuartzSettings settings) =>
        new("quartz", "Quartz.NET", setting, options.PeerJobs)
        {
            Conditions = settings.Describe(),
            Program = Hosted(process),
            NeedsDatabase = true,
        };

    PeerProgram BullMq(Setting setting, int? concurrency) => new("bullmq", "BullMQ on Redis", setting, options.Jobs)
    {
        Conditions = $"concurrency {concurrency ?? 1}, append-only file flushed every second (a crash may lose the last second); "
            + "addBulk of 500, 4 at a time; ended at its event completed, result kept",
        Program = NodePackages.Script("bullmq", Concurrency(concurrency)),
        Tools = ["node", "npm", "redis-server"],
        Install = NodePackages.Install,
        NeedsRedis = true,
    };

    PeerProgram GraphileWorker(Setting setting, int? concurrency) =>
        new("graphile-worker", "graphile-worker", setting, concurrency is null ? options.PeerJobs : options.Jobs)
        {
            Conditions = $"concurrency {concurrency ?? 1}; addJobs of 500, 4 at a time; ended when it has deleted the job, no result kept",
            Program = NodePackages.Script("graphile-worker", Concurrency(concurrency)),
            Tools = ["node", "npm"],
            Install = NodePackages.Install,
            NeedsDatabase = true,
        };

    PeerProgram MassTransit() => new("masstransit", "MassTransit, messages only", Setting.Tuned, options.RawMessages)
    {
        Conditions = MassTransitPeer.Describe(),
        Program = Hosted(PeerHost.MassTransit),
        Leftovers = new BrokerLeftovers([MassTransitPeer.Queue], [MassTransitPeer.Queue, MassTransitPeer.Exchange]),
    };

    static ProgramToRun Hosted(string peer) => new(Environment.ProcessPath!, [PeerHost.Verb, peer]);

    static string Concurrency(int? concurrency) => concurrency?.ToString(CultureInfo.InvariantCulture) ?? "";
}
