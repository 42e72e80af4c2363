using JobSystem.Bench.Peers;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Scenarios;

/// <summary>JobSystem, Hangfire and raw MassTransit one after the other on the same servers, and how they compare.</summary>
public sealed class PeersScenario(BenchStack stack, BenchOptions options)
{
    public async Task<IReadOnlyList<Section>> Run(CancellationToken ct)
    {
        var throughput = new ThroughputScenario(stack, options);
        List<Section> ours = options.PeersOnly ? [] : [await throughput.Batches(ct), await throughput.Singles(ct)];
        List<Section> hangfire =
        [
            await new HangfirePeer(stack, options).Measure(HangfireSettings.Defaults, ct),
            await new HangfirePeer(stack, options).Measure(HangfireSettings.Tuned, ct),
        ];
        var raw = await new MassTransitPeer(stack, options).Measure(ct);
        return [.. ours, .. hangfire, raw, .. options.PeersOnly ? (Section[])[] : [Ratios(ours, hangfire, raw)]];
    }

    static Section Ratios(List<Section> ours, List<Section> hangfire, Section raw)
    {
        var (batch, single, best) = (Speed(ours[0]), Speed(ours[1]), hangfire.Max(Speed));
        return new Section("ratios of this run")
            .Add("batch_to_hangfire", "JobSystem in batches : Hangfire, its better figure", batch / best, "x", Floor.Min(15))
            .Add("single_to_hangfire", "JobSystem one by one : Hangfire, its better figure", single / best, "x")
            .Add("batch_to_masstransit", "JobSystem in batches : raw MassTransit messages", batch / Speed(raw), "x")
            .Add("single_to_masstransit", "JobSystem one by one : raw MassTransit messages", single / Speed(raw), "x");
    }

    static double Speed(Section section) => section.Metrics.Single(m => m.Key == "jobs_per_second").Value;
}
