using JobSystem.Journeys.Api;
using JobSystem.Journeys.Schedules;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Evidence;

/// <summary>Schedules that run every few seconds and make up for every missed tick; each tick's job calls the ledger.</summary>
sealed class TickingSchedules(Stack stack)
{
    /// <summary>At most a hundred missed ticks are made up for, so faults of a minute and a half have to fit in.</summary>
    public const int EverySeconds = 3;

    readonly List<(string Id, string Label)> _schedules = [];

    SchedulesClient Client => new(stack.Client);

    public async Task Start(string queue)
    {
        var label = Deployment.Label("tick");
        var made = await Client.Create(new
        {
            name = label,
            task_name = "http_request",
            kwargs = new { url = stack.Ledger.Url(label, 20) },
            queue_name = queue,
            interval = new { seconds = EverySeconds },
            misfire_policy = "fire_all",
        });
        _schedules.Add((made.Id, label));
    }

    /// <summary>No more ticks; returns the jobs of each schedule once all have ended, and what each of them says.</summary>
    public async Task<(IReadOnlyDictionary<string, IReadOnlyList<JobView>> Ticks, IReadOnlyList<Testimony> Jobs)> Stop(TimeSpan within)
    {
        var (ticks, testimonies) = (new Dictionary<string, IReadOnlyList<JobView>>(), new List<Testimony>());
        foreach (var (id, label) in _schedules)
        {
            // A pause takes back what was not submitted yet, so the schedule is to have caught up before
            await Eventually.Passes(async () => Assert.InRange((await Client.Get(id)).RunCount - (await Client.Jobs(id)).Count, long.MinValue, 2), within);
            await Eventually.Passes(async () => await Client.Pause(id), within);
            await Eventually.Passes(async () => Assert.All(await Client.Jobs(id), job => Assert.True(job.IsFinal, $"{job}")), within);
            ticks[label] = await Client.Jobs(id);
            foreach (var job in ticks[label])
            {
                var runs = stack.Ledger.Of(label).Where(run => run.JobId == job.Id);
                testimonies.Add(new(new Order(label) { JobId = job.Id, Outcome = CallOutcome.Ok }, job, await stack.Client.Steps(job.Id), [.. runs]));
            }
        }
        return (ticks, testimonies);
    }
}
