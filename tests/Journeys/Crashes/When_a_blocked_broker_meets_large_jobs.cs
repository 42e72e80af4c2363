using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Crashes;

/// <summary>
/// More payload than a process may have memory is submitted while the broker takes no message: nothing that waits for the broker may keep payloads in memory.
/// </summary>
[Trait(Length.Name, Length.Long)]
public sealed class When_a_blocked_broker_meets_large_jobs(StackWithLittleMemory stack) : IClassFixture<StackWithLittleMemory>
{
    const int Jobs = 2160;
    const int Batch = 54;

    [Fact]
    public async Task Should_accept_all_of_them_and_run_them_afterwards()
    {
        var payload = new string('x', 250_000);
        var processes = new[] { "jobapi-1", "jobapi-2" }.ToDictionary(name => name, name => stack.ProcessId(name));
        await Broker.Control(stack, "set_vm_memory_high_watermark", "0.00001");
        var ids = new List<string>();
        try
        {
            while (ids.Count < Jobs)
            {
                ids.AddRange(await stack.Client.SubmitBatch([.. Enumerable.Repeat(JobRequest.Echo(payload), Batch)]));
            }
            // Requests and grants are repeated meanwhile
            await Task.Delay(TimeSpan.FromSeconds(30));
            Assert.All(processes, process => Assert.Equal(process.Value, stack.ProcessId(process.Key)));
        }
        finally
        {
            await Broker.Control(stack, "set_vm_memory_high_watermark", "0.4");
        }

        await Eventually.Holds(async () => (await stack.Client.List("status=completed&task_name=echo&limit=1")).Total >= Jobs, TimeSpan.FromMinutes(5));
        foreach (var id in ids.Where((_, number) => number % 100 == 0))
        {
            Assert.Equal(("completed", 1), (await stack.Client.Get(id)) is var job ? (job.Status, job.Attempt) : default);
        }
        Assert.All(processes, process => Assert.Equal(process.Value, stack.ProcessId(process.Key)));
    }
}

public sealed class StackWithLittleMemory : Stack
{
    /// <summary>500 MB for the objects of each process.</summary>
    protected override Dictionary<string, string> Settings(Ledger ledger) => new()
    {
        ["JOBSYSTEM_HTTP_ALLOW"] = ledger.Address,
        ["DOTNET_GCHeapHardLimit"] = "0x1F400000",
    };
}
