using JobSystem.Support;
using JobSystem.Worker.Intake;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Worker.Tests;

/// <summary>Without a bus, every request fails.</summary>
public sealed class RequestSenderTests
{
    [Fact]
    public async Task Run_RequestsFail_RetriesThemButLogsOnce()
    {
        var time = new FakeTimeProvider();
        using var log = new LogLines();
        await using var services = new ServiceCollection()
            .AddSingleton<TimeProvider>(time)
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().Build())
            .AddLogging(x => x.AddProvider(log))
            .AddJobWorker(x => x.Tasks.MapTask("task", () => 1)).AddJobWorkerBus()
            .BuildServiceProvider();
        var (requests, sender) = (services.GetRequiredService<AttemptRequests>(), services.GetRequiredService<RequestSender>());
        var running = sender.Run();
        Assert.Null(sender.UnavailableReason);
        var retries = 0;
        var wake = requests.OnDemandChanged;
        requests.OnDemandChanged = () =>
        {
            retries++;
            wake!();
        };

        requests.Start();
        await Eventually.Holds(() =>
        {
            time.Advance(TimeSpan.FromSeconds(0.5));
            return retries > 3;
        });

        Assert.NotNull(sender.UnavailableReason);
        Assert.Single(log.All, x => x == "Could not request attempts, retrying");
        requests.Close();
        sender.Complete();
        await Eventually.Holds(() =>
        {
            time.Advance(TimeSpan.FromSeconds(0.5));
            return running.IsCompletedSuccessfully;
        });
    }
}
