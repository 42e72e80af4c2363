using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Crashes;

/// <summary>The promised number itself: 15 s with leases of 10 s that are renewed every 3 s.</summary>
public sealed class When_an_executor_dies_with_default_settings(StackWithDefaults stack) : IClassFixture<StackWithDefaults>
{
    [Fact]
    public Task Should_run_its_ten_jobs_elsewhere_within_15_s() => LostJobs.RunElsewhere(stack, TimeSpan.FromSeconds(15));
}

public sealed class StackWithDefaults : Stack
{
    protected override Dictionary<string, string> Settings(Ledger ledger) => new()
    {
        ["JOBSYSTEM_HTTP_ALLOW"] = ledger.Address,
    };
}
