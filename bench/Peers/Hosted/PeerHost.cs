using System.Globalization;

namespace JobSystem.Bench.Peers.Hosted;

/// <summary>A .NET peer inside the process that the bench starts for it.</summary>
public interface IHostedPeer : IAsyncDisposable
{
    /// <summary>Hands in so many jobs and returns how long it took until the end of each is recorded.</summary>
    Task<TimeSpan> Round(int jobs, CancellationToken ct);
}

/// <summary>The other end of <see cref="PeerProcess"/>: starts one peer and runs the rounds that standard input asks for.</summary>
public static class PeerHost
{
    public const string Verb = "peer-process";
    public const string Hangfire = "hangfire";
    public const string HangfireTuned = "hangfire-tuned";
    public const string Quartz = "quartz";
    public const string QuartzTuned = "quartz-tuned";
    public const string MassTransit = "masstransit";

    public static async Task Run(string peer, CancellationToken ct)
    {
        await using var hosted = await Start(peer, ct);
        Console.Out.WriteLine("ready");
        while (await Console.In.ReadLineAsync(ct) is { } line)
        {
            var jobs = int.Parse(line["round ".Length..], CultureInfo.InvariantCulture);
            var elapsed = await hosted.Round(jobs, ct);
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"done {elapsed.TotalSeconds}"));
        }
    }

    static async Task<IHostedPeer> Start(string peer, CancellationToken ct) => peer switch
    {
        Hangfire => HangfirePeer.Start(HangfireSettings.Defaults, Address(PeerAddresses.Postgres)),
        HangfireTuned => HangfirePeer.Start(HangfireSettings.Tuned, Address(PeerAddresses.Postgres)),
        Quartz => await QuartzPeer.Start(QuartzSettings.Defaults, Address(PeerAddresses.Postgres), ct),
        QuartzTuned => await QuartzPeer.Start(QuartzSettings.Tuned, Address(PeerAddresses.Postgres), ct),
        MassTransit => await MassTransitPeer.Start(new Uri(Address(PeerAddresses.RabbitMq)), ct),
        _ => throw new ArgumentException($"there is no peer '{peer}'", nameof(peer)),
    };

    static string Address(string variable) => Environment.GetEnvironmentVariable(variable)
        ?? throw new InvalidOperationException($"{variable} is not set: the bench starts this process itself");
}
