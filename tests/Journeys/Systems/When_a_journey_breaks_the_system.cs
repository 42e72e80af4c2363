using JobSystem.Journeys.Api;
using JobSystem.Support;

namespace JobSystem.Journeys.Systems;

/// <summary>The journeys after it find a whole system, and the one that broke it fails.</summary>
[Collection(Standalone.Name)]
public sealed class When_a_journey_breaks_the_system(Standalone standalone) : Journey(standalone)
{
    [Fact]
    public async Task Should_replace_one_that_runs_no_jobs_although_it_says_that_it_is_ready()
    {
        using (var paused = await standalone.Client.Raw(HttpMethod.Post, "api/v1/queues/default/pause"))
        {
            paused.EnsureSuccessStatusCode();
        }
        await ReportsAndReplaces(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Should_replace_one_that_ended_by_itself()
    {
        standalone.Signal(SignalNumber.Kill);
        await ReportsAndReplaces(TimeSpan.FromSeconds(30));
    }

    async Task ReportsAndReplaces(TimeSpan within)
    {
        var was = standalone.Folder.Path;

        var broken = await Assert.ThrowsAsync<BrokenSystemException>(() => standalone.BeWholeOrReplaced(within));

        Assert.Contains(Path.Combine(Repository.Root, "artifacts", "broken-systems"), broken.Message, StringComparison.Ordinal);
        Assert.NotEqual(was, standalone.Folder.Path);
        Assert.Equal("completed", (await standalone.Client.Run(JobRequest.Echo("again"))).Status);
        await standalone.BeWholeOrReplaced();
    }
}
