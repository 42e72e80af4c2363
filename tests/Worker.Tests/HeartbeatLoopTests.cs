using JobSystem.Worker.Control;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Tests;

/// <summary>Without a bus, every heartbeat fails.</summary>
public sealed class HeartbeatLoopTests
{
    [Fact]
    public async Task SendHeartbeat_FailsAgainAndAgain_IsLoggedOnce()
    {
        using var log = new LogLines();
        await using var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().Build())
            .AddLogging(x => x.AddProvider(log))
            .AddJobWorker(x => x.Tasks.MapTask("task", () => 1)).AddJobWorkerBus()
            .BuildServiceProvider();
        var heartbeats = services.GetRequiredService<HeartbeatLoop>();

        for (var times = 0; times < 3; times++)
        {
            await heartbeats.SendHeartbeat();
            await heartbeats.SendAnnouncement();
        }

        Assert.Single(log.All, x => x.StartsWith("Could not send the heartbeat, retrying", StringComparison.Ordinal));
        Assert.Single(log.All, x => x.StartsWith("Could not send the announcement, retrying", StringComparison.Ordinal));
    }
}
