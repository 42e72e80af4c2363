namespace JobSystem.JobApi.Tests.Api;

/// <summary>What somebody reads who starts the system for the first time.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task Start_InAnEmptyFolder_WarnsOfNothing()
    {
        await using var host = await JobApiHost.Start();

        Assert.DoesNotContain(host.Log.Lines, x => x.StartsWith("Warning", StringComparison.Ordinal) || x.StartsWith("Error", StringComparison.Ordinal));
    }
}
