using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Crashes;

/// <summary>Two instances share the work of several queues, and one of them dies or stands still, or the database does, under load and with every slot held.</summary>
[Collection(Instances.Name)]
public sealed class When_an_instance_without_a_broker_dies(Instances instances) : Journey(instances)
{
    [Theory]
    [InlineData("second instance killed twice")]
    [InlineData("second instance frozen for 10 s")]
    [InlineData("database frozen for 12 s")]
    public Task Should_run_jobs_on_both_again_and_lose_nothing(string outage) => Suffer(outage, waitingEach: 200);

    [Theory]
    [Trait(Length.Name, Length.Long)]
    [InlineData("database killed for 5 s")]
    [InlineData("both instances killed")]
    public Task Should_do_the_same_with_2000_waiting_jobs_in_each(string outage) => Suffer(outage, waitingEach: 2000);

    async Task Suffer(string outage, int waitingEach)
    {
        await using var worker = await LedgerWorker.StartOverHttp(instances);
        string[] queues = [Deployment.Label("full1"), Deployment.Label("full2")];
        var backlog = await Backlog.Submit(instances, queues, waitingEach);
        var load = Load.Start(instances, shape: new() { Queues = queues, PerSecond = 10, OtherKind = true });
        await backlog.HoldsTheSlots();

        await Happen(outage);
        var over = TimeProvider.System.GetUtcNow();

        foreach (var name in (string[])[Instances.FirstName, Instances.SecondName, worker.Name])
        {
            await Eventually.Holds(
                () => instances.Ledger.All.Any(run => run.StartedAt > over && run.WorkerId.StartsWith(name, StringComparison.Ordinal)), Deployment.Recovery,
                $"{name} runs jobs again");
        }
        await backlog.Ended(Deployment.Recovery + TimeSpan.FromSeconds(backlog.Orders.Count / 20.0));
        await load.Stop();
        await Invariants.Hold(instances, load);
        await Invariants.Hold(instances, backlog.Orders);
    }

    async Task Happen(string outage)
    {
        switch (outage)
        {
            case "second instance killed twice":
                for (var time = 0; time < 2; time++)
                {
                    await instances.Second.Kill();
                    await instances.Second.Heal(slots: 8);
                }
                break;
            case "both instances killed":
                await Task.WhenAll(instances.First.Kill(), instances.Second.Kill());
                await instances.Heal();
                break;
            case "second instance frozen for 10 s":
                instances.Second.Signal(SignalNumber.Stop);
                await Task.Delay(TimeSpan.FromSeconds(10));
                instances.Second.Signal(SignalNumber.Continue);
                break;
            case "database killed for 5 s":
                await instances.CrashDatabase();
                await Task.Delay(TimeSpan.FromSeconds(5));
                await instances.StartDatabase();
                break;
            default:
                instances.SignalDatabase(SignalNumber.Stop);
                await Task.Delay(TimeSpan.FromSeconds(12));
                instances.SignalDatabase(SignalNumber.Continue);
                break;
        }
    }
}
