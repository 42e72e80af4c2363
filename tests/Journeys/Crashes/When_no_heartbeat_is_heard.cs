using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Crashes;

/// <summary>Everybody who could renew a lease stands still for longer than the lease, while the executors work on.</summary>
[Collection(Stack.Name)]
public sealed class When_no_heartbeat_is_heard(SharedStack stack) : Journey(stack)
{
    static readonly TimeSpan twoLeases = TimeSpan.FromSeconds(2 * Deployment.LeaseSeconds);
    static readonly string[] jobApis = ["jobapi-1", "jobapi-2"];

    [Theory]
    [InlineData("database stopped")]
    [InlineData("database frozen")]
    [InlineData("job APIs killed")]
    [InlineData("job APIs frozen")]
    public async Task Should_start_no_running_job_a_second_time(string outage)
    {
        var work = await HeldWork.Begin(stack, "executor-1", 3);
        await Happen(outage);
        await stack.BeWhole(Deployment.Recovery);
        work.ReleaseAll();

        foreach (var order in work.Orders)
        {
            var job = await stack.Client.WaitFor(order.JobId!);
            Assert.Equal(("completed", 1), (job.Status, job.Attempt));
            Assert.Single(stack.Ledger.Of(order.Label));
        }
        await Invariants.Hold(stack, work.Orders);
    }

    async Task Happen(string outage)
    {
        switch (outage)
        {
            case "database stopped":
                await stack.Stop("postgres");
                await Task.Delay(twoLeases);
                await stack.Start("postgres");
                break;
            case "database frozen":
                stack.Freeze("postgres");
                await Task.Delay(twoLeases);
                stack.Thaw("postgres");
                break;
            case "job APIs killed":
                await Task.WhenAll(jobApis.Select(stack.Kill));
                await Task.Delay(twoLeases);
                await Task.WhenAll(jobApis.Select(name => stack.Start(name)));
                break;
            case "job APIs frozen":
                Array.ForEach(jobApis, stack.Freeze);
                await Task.Delay(twoLeases);
                Array.ForEach(jobApis, stack.Thaw);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(outage), outage, null);
        }
    }
}
