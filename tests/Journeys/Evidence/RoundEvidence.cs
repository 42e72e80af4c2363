using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Evidence;

/// <summary>What a round of faults left behind, apart from each job by itself: the invariants that many jobs, calls or processes keep together.</summary>
sealed record RoundEvidence
{
    /// <summary>A call that fails because the database is away is answered within 5 s; the rest is the way through the gateway on a busy machine.</summary>
    static readonly TimeSpan Refusal = TimeSpan.FromSeconds(6);
    static readonly TimeSpan Answer = TimeSpan.FromSeconds(16);
    static readonly TimeSpan ClocksDiffer = TimeSpan.FromMilliseconds(500);

    /// <summary>The ledger may see the end of a run a moment after its worker has reported it.</summary>
    static readonly TimeSpan SeenLate = TimeSpan.FromMilliseconds(150);

    /// <summary>A lost executor is noticed by the lease, at the next scan, and its job reserved for another.</summary>
    static readonly TimeSpan RunElsewhere = TimeSpan.FromSeconds(Deployment.LeaseSeconds + Deployment.ScanSeconds + 10);

    static readonly string[] priorities = ["critical", "high", "normal", "low"];

    public IReadOnlyList<Testimony> Jobs { get; init; } = [];
    public IReadOnlyList<FaultRecord> Faults { get; init; } = [];
    public IReadOnlyList<Call> Calls { get; init; } = [];
    public IReadOnlyDictionary<string, IReadOnlyList<JobView>> Schedules { get; init; } = new Dictionary<string, IReadOnlyList<JobView>>();
    public IReadOnlyDictionary<string, QueueDepth> Broker { get; init; } = new Dictionary<string, QueueDepth>();

    /// <summary>Priorities in the order in which jobs of one queue started, that all waited when the slots became free.</summary>
    public IReadOnlyList<string> StartsByPriority { get; init; } = [];

    /// <summary>Jobs by state, as the figures of the API say and as its list has them.</summary>
    public (IReadOnlyDictionary<string, long> Figures, IReadOnlyDictionary<string, long> Listed) Counts { get; init; } =
        (new Dictionary<string, long>(), new Dictionary<string, long>());

    public (Resources Before, Resources After)? Resources { get; init; }
    public SteeredQueues? Steered { get; init; }

    public IEnumerable<string> Breaches() =>
    [
        .. Jobs.SelectMany(job => job.Breaches()),
        .. Late(), .. Ticks(), .. LeftOnTheBroker(), .. Unfair(), .. Miscounted(), .. Dishonest(), .. Unhealed(), .. Grown(),
            .. StartedWhilePaused(), .. MoreThanTheLimit(),
    ];

    /// <summary>
    /// I8: what a killed worker was running starts elsewhere in time. Other faults meanwhile, until everything is well again, add their
    /// time; and where there is more to do than there are slots, so does what is more urgent in the same queue.
    /// </summary>
    IEnumerable<string> Late() =>
        from fault in Faults.Where(fault => fault.Kills)
        from job in Jobs.Where(job => job.Order.Cancel is null && Steered?.Holds(job.Job.QueueName) != true && job.Job.PinnedTo is null)
        from run in job.Runs.Where(run => run.End == ExecutionEnd.Aborted && fault.Victims.Any(run.WasOn) && run.EndedAt >= fault.At
            && run.EndedAt <= fault.At + TimeSpan.FromSeconds(2))
        where job.Steps.Any(step => step.Event == "lease_lost" && step.Attempt == run.Attempt)
        let latest = Faults.OrderBy(x => x.At).Aggregate(fault.At + RunElsewhere, (until, x) => x.At < until
            && x.Whole > fault.At ? until + (x.Whole - x.At) : until)
        let next = job.Runs.Where(other => other.Attempt > run.Attempt).Select(other => (DateTimeOffset?)other.StartedAt).Min()
        where next is null ? !job.Job.IsFinal || job.Job.Status == "completed" : next > latest && !WaitedForUrgent(job, latest, next.Value)
        select $"I8 {job.Order.Label}: its worker was lost at {fault.At:HH:mm:ss.fff}, and it ran again only at {next:HH:mm:ss.fff}. {job}";

    /// <summary>True if of its queue and task only jobs of higher priority started meanwhile.</summary>
    bool WaitedForUrgent(Testimony job, DateTimeOffset from, DateTimeOffset to)
    {
        var meanwhile = Jobs.Where(x => x.Job.QueueName == job.Job.QueueName && x.Job.TaskName == job.Job.TaskName && x.Runs.Any(run => run.StartedAt > from && run.StartedAt < to)).ToList();
        return meanwhile.Count > 0 && meanwhile.TrueForAll(x => Array.IndexOf(priorities, x.Job.Priority) < Array.IndexOf(priorities, job.Job.Priority));
    }

    /// <summary>I9: one job for each tick, and with <c>fire_all</c> no tick without.</summary>
    IEnumerable<string> Ticks() => Schedules.SelectMany(schedule =>
    {
        var ticks = schedule.Value.Select(job => job.ScheduledAt!.Value).ToList();
        var doubled = ticks.GroupBy(at => at).Where(same => same.Count() > 1)
            .Select(same => $"I9 schedule {schedule.Key}: {same.Count()} jobs for the tick {same.Key:O}");
        var inOrder = ticks.Distinct().Order().ToList();
        var missing = inOrder.Zip(inOrder.Skip(1)).Where(pair => pair.Second - pair.First != TimeSpan.FromSeconds(TickingSchedules.EverySeconds))
            .Select(pair => $"I9 schedule {schedule.Key}: nothing between the ticks {pair.First:O} and {pair.Second:O}");
        return doubled.Concat(missing);
    });

    /// <summary>I12: nothing waits or is held, and nothing was put aside.</summary>
    IEnumerable<string> LeftOnTheBroker() => Broker.Where(queue => queue.Value is not { Ready: 0, Unacknowledged: 0 })
        .Select(queue => $"I12 {queue.Key}: {queue.Value.Ready} messages left, {queue.Value.Unacknowledged} of them unacknowledged");

    /// <summary>I13: of those that waited together most of the critical ones start before most of the low ones, and the low ones start too.</summary>
    IEnumerable<string> Unfair()
    {
        double Middle(string priority) => StartsByPriority.Index().Where(start => start.Item == priority).Select(start => start.Index)
            .DefaultIfEmpty(-1).Average();
        if (StartsByPriority.Count > 0 && (Middle("low") < 0 || Middle("critical") >= Middle("low")))
        {
            yield return $"I13 jobs that waited together started in the order {string.Join(' ', StartsByPriority)}";
        }
    }

    /// <summary>I14: the figures are those of the list.</summary>
    IEnumerable<string> Miscounted() => Counts.Listed.Keys.Union(Counts.Figures.Keys)
        .Where(status => Counts.Listed.GetValueOrDefault(status) != Counts.Figures.GetValueOrDefault(status))
        .Select(status => $"I14 the figures say {Counts.Figures.GetValueOrDefault(status)} {status}, the list has {Counts.Listed.GetValueOrDefault(status)}");

    /// <summary>I15: a call is answered in time, and who is turned away hears when to come again. A gateway that is away or frozen answers nobody.</summary>
    IEnumerable<string> Dishonest() =>
        from call in Calls
        where !call.What.Contains("/wait", StringComparison.Ordinal) && !Faults.Any(fault => fault.Victims.Contains("gateway-1")
            && call.BegunAt <= fault.Whole && call.EndedAt >= fault.At)
        let status = (int?)call.Status
        where call.Took > Answer || (status is 503 && call.Took > Refusal) || (status is 429 or 503 && !call.SaysWhenToRepeat)
        select $"I15 {call}";

    /// <summary>I16: everything works again without a restart of what was not ended.</summary>
    IEnumerable<string> Unhealed() => Faults.Where(fault => fault.Whole - fault.Over > Deployment.Recovery)
        .Select(fault => $"I16 {fault.Name} was over at {fault.Over:HH:mm:ss}, but everything worked only at {fault.Whole:HH:mm:ss}");

    IEnumerable<string> Grown() => Resources is { } resources ? resources.After.GrownFrom(resources.Before).Select(what => $"I16 {what}") : [];

    /// <summary>What was reserved before the answer may still start; nothing is reserved after it.</summary>
    IEnumerable<string> StartedWhilePaused() =>
        from pause in Steered?.Pauses ?? []
        from job in Jobs.Where(job => job.Job.QueueName == Steered!.PausedQueue)
        from step in job.Steps.Where(step => step.Event == "reserved" && step.At > pause.From + ClocksDiffer && step.At < pause.To)
        select $"pause {job.Order.Label}: reserved at {step.At:HH:mm:ss.fff}, in the pause from {pause.From:HH:mm:ss.fff} to {pause.To:HH:mm:ss.fff}. {job}";

    /// <summary>A run whose lease is lost no longer counts, although its worker may not know yet.</summary>
    IEnumerable<string> MoreThanTheLimit()
    {
        var runs = (from job in Jobs.Where(job => job.Job.QueueName == Steered?.LimitedQueue)
                    from run in job.Runs
                    let lost = job.Steps.Where(step => step.Event == "lease_lost" && step.Attempt == run.Attempt)
                        .Select(step => (DateTimeOffset?)step.At).FirstOrDefault()
                    select (run.StartedAt, EndedAt: lost < run.EndedAt ? lost : run.EndedAt ?? lost, Run: run)).ToList();
        return from at in runs
               let together = runs.Where(run => run == at || (run.StartedAt <= at.StartedAt && !(run.EndedAt <= at.StartedAt + SeenLate))).ToList()
               where together.Count > Steered!.Limit
               select $"limit of {Steered!.Limit}: {together.Count} at once: {string.Join("; ", together.Select(run => run.Run))}";
    }
}

/// <param name="Victims">Names of the processes that it hits.</param>
/// <param name="Kills">Workers among them lose what they run.</param>
/// <param name="At">When it began.</param>
/// <param name="Over">When what it took away was given back.</param>
/// <param name="Whole">When everything worked again.</param>
sealed record FaultRecord(string Name, IReadOnlyList<string> Victims, bool Kills, DateTimeOffset At, DateTimeOffset Over, DateTimeOffset Whole);

public sealed record QueueDepth(long Ready, long Unacknowledged);
