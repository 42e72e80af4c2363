using JobSystem.JobApi.Http.Jobs;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Tests.Streams;

public sealed class JobStepsTests
{
    [Fact]
    public void Steps_AndProgress_StandInTheOrderOfTheirWrites()
    {
        // Clocks of workers say nothing about the order: the second start claims to be earlier than all else
        var steps = new JobSteps(
            Lines(("created", 1, 10), ("reserved", 2, 20), ("running", 3, 90), ("retrying", 6, 30), ("cancel_requested", null, 31), ("running", 8, 1), ("completed", 9, 40)),
            Lines(("progress", 3, 21), ("progress", 5, 22), ("progress", 6, 30), ("progress", 9, 40)));
        Assert.Equal(
            ["created", "reserved", "running", "progress", "progress", "progress", "retrying", "cancel_requested", "running", "progress", "completed"],
            steps.From(0).Select(JobSteps.WordOf));
        Assert.False(steps.IsTruncated);
    }

    [Fact]
    public void After_PointThatWasThinnedOut_GoesOnBehindIt()
    {
        var steps = new JobSteps(Lines(("created", 1, 1), ("running", 2, 2)), Lines(("progress", 3, 3), ("progress", 9, 9)));
        Assert.Equal(3, steps.After("5000000-1-progress"));
        Assert.Equal(4, steps.After("9000000-1-progress"));
        Assert.Equal(2, steps.After("2000000-1-running"));
        Assert.Null(steps.After("5000000-1-reserved"));
        Assert.Null(steps.After("nonsense-progress"));
        Assert.Null(steps.After("-progress"));
    }

    [Fact]
    public void Steps_OfAnOlderVersion_AreAsTheyWere()
    {
        var steps = new JobSteps($"{Lines(("created", null, 1))}{JobHistory.TruncatedLine}\n{Lines(("progress", null, 2), ("running", null, 3), ("completed", 7, 4))}", Lines(("progress", 5, 3)));
        Assert.Equal(["created", "progress", "running", "progress", "completed"], steps.From(0).Select(JobSteps.WordOf));
        Assert.True(steps.IsTruncated);
    }

    static string Lines(params (string Event, int? Version, int Second)[] steps) => string.Concat(steps.Select(x =>
        $$"""{"event":"{{x.Event}}","at":"{{DateTimeOffset.UnixEpoch.AddSeconds(x.Second):yyyy-MM-dd'T'HH:mm:ss'Z'}}","attempt":1{{(x.Version is { } version ? $",\"version\":{version}" : "")}}}""" + "\n"));
}
